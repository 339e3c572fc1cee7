/** Whole numbers from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  last: number;
}

/**
 * What the writing client knows: which of its writes were acknowledged, and how long it had to
 * wait. It is told the time, in milliseconds on one clock that never jumps.
 */
export class Tally {
  /** Writes that ended with an error, or without an answer: they may have been done or not. */
  failed = 0;
  /** Ids come in order, so that few spans hold many of them. */
  readonly #spans: Span[] = [];
  #acknowledged = 0;
  #lastAt: number | undefined;
  #longest = 0;

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** A write was acknowledged. Ids grow. */
  ack(id: number, at: number): void {
    const span = this.#spans.at(-1);
    if (span?.last === id - 1) span.last = id;
    else this.#spans.push({ first: id, last: id });
    this.#acknowledged += 1;
    this.#longest = this.outageAt(at);
    this.#lastAt = at;
  }

  /** From now on the longest wait is looked for anew. */
  startOutage(): void {
    this.#longest = 0;
  }

  /** The longest time between two acknowledged writes so far, or since the last one. */
  outageAt(now: number): number {
    return Math.max(this.#longest, this.waitingAt(now));
  }

  /** Since when nothing was acknowledged. */
  waitingAt(now: number): number {
    return this.#lastAt === undefined ? 0 : now - this.#lastAt;
  }
}
