import { setTimeout as delay } from 'node:timers/promises';

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
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
