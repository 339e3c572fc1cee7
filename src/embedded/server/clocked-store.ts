import { randomBytes } from 'node:crypto';
import type { Clock } from '../../system/clock.ts';
import { EtcdStore } from '../api/store.ts';

/** Node rings a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The store with a clock: leases that have ended are gone before each request is answered, and also
 * when nobody asks, since watches have to be told.
 */
export class ClockedStore {
  readonly #store: EtcdStore;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, clientUrl: string) {
    this.#clock = clock;
    this.#store = new EtcdStore({ now: () => clock.monotonic(), newId, clientUrl });
  }

  /** Does something with the store as it is now. */
  use<T>(work: (store: EtcdStore) => T): T {
    this.#store.settle();
    try {
      return work(this.#store);
    } finally {
      this.#arm();
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const end = this.#store.leases.nextEnd();
    if (end === undefined) return;
    // A timer may ring a fraction of a millisecond early; then it is set once more.
    const ms = Math.min(Math.max(1, end - this.#clock.monotonic()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.use(() => {}), ms);
    this.#timer.unref();
  }
}

/** 62 bits by chance: above 0, and a positive number of 64 bits with its sign. */
function newId(): string {
  return String((randomBytes(8).readBigUInt64BE() >> 2n) | 1n);
}
