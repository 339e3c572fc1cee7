import type { Monotonic } from '../ha/facts.ts';
import type { AgentClock } from './ports.ts';

/** The sleep between two ticks, and what cuts it short. */
export class Wake {
  readonly #clock: AgentClock;
  #roused = false;
  #sleep: AbortController | undefined;

  constructor(clock: AgentClock) {
    this.#clock = clock;
  }

  /** Ends the sleep, or the next one when nobody sleeps. */
  rouse(): void {
    this.#roused = true;
    this.#sleep?.abort();
  }

  /** Sleeps until `latest` or until roused, but at least until `earliest`. */
  async between(earliest: Monotonic, latest: Monotonic, stop: AbortSignal): Promise<void> {
    await this.#sleepUntil(earliest, stop);
    if (!this.#roused && !stop.aborted) {
      this.#sleep = new AbortController();
      await this.#sleepUntil(latest, this.#sleep.signal);
      this.#sleep = undefined;
    }
    this.#roused = false;
  }

  async #sleepUntil(time: Monotonic, signal: AbortSignal): Promise<void> {
    const ms = time - this.#clock.monotonic();
    if (ms > 0) await this.#clock.sleep(ms, signal);
  }
}
