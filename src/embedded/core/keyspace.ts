// What a store is: keys in order, and a revision that each transaction moves on. It knows no clock,
// no network and no format; etcd's manual, "etcd3 API", says what a revision means.

/** Keys from `key` up to, not including, `end`. Without an end `key` alone. */
export interface KeyRange {
  readonly key: string;
  /** `NO_END`: all keys from `key` on. */
  readonly end?: string | undefined;
}

/** As the end of a range: there is none. */
export const NO_END = '\0';

/** A key and what is known of it. */
export interface Item<Value> {
  readonly key: string;
  readonly value: Value;
  /** Revision that made it. */
  readonly created: number;
  /** Revision that changed it last. */
  readonly modified: number;
  /** How often it was written since it was made. */
  readonly version: number;
  /** It goes away with this lease. */
  readonly lease: string | undefined;
}

/** Writes a key, or removes it: `value` undefined. */
export interface Change<Value> {
  readonly key: string;
  readonly value: Value | undefined;
  readonly lease?: string | undefined;
}

/** What a change did: `after` undefined means that the key was removed. */
export interface KeyEvent<Value> {
  readonly key: string;
  readonly revision: number;
  readonly before: Item<Value> | undefined;
  readonly after: Item<Value> | undefined;
}

/** Does one change of a transaction; undefined: there was nothing to remove. */
export type Apply<Value> = (change: Change<Value>) => KeyEvent<Value> | undefined;

/** Everything, for a backup. */
export interface SavedKeys<Value> {
  readonly items: ReadonlyMap<string, Item<Value>>;
  readonly revision: number;
}

/** A store that nothing was written to. */
export const EMPTY: SavedKeys<never> = { items: new Map(), revision: 1 };

/**
 * The keys of a store. Keys are ordered as JavaScript orders text: bytes are put into keys as
 * latin1, which keeps their order. Values are never looked into.
 */
export class Keyspace<Value> {
  #items = new Map<string, Item<Value>>();
  /** The keys in order, made when it is needed. */
  #order: readonly string[] | undefined;
  #revision = EMPTY.revision;

  /** Of the last transaction that changed something. */
  get revision(): number {
    return this.#revision;
  }

  get(key: string): Item<Value> | undefined {
    return this.#items.get(key);
  }

  /** In no order. */
  all(): IterableIterator<Item<Value>> {
    return this.#items.values();
  }

  /** In the order of the keys. */
  range({ key, end }: KeyRange): Item<Value>[] {
    if (end === undefined) {
      const item = this.#items.get(key);
      return item ? [item] : [];
    }
    this.#order ??= [...this.#items.keys()].sort();
    const order = this.#order;
    const found: Item<Value>[] = [];
    for (let at = firstFrom(order, key); at < order.length; at++) {
      const item = this.#items.get(order[at] ?? '');
      if (!item || (end !== NO_END && item.key >= end)) break;
      found.push(item);
    }
    return found;
  }

  /**
   * Does the changes that `work` applies as one transaction, with one revision. Each is seen by
   * what `work` reads after it. Returns what was changed; without a change the revision stays.
   */
  transaction(work: (apply: Apply<Value>) => void): readonly KeyEvent<Value>[] {
    const events: KeyEvent<Value>[] = [];
    const revision = this.#revision + 1;
    work((change) => {
      const event = this.#apply(change, revision);
      if (event) {
        events.push(event);
        // At once: what was done is done, whatever `work` does next.
        this.#revision = revision;
      }
      return event;
    });
    return events;
  }

  save(): SavedKeys<Value> {
    return { items: new Map(this.#items), revision: this.#revision };
  }

  /** Becomes what was saved; its revisions are used again. */
  load({ items, revision }: SavedKeys<Value>): void {
    this.#items = new Map(items);
    this.#revision = revision;
    this.#order = undefined;
  }

  #apply({ key, value, lease }: Change<Value>, revision: number): KeyEvent<Value> | undefined {
    const before = this.#items.get(key);
    if (value === undefined) {
      if (!before) return undefined;
      this.#items.delete(key);
      this.#order = undefined;
      return { key, revision, before, after: undefined };
    }
    const after: Item<Value> = {
      key,
      value,
      created: before?.created ?? revision,
      modified: revision,
      version: (before?.version ?? 0) + 1,
      lease,
    };
    this.#items.set(key, after);
    if (!before) this.#order = undefined;
    return { key, revision, before, after };
  }
}

/** Where the first of the keys is that does not come before `key`. */
function firstFrom(order: readonly string[], key: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
