import type { DocumentName } from '../../../wire/keys.ts';
import type { WriteRequest } from '../../agent-dcs.ts';
import { comparisons, prefixRange } from '../keys.ts';
import type { KeyRange, Operation, Transaction } from '../transport.ts';

/** Whose transactions they are. */
export interface Place {
  /** What the keys of the cluster begin with, a slash at its end. */
  readonly prefix: string;
  /** Name of the member. */
  readonly name: string;
}

/** A lock that is ours: its lease, and the version of its document. */
export interface Lock {
  readonly lease: string;
  readonly version: string;
}

/** What an agent does to the documents of its cluster, each all at once or not at all. */
export class Transactions {
  readonly #place: Place;
  readonly #leader: Buffer;
  /** All documents of the cluster. */
  readonly range: KeyRange;

  constructor(place: Place) {
    this.#place = place;
    this.#leader = this.#key('leader');
    this.range = prefixRange(place.prefix);
  }

  /** The lock for this lease, if nobody has it and `sync` is as told; shows all documents. */
  acquire(lease: string, sync: string | 'absent'): Transaction {
    const key = this.#key('sync');
    return {
      compare: [
        { key: this.#leader, absent: true },
        sync === 'absent' ? { key, absent: true } : { key, modRevision: sync },
      ],
      success: [
        { put: this.#leader, value: Buffer.from(this.#place.name), lease },
        { range: this.range },
      ],
      failure: [{ range: this.range }],
    };
  }

  /**
   * Shows all documents, and whether the lock is bound to this lease; then writes what is given,
   * too. A range without a quorum is not asked for, so the answer is that of a quorum.
   */
  renew(lease: string, changes: ReadonlyMap<DocumentName, string>): Transaction {
    const puts = [...changes].map(([name, value]) => this.#put(name, value));
    return {
      compare: [{ key: this.#leader, lease }],
      success: [...puts, { range: this.range }],
      failure: [{ range: this.range }],
    };
  }

  /** Writes the last status and gives up this version of the lock, if it is bound to the lease. */
  release(lock: Lock, status: string | undefined): Transaction {
    return {
      compare: [
        { key: this.#leader, lease: lock.lease },
        { key: this.#leader, modRevision: lock.version },
      ],
      success: [
        ...(status === undefined ? [] : [this.#put('status', status)]),
        { remove: this.#leader },
      ],
    };
  }

  /** The member document, which goes away with the lease. */
  publish(lease: string, value: string): Transaction {
    return {
      compare: [],
      success: [{ ...this.#put(`members/${this.#place.name}`, value), lease }],
    };
  }

  /** A guarded write; with `lock` only while the lock is bound to that lease. */
  write(
    { name, value, guard }: WriteRequest,
    leases: { readonly lock: string | undefined; readonly bindTo: string | undefined },
  ): Transaction {
    const key = this.#key(name);
    const { lock, bindTo } = leases;
    const leading = lock === undefined ? [] : [{ key: this.#leader, lease: lock }];
    return {
      compare: [...leading, ...comparisons(key, guard)],
      success: [
        value === undefined ? { remove: key } : { ...this.#put(name, value), lease: bindTo },
      ],
    };
  }

  #put(name: string, value: string): Extract<Operation, { put: Buffer }> {
    return { put: this.#key(name), value: Buffer.from(value) };
  }

  #key(name: string): Buffer {
    return Buffer.from(this.#place.prefix + name);
  }
}
