import type { Monotonic } from '../ha/facts.ts';
import type { AgentClock } from './ports.ts';

const ROUSED = 'roused';

/** The sleep between two ticks, and what cuts it short. */
export class Wake {
  readonly #clock: AgentClock;
  #roused = false;
  /** Of the sleep of now, or the next one: it serves until it was used. */
  #sleep = new AbortController();
  #asleep = false;

  constructor(clock: AgentClock) {
    this.#clock = clock;
  }

  /** Ends the sleep, or the next one when nobody sleeps. */
  rouse(): void {
    this.#roused = true;
    // With a reason of its own: the usual one is an error with a stack, which takes long to make.
    if (this.#asleep) this.#sleep.abort(ROUSED);
  }

  /** Sleeps until `latest` or until roused, but at least until `earliest`. */
  async between(earliest: Monotonic, latest: Monotonic, stop: AbortSignal): Promise<void> {
    if (!this.#roused && !stop.aborted) {
      if (this.#sleep.signal.aborted) this.#sleep = new AbortController();
      this.#asleep = true;
      await this.#sleepUntil(latest, this.#sleep.signal);
      this.#asleep = false;
    }
    await this.#sleepUntil(earliest, stop);
    this.#roused = false;
  }

  async #sleepUntil(time: Monotonic, signal: AbortSignal): Promise<void> {
    const ms = time - this.#clock.monotonic();
    if (ms > 0) await this.#clock.sleep(ms, signal);
  }
}
