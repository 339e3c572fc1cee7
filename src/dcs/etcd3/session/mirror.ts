import { compareText } from '../../../model/python.ts';
import type { DocumentName } from '../../../wire/keys.ts';
import { WATCHED } from '../../agent-dcs.ts';
import type { Document } from '../../dcs.ts';
import { documentOf, textAfter } from '../keys.ts';
import type { KeyEvent, KeyValue, RangeReply, WatchMessage } from '../transport.ts';

/** A document as etcd has it. */
export interface Entry {
  readonly key: Buffer;
  readonly document: Document;
  /** The lease that it goes away with. */
  readonly lease: string | undefined;
}

/**
 * What is known of the documents of one cluster: a range that was read, and the changes since that
 * a watch has told of. It never goes back by itself: only to follow a store that has gone back.
 */
export class Mirror {
  readonly #prefix: string;
  #entries: ReadonlyMap<string, Entry> = new Map();
  #documents: readonly Document[] = [];
  #identity: string | undefined;
  #revision = 0;

  /** `prefix`: what the keys of the cluster begin with, a slash at its end. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Of the last change that is known to be in here. */
  get revision(): number {
    return this.#revision;
  }

  /** Which etcd this is of; undefined: nothing was read yet. */
  get identity(): string | undefined {
    return this.#identity;
  }

  /** In the order of their keys; the same array until one of them changes. */
  get documents(): readonly Document[] {
    return this.#documents;
  }

  get(name: DocumentName): Entry | undefined {
    return this.#entries.get(name);
  }

  boundTo(lease: string): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.lease === lease);
  }

  /**
   * Changes whenever one of the documents that an agent watches does, and when a member comes or
   * goes: a new one waits for its slot on the leader.
   */
  get watched(): string {
    const versions = [...WATCHED].map((name) => this.get(name)?.document.version ?? '');
    const members = [...this.#entries.keys()].filter((name) => name.startsWith('members/'));
    return [...versions, ...members.sort()].join();
  }

  /**
   * Takes over a linearizable range. `askedAt` is the revision that was known when it was asked
   * for: an older answer is that of a store that has gone back. One that is merely late, since the
   * watch has told more meanwhile, changes nothing. True when it says something new.
   */
  adopt({ header, kvs }: RangeReply, askedAt: number): boolean {
    const { clusterId, revision } = header;
    const sameStore = clusterId === this.#identity && revision >= askedAt;
    if (sameStore && revision < this.#revision) return false;
    this.#identity = clusterId;
    this.#revision = revision;
    return this.#replace(new Map(kvs.flatMap((found) => this.#entryOf(found))));
  }

  /** Takes over what a watch tells. Changes that are known already are passed over. */
  apply({ events }: WatchMessage): void {
    const known = this.#revision;
    const entries = new Map(this.#entries);
    for (const event of events) {
      const revision = Number(event.modRevision);
      if (revision <= known) continue;
      this.#revision = Math.max(this.#revision, revision);
      this.#applyOne(entries, event);
    }
    this.#replace(entries);
  }

  #applyOne(entries: Map<string, Entry>, { key, value, modRevision, lease }: KeyEvent): void {
    if (value === undefined) {
      const name = textAfter(key, this.#prefix);
      if (name !== undefined) entries.delete(name);
      return;
    }
    for (const [name, entry] of this.#entryOf({ key, value, modRevision, lease })) {
      entries.set(name, entry);
    }
  }

  /** Nothing for a key that is not Patroni's. */
  #entryOf(found: KeyValue): [string, Entry][] {
    const name = textAfter(found.key, this.#prefix);
    const document = documentOf(found, name);
    if (name === undefined || document === undefined) return [];
    const { key, lease } = found;
    const before = this.#entries.get(name);
    const same = before && isSame(before, { key, document, lease });
    return [[name, same ? before : { key, document, lease }]];
  }

  #replace(entries: ReadonlyMap<string, Entry>): boolean {
    const changed =
      entries.size !== this.#entries.size ||
      [...entries].some(([name, entry]) => this.#entries.get(name) !== entry);
    if (!changed) return false;
    this.#entries = entries;
    this.#documents = [...entries]
      .sort(([one], [other]) => compareText(one, other))
      .map(([, { document }]) => document);
    return true;
  }
}

/** By value too: a store that was restored may give a version a second time. */
function isSame(one: Entry, other: Entry): boolean {
  return (
    one.lease === other.lease &&
    one.document.version === other.document.version &&
    one.document.value === other.document.value
  );
}
