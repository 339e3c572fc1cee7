import {
  type Call,
  type Comparison,
  type EtcdTransport,
  type Header,
  type KeyEvent,
  type KeyRange,
  type KeyValue,
  LeaseExists,
  LeaseGone,
  type Operation,
  type Transaction,
  type TransactionReply,
  type WatchMessage,
} from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';

/** What may befall a request at one server: before it is done, and before its answer is told. */
export interface Weather {
  /** Throws, or takes its time, before anything is done. */
  before?(what: Request): void | Promise<void>;
  /** The same, when it was done. */
  after?(what: Request): void | Promise<void>;
}

export type Request = 'range' | 'txn' | 'grant' | 'keepAlive' | 'revoke' | 'watch';

interface Watcher {
  readonly range: KeyRange;
  readonly memberId: string;
  readonly tell: (message: WatchMessage) => void;
  readonly fail: (error: unknown) => void;
}

/** A state that was: what a linearizable read at that revision would have shown. */
type History = Map<number, ReadonlyMap<string, string>>;

/** A quorum of etcd servers that all know the same, in memory. Leases end only when told to. */
export class FakeEtcd {
  revision = 1;
  term = 2;
  clusterId = 'c1';
  readonly history: History = new Map([[1, new Map()]]);
  /** The leases that keys were bound to, at each revision. */
  readonly leaseHistory: History = new Map();
  readonly requests: Request[] = [];
  readonly leases = new Map<string, { ttl: number; keptAlive: number }>();
  /** Leases that the servers do not know of that are asked to keep them alive. */
  readonly overlooked = new Set<string>();
  readonly #keys = new Map<string, KeyValue>();
  /** Watches tell of nothing while this is true; afterwards of all that they owe. */
  #silent = false;
  readonly #watchers = new Set<Watcher>();
  readonly #changes: { readonly revision: number; readonly events: readonly KeyEvent[] }[] = [];
  #owed: (() => void)[] = [];

  header(memberId = 'm1'): Header {
    const { clusterId, revision, term } = this;
    return { clusterId, memberId, revision, raftTerm: term };
  }

  get(key: string): KeyValue | undefined {
    return this.#keys.get(key);
  }

  put(key: string, value: string | undefined): void {
    this.commit([
      value === undefined
        ? { remove: Buffer.from(key) }
        : { put: Buffer.from(key), value: Buffer.from(value) },
    ]);
  }

