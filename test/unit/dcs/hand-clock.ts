import type { Clock } from '../../../src/system/clock.ts';

/** A clock that stands still until the test moves it. */
export interface HandClock extends Clock {
  /** Lets `ms` pass: every sleep that ends in between resolves, in order. */
  advance(ms: number): Promise<void>;
}

export function handClock(): HandClock {
  let now = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => new Date(now),
    monotonic: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal.reason);
        });
      });
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        const next = sleepers.sort((one, other) => one.until - other.until)[0];
        if (!next || next.until > end) break;
        sleepers = sleepers.filter((one) => one !== next);
        now = next.until;
        next.wake();
      }
      now = end;
      await settled();
    },
  };
}

/** Resolves when every promise that could settle by itself has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
