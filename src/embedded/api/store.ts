import { History, type Transaction } from '../core/history.ts';
import { type Apply, type Item, type KeyRange, Keyspace } from '../core/keyspace.ts';
import { Leases } from '../core/leases.ts';
import { Watches } from '../core/watches.ts';
import type { HeaderMessage, KeyMessage, RangeMessage } from './messages.ts';

/** The version of etcd whose API this is. */
export const ETCD_VERSION = '3.5.0';

/** The name of the one server, in `etcdctl member list`: it is no etcd, and says so. */
export const SERVER_NAME = 'pgherd-for-trying-out-only';

/** So many transactions are remembered for watches that resume. */
const HISTORY = 5000;

/** What a store is made with. */
export interface StoreOrigin {
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
  /** A whole number of 63 bits above 0, in decimal, by chance. */
  readonly newId: () => string;
  /** The address that it tells clients, `http://host:port`. */
  readonly clientUrl: string;
}

/** The state of one embedded store, with etcd's names for it. */
export class EtcdStore {
  readonly keys = new Keyspace<Buffer>();
  readonly leases = new Leases();
  readonly history = new History<Buffer>(HISTORY);
  readonly watches = new Watches(this.history);
  readonly origin: StoreOrigin;
  /** Another one after each start: all that was there before is gone. */
  readonly clusterId: string;
  readonly memberId: string;

  constructor(origin: StoreOrigin) {
    this.origin = origin;
    this.clusterId = origin.newId();
    this.memberId = origin.newId();
  }

  /** Removes the leases that have ended, with their keys. To be called before each request. */
  settle(): void {
    for (const id of this.leases.over(this.origin.now())) this.endLease(id);
  }

  /** False when there is no such lease. */
  endLease(id: string): boolean {
    const was = this.leases.remove(id);
    this.commit((apply) => {
      for (const key of this.keysOf(id)) apply({ key, value: undefined });
    });
    return was;
  }

  /** The keys that go away with a lease, in order. */
  keysOf(lease: string): string[] {
    const bound = [...this.keys.all()].filter((item) => item.lease === lease);
    return bound.map(({ key }) => key).sort();
  }

  /** Does a transaction, and tells those who watch. */
  commit(work: (apply: Apply<Buffer>) => void): Transaction<Buffer> {
    const events = this.keys.transaction(work);
    if (events.length > 0) {
      this.history.add(events);
      this.watches.changed(events);
    }
    return events;
  }

  header(revision = this.keys.revision): HeaderMessage {
    return {
      cluster_id: this.clusterId,
      member_id: this.memberId,
      revision: String(revision),
      raft_term: '1',
    };
  }
}

/** The range of a message; a single zero byte at its end is `NO_END`. */
export function rangeOf({ key, range_end: end }: RangeMessage): KeyRange {
  return { key: keyText(key), end: end.length === 0 ? undefined : keyText(end) };
}

/** Bytes as the text of a key. */
export function keyText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** A key as messages have it. */
export function keyMessage(item: Item<Buffer>): KeyMessage {
  return {
    key: Buffer.from(item.key, 'latin1'),
    create_revision: String(item.created),
    mod_revision: String(item.modified),
    version: String(item.version),
    value: item.value,
    lease: item.lease ?? '0',
  };
}
