import type { Deed } from '../deeds.ts';

/** What can be made to fail. */
export type Failing = Extract<Deed, { kind: 'fail-next' }>['what'];

/** What is wrong with a server's surroundings, until it is over. Times in true ms. */
export class Faults {
  diskFullUntil = 0;
  hangsUntil = 0;
  /** The next start takes so many milliseconds longer. */
  slowStart = 0;
  readonly #failures = new Map<Failing, number>();

  failNext(what: Failing, times: number): void {
    this.#failures.set(what, times);
  }

  /** True when this attempt is to fail; counts it. */
  take(what: Failing): boolean {
    const left = this.#failures.get(what) ?? 0;
    if (left > 0) this.#failures.set(what, left - 1);
    return left > 0;
  }

  /** Nothing is wrong any more, and what was to fail does not. */
  clear(): void {
    this.#failures.clear();
    this.slowStart = 0;
    this.diskFullUntil = 0;
    this.hangsUntil = 0;
  }

  takeSlowStart(): number {
    const ms = this.slowStart;
    this.slowStart = 0;
    return ms;
  }
}
