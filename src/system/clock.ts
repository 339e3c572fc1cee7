/** Time, as the rest of pgherd may know it. */
export interface Clock {
  /** Wall-clock time: for showing to people and for schedules only. */
  now(): Date;
  /** Milliseconds on a clock that never jumps: for deadlines and durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  // The one of node:timers/promises makes an error with a stack for each sleep that is cut short.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cut = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', cut);
        resolve();
      }, ms);
      signal?.addEventListener('abort', cut, { once: true });
    }),
};
