import type { Clock } from '../../../../src/system/clock.ts';

/**
 * A clock for several that sleep at the same time: when all wait, the time moves on to the first
 * that has to be woken. Nothing really waits.
 */
export function virtualClock(onSleep?: (monotonicMs: number) => void): Clock {
  const sleepers = new Set<{ readonly atMs: number; wake(): void }>();
  let ms = 0;
  let moving = false;
  const move = (): void => {
    const [first, ...others] = sleepers;
    moving = first !== undefined;
    if (!first) return;
    const next = others.reduce((best, one) => (one.atMs < best.atMs ? one : best), first);
    sleepers.delete(next);
    ms = Math.max(ms, next.atMs);
    onSleep?.(ms);
    next.wake();
    setImmediate(move);
  };
  return {
    now: () => new Date(Date.UTC(2026, 0, 1, 12, 0, 0) + ms),
    monotonic: () => ms,
    sleep: (duration, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const cut = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          atMs: ms + duration,
          wake: () => {
            signal?.removeEventListener('abort', cut);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', cut, { once: true });
        if (!moving) setImmediate(move);
        moving = true;
      }),
  };
}
