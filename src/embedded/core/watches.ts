import { type History, isIn, type Transaction } from './history.ts';
import type { KeyEvent, KeyRange } from './keyspace.ts';

export interface Watch<Value> {
  readonly range: KeyRange;
  /** Told of the changes of each transaction in the range, in order. */
  readonly tell: (events: readonly KeyEvent<Value>[]) => void;
}

/** Everybody who is told of changes. */
export class Watches<Value> {
  readonly #history: History<Value>;
  readonly #watches = new Set<Watch<Value>>();

  constructor(history: History<Value>) {
    this.#history = history;
  }

  get size(): number {
    return this.#watches.size;
  }

  /**
   * Tells at once of what happened from revision `from` on, and then of what happens. False when
   * that is no longer known; then there is no watch.
   */
  add(watch: Watch<Value>, from: number): boolean {
    const missed = this.#history.since(from);
    if (!missed) return false;
    for (const transaction of missed) tell(watch, transaction);
    this.#watches.add(watch);
    return true;
  }

  remove(watch: Watch<Value>): void {
    this.#watches.delete(watch);
  }

  /** Something has changed. */
  changed(transaction: Transaction<Value>): void {
    for (const watch of this.#watches) tell(watch, transaction);
  }
}

function tell<Value>(watch: Watch<Value>, transaction: Transaction<Value>): void {
  const events = transaction.filter(({ key }) => isIn(watch.range, key));
  if (events.length > 0) watch.tell(events);
}
