/** Looks begin at least this far apart, however many ask. */
const SHORTEST_GAP_MS = 10;

/**
 * One look for all who ask before it begins: what each gets was seen after he asked, and a crowd
 * costs no more than a few.
 */
export class SharedLook<Seen> {
  readonly #look: () => Promise<Seen>;
  #next: Promise<Seen> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #begun = Number.NEGATIVE_INFINITY;

  constructor(look: () => Promise<Seen>) {
    this.#look = look;
  }

  /** The next look; rejects as the look does. */
  take(): Promise<Seen> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<Seen> {
    await this.#last.catch(() => undefined);
    const rest = this.#begun + SHORTEST_GAP_MS - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    this.#begun = performance.now();
    this.#next = undefined;
    const seen = this.#look();
    this.#last = seen;
    return seen;
  }
}
