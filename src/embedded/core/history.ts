import type { Item, KeyEvent, KeyRange } from './keyspace.ts';
import { NO_END } from './keyspace.ts';

/** The changes of one transaction. */
export type Transaction<Value> = readonly KeyEvent<Value>[];

/** The last changes of a store: for a watch that resumes, and for a look at what was. */
export class History<Value> {
  readonly #keep: number;
  #transactions: Transaction<Value>[] = [];
  #forgotten = 0;

  /** Keeps so many transactions at the least. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The last revision whose changes are no longer known; 0: all are. */
  get forgotten(): number {
    return this.#forgotten;
  }

  add(transaction: Transaction<Value>): void {
    this.#transactions.push(transaction);
    // Not at every change: moving all of them costs something.
    if (this.#transactions.length >= this.#keep * 2) this.#drop(this.#keep);
  }

  /** Forgets the changes up to this revision. */
  forget(revision: number): void {
    this.#drop(this.#transactions.filter((one) => revisionOf(one) <= revision).length);
    this.#forgotten = Math.max(this.#forgotten, revision);
  }

  /** What was changed from this revision on, in order; undefined when that is forgotten. */
  since(revision: number): readonly Transaction<Value>[] | undefined {
    if (revision <= this.#forgotten) return undefined;
    return this.#transactions.filter((one) => revisionOf(one) >= revision);
  }

  /** What a range was at an earlier revision, from what it is now; undefined: forgotten. */
  before(
    now: readonly Item<Value>[],
    range: KeyRange,
    revision: number,
  ): Item<Value>[] | undefined {
    const later = revision <= this.#forgotten ? undefined : this.since(revision + 1);
    if (!later) return undefined;
    const items = new Map(now.map((item) => [item.key, item]));
    for (const { key, before } of later.flat().reverse()) {
      if (!isIn(range, key)) continue;
      if (before) items.set(key, before);
      else items.delete(key);
    }
    return [...items.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #drop(count: number): void {
    const [last] = this.#transactions.slice(0, count).slice(-1);
    if (last) this.#forgotten = Math.max(this.#forgotten, revisionOf(last));
    this.#transactions = this.#transactions.slice(count);
  }
}

/** True when the key is in the range. */
export function isIn({ key, end }: KeyRange, which: string): boolean {
  if (end === undefined) return which === key;
  return which >= key && (end === NO_END || which < end);
}

function revisionOf(transaction: Transaction<unknown>): number {
  return transaction[0]?.revision ?? 0;
}
