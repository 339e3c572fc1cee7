import type { AgentClock } from '../../src/agent/ports.ts';
import type { Monotonic, Timestamp } from '../../src/ha/facts.ts';
import { type Process, sleep } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** 2025-01-01 00:00 UTC: the world's first moment, for those who have never been set wrong. */
export const BEGINNING = 1_735_689_600_000;

/**
 * The clocks of one host. The monotonic one counts the time for which the host was suspended, as
 * CLOCK_BOOTTIME does; it may be fast or slow. The wall clock also jumps.
 */
export class HostClock {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** True time and clock time when the rate was last changed. */
  #since = 0;
  #shown: Monotonic;
  #rate = 1;
  #wallOffset: number;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#shown = random.int(1000, 10_000_000);
    this.#wallOffset = BEGINNING - this.#shown;
  }

  monotonic(): Monotonic {
    return this.#shown + (this.#scheduler.now - this.#since) * this.#rate;
  }

  wall(): Timestamp {
    return Math.floor(this.monotonic() + this.#wallOffset);
  }

  /** From now on it is fast by so many parts in a million; slow: negative. */
  drift(ppm: number): void {
    this.#show(this.monotonic(), 1 + ppm / 1_000_000);
  }

  /** The wall clock jumps. */
  step(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Counts from the start of the host again. The wall clock goes on. */
  reboot(): void {
    const before = this.monotonic();
    const after = this.#random.int(1000, 5000);
    this.#wallOffset += before - after;
    this.#show(after, this.#rate);
  }

  /** True milliseconds until this clock has gone on by `ms`. */
  trueMs(ms: number): number {
    return ms / this.#rate;
  }

  /** The clock as one agent process has it: its sleeps end with it, and stand still with it. */
  ofProcess(process: Process): AgentClock {
    return {
      monotonic: () => this.monotonic(),
      wall: () => this.wall(),
      // A timer never rings early, and a little late.
      sleep: (ms, signal) => {
        const late = 0.1 + this.#random.next();
        return sleep(this.#scheduler, this.trueMs(Math.max(ms, 0)) + late, process, signal);
      },
    };
  }

  #show(time: Monotonic, rate: number): void {
    this.#since = this.#scheduler.now;
    this.#shown = time;
    this.#rate = rate;
  }
}