  /** Ends a lease, and its keys with it. */
  expire(id: string): void {
    if (!this.leases.delete(id)) return;
    const bound = [...this.#keys.values()].filter(({ lease }) => lease === id);
    this.commit(bound.map(({ key }) => ({ remove: key })));
  }

  /** Keeps what watches have to tell until `speak`. */
  beSilent(): void {
    this.#silent = true;
  }

  /** `owed` false: what was kept is never told. */
  speak(owed = true): void {
    this.#silent = false;
    const messages = this.#owed;
    this.#owed = [];
    if (owed) for (const tell of messages) tell();
  }

  /** Breaks every watch. */
  breakWatches(): void {
    for (const watcher of [...this.#watchers]) {
      watcher.fail(new EndpointFailure('it closed the connection', { maybeApplied: false }));
    }
  }

  transact({ compare, success, failure = [] }: Transaction, memberId: string): TransactionReply {
    const succeeded = compare.every((one) => this.#holds(one));
    const operations = succeeded ? success : failure;
    for (const operation of operations) {
      const lease = 'put' in operation ? operation.lease : undefined;
      if (lease !== undefined && !this.leases.has(lease)) throw new LeaseGone('no such lease');
    }
    this.commit(operations);
    const kvs = operations.flatMap((one) => ('range' in one ? this.range(one.range) : []));
    return { header: this.header(memberId), succeeded, kvs };
  }

  range({ key, end }: KeyRange): KeyValue[] {
    return [...this.#keys.values()]
      .filter((one) => Buffer.compare(one.key, key) >= 0 && Buffer.compare(one.key, end) < 0)
      .sort((one, other) => Buffer.compare(one.key, other.key));
  }

  commit(operations: readonly Operation[]): void {
    const changes = operations.filter(
      (one) => 'put' in one || ('remove' in one && this.#keys.has(one.remove.toString())),
    );
    if (changes.length === 0) return;
    this.revision += 1;
    const modRevision = String(this.revision);
    const events = changes.flatMap((one) => {
      if ('range' in one) return [];
      const key = 'put' in one ? one.put : one.remove;
      if ('remove' in one) this.#keys.delete(key.toString());
      else this.#keys.set(key.toString(), { key, value: one.value, modRevision, lease: one.lease });
      const value = 'put' in one ? one.value : undefined;
      return [{ key, modRevision, value, lease: 'put' in one ? one.lease : undefined }];
    });
    const state = [...this.#keys].map(([key, { value }]) => [key, value.toString()] as const);
    this.history.set(this.revision, new Map(state));
    const bound = [...this.#keys].map(([key, { lease }]) => [key, lease ?? ''] as const);
    this.leaseHistory.set(this.revision, new Map(bound));
    this.#changes.push({ revision: this.revision, events });
    for (const watcher of [...this.#watchers]) this.#tell(watcher, events);
  }

  /** Tells of what has changed since that revision, and of what will. */
  watch(watcher: Watcher, since: number): () => void {
    this.#watchers.add(watcher);
    for (const { revision, events } of this.#changes) {
      if (revision >= since) this.#tell(watcher, events);
    }
    return () => this.#watchers.delete(watcher);
  }

  #tell(watcher: Watcher, events: readonly KeyEvent[]): void {
    const { key, end } = watcher.range;
    const concerned = events.filter(
      (one) => Buffer.compare(one.key, key) >= 0 && Buffer.compare(one.key, end) < 0,
    );
    if (concerned.length === 0) return;
    const message = { header: this.header(watcher.memberId), created: false, events: concerned };
    if (this.#silent) this.#owed.push(() => watcher.tell(message));
    else watcher.tell(message);
  }

  #holds(comparison: Comparison): boolean {
    const found = this.#keys.get(comparison.key.toString());
    if ('absent' in comparison) return found === undefined;
    if ('lease' in comparison) return found?.lease === comparison.lease;
    return found?.modRevision === comparison.modRevision;
  }
}

/** One server of it. */
export function fakeServer(
  etcd: FakeEtcd,
  name = 'http://e1:2379',
  weather: Weather = {},
): EtcdTransport {
  const memberId = name;
  async function serve<T>(what: Request, act: () => T): Promise<T> {
    await weather.before?.(what);
    const value = act();
    await weather.after?.(what);
    return value;
  }
  /** Who gives up does not hinder what he has sent. */
  function done<T>(what: Request, { signal }: Call, act: () => T): Promise<T> {
    etcd.requests.push(what);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new EndpointFailure('no answer', { maybeApplied: true }));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      serve(what, act).then(resolve, reject);
    });
  }
  return {
    name,
    range: (range, call) =>
      done('range', call, () => ({ header: etcd.header(memberId), kvs: etcd.range(range) })),
    txn: (transaction, call) => done('txn', call, () => etcd.transact(transaction, memberId)),
    deleteRange: async () => 0,
    grant: (id, ttl, call) =>
      done('grant', call, () => {
        if (etcd.leases.has(id)) throw new LeaseExists('it is there');
        etcd.leases.set(id, { ttl, keptAlive: 0 });
        return { ttl };
      }),
    keepAlive: (id, call) =>
      done('keepAlive', call, () => {
        const lease = etcd.overlooked.has(id) ? undefined : etcd.leases.get(id);
        if (lease) lease.keptAlive += 1;
        return { header: etcd.header(memberId), ttl: lease?.ttl };
      }),
    revoke: (id, call) => done('revoke', call, () => etcd.expire(id)),
    async watch(request, call, tell) {
      await done('watch', call, () => {});
      return new Promise<never>((_, reject) => {
        const fail = (error: unknown): void => {
          remove();
          reject(error);
        };
        const told = (message: WatchMessage): void => {
          try {
            tell(message);
          } catch (error) {
            fail(error);
          }
        };
        let remove = (): void => {};
        call.signal.addEventListener('abort', () => fail(new EndpointFailure('given up', GONE)));
        told({ header: etcd.header(memberId), created: true, events: [] });
        remove = etcd.watch({ range: request, memberId, tell: told, fail }, request.startRevision);
      });
    },
    members: async () => [],
    authenticate: async () => 'token',
    close: () => {},
  };
}

const GONE = { maybeApplied: false };
