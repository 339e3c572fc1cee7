import type { Clock } from '../../system/clock.ts';
import type { DocumentName } from '../../wire/keys.ts';
import {
  type AcquireRequest,
  type AgentCall,
  type AgentDcs,
  anotherStore,
  type RenewRequest,
  type SessionMemory,
  type Snapshot,
  type WriteRequest,
} from '../agent-dcs.ts';
import type { Document } from '../dcs.ts';
import type { HttpEndpoint } from '../http.ts';
import { asDcsError } from '../settle.ts';
import { documentOf, type Etcd2Link, type Leaf, readTree } from './api.ts';
import { again, type Call, ClusterKeys, versionIn } from './keys.ts';
import { Lock } from './lock.ts';
import { changeKey } from './store.ts';
import { watchOnce } from './watch.ts';

/** Seconds that a claim lives when nothing was said yet. */
const FIRST_TTL = 30;

export interface Etcd2SessionOptions {
  readonly namespace: string;
  readonly scope: string;
  /** Name of the member. */
  readonly name: string;
  /** The link of now; rejects with a `DcsError` while there is none. */
  readonly link: () => Promise<Etcd2Link>;
  readonly memory: SessionMemory;
  readonly clock: Clock;
  /** Milliseconds that a call may take. */
  readonly timeoutMs: (call: AgentCall) => number;
}

/**
 * An agent's session on etcd's old v2 API, with Patroni's keys, which end by themselves unless they
 * are written again. There are no transactions: what the v3 API does in one step is done in two,
 * in such an order that as little as possible can come between (ADR 0009).
 */
export class Etcd2Session implements AgentDcs {
  readonly #options: Etcd2SessionOptions;
  readonly #keys: ClusterKeys;
  readonly #lock: Lock;
  /** Index of our claim to bootstrap, which lives as long as we publish. */
  #claim: string | undefined;
  #ttl = FIRST_TTL;
  /** What the last read has shown, by the names of the documents. */
  #leaves: ReadonlyMap<string, Leaf> = new Map();
  /** Index of what the last read or watch has told of. */
  #told: number | undefined;
  /** The store that the last read has shown. */
  #read: { readonly index: number; readonly clusterId: string } | undefined;
  #watching: { readonly node: HttpEndpoint; readonly stop: AbortController } | undefined;

  constructor(options: Etcd2SessionOptions) {
    const { namespace, scope, name, memory } = options;
    this.#options = options;
    this.#keys = new ClusterKeys(namespace, scope);
    this.#lock = new Lock(this.#keys, name, memory);
  }

  read(): Promise<Snapshot> {
    return this.#within('read', async ({ link, deadline }) => {
      const { prefix } = this.#keys;
      const { leaves, index, clusterId } = await readTree(link, prefix, { deadline });
      const named = leaves.map((leaf) => [leaf.key.slice(prefix.length), leaf] as const);
      this.#leaves = new Map(named);
      this.#told = index;
      this.#read = { index, clusterId };
      // A watch at a server that does not answer any more would tell of nothing.
      if (this.#watching && this.#watching.node !== link.endpoints.best) this.relink();
      return {
        documents: named.flatMap(([name, leaf]) => documentOf(leaf, name) ?? []),
        ownsLock: this.#lock.isOurs(this.#leaves.get('leader')),
        revision: index,
        identity: clusterId,
      };
    });
  }

  /** See `AgentStore.peek`. */
  peek(): Promise<readonly Document[]> {
    return this.#within('read', async ({ link, deadline }) => {
      const { prefix } = this.#keys;
      const { leaves } = await readTree(link, prefix, { deadline });
      return leaves.flatMap((leaf) => documentOf(leaf, leaf.key.slice(prefix.length)) ?? []);
    });
  }

  /** The lock first, then `/sync`: from then on only a leader of before could still change it. */
  acquire({ ttl, sync }: AcquireRequest): Promise<'held' | 'lost'> {
    return this.#within('acquire', async (call) => {
      this.#ttl = ttl;
      const made = await this.#lock.make(call, ttl);
      if (!made) return 'lost';
      const found = await this.#keys.look(call, 'sync');
      const asTold = (found?.version ?? 'absent') === sync;
      if (asTold) this.#lock.keep(made);
      else await this.#lock.remove(call, made.version);
      return asTold ? 'held' : 'lost';
    });
  }

  renew({ ttl, status, failsafe }: RenewRequest): Promise<'held' | 'lost'> {
    return this.#within('renew', async (call) => {
      this.#ttl = ttl;
      if (!(await this.#lock.extend(call, ttl))) {
        if (await this.#isAnother(call)) throw anotherStore('etcd');
        return 'lost';
      }
      // Where the member document has gone, the agent sees it and publishes it again.
      await again(call, this.#keys.refresh(this.#member, ttl));
      await this.#putIfNew(call, 'status', status);
      await this.#putIfNew(call, 'failsafe', failsafe);
      return 'held';
    });
  }

  release(status: string | undefined): Promise<void> {
    return this.#within('release', async (call) => {
      if (!(await this.#lock.find(call))) return;
      if (status !== undefined) await again(call, this.#keys.put('status', { value: status }));
      await this.#lock.drop(call);
    });
  }

  publish(value: string, ttl: number): Promise<void> {
    return this.#within('publish', async (call) => {
      this.#ttl = ttl;
      const written = this.#leaves.get(this.#member)?.value === value;
      const refreshed =
        written && versionIn(await again(call, this.#keys.refresh(this.#member, ttl)));
      if (!refreshed) await again(call, this.#keys.put(this.#member, { value, ttl }));
      if (this.#claim === undefined) return;
      const answer = await again(call, this.#keys.refresh('initialize', ttl, this.#claim));
      this.#claim = versionIn(answer);
    });
  }

  /** As leader: the lock is looked at just before. */
  write(request: WriteRequest): Promise<'done' | 'conflict'> {
    const { name, value, guard, asLeader, withSession } = request;
    return this.#within('write', async (call) => {
      if (asLeader && !(await this.#lock.find(call))) return 'conflict';
      const { link, deadline } = call;
      const ttl = withSession ? this.#ttl : undefined;
      const key = this.#keys.prefix + name;
      const end = await changeKey(link, key, { guard, value, deadline, ttl });
      if (end === 'done' && name === 'initialize') {
        this.#claim = withSession ? (await this.#keys.look(call, name))?.version : undefined;
      }
      return end;
    });
  }

  async watch(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const forward = (): void => stop.abort();
    signal.addEventListener('abort', forward);
    try {
      const link = await this.#options.link();
      const node = link.endpoints.best;
      this.#watching = { node, stop };
      const after = this.#told ?? (await this.#firstIndex(link));
      if (signal.aborted) return;
      const begun = this.#unlessBegun(() => stop.abort());
      const what = { prefix: this.#keys.prefix, after, signal: stop.signal, begun };
      this.#told = Math.max(this.#told ?? 0, await watchOnce(link, node, what));
    } catch (error) {
      if (!signal.aborted) throw asDcsError(error);
    } finally {
      this.#watching = undefined;
      signal.removeEventListener('abort', forward);
    }
  }

  /** The keys stay until they end. The link is not closed. */
  async close(): Promise<void> {
    this.relink();
  }

  /** The link is another one: what hangs on the old one is given up. */
  relink(): void {
    this.#watching?.stop.abort();
  }

  /** The store is not the one that was read. */
  async #isAnother({ link, deadline }: Call): Promise<boolean> {
    if (!this.#read) return false;
    const { index, clusterId } = await readTree(link, this.#keys.prefix, { deadline });
    return clusterId !== this.#read.clusterId || index < this.#read.index;
  }

  get #member(): DocumentName {
    return `members/${this.#options.name}`;
  }

  async #putIfNew(call: Call, name: DocumentName, value: string | undefined): Promise<void> {
    if (value === undefined || this.#leaves.get(name)?.value === value) return;
    await again(call, this.#keys.put(name, { value }));
  }

  /** Calls `giveUp` when the time of a call is over, unless what it returns is called before. */
  #unlessBegun(giveUp: () => void): () => void {
    const { clock, timeoutMs } = this.#options;
    const timer = new AbortController();
    clock.sleep(timeoutMs('read'), timer.signal).then(giveUp, () => {
      // It has begun.
    });
    return () => timer.abort();
  }

  async #firstIndex(link: Etcd2Link): Promise<number> {
    const deadline = this.#deadline('read');
    return (await readTree(link, this.#keys.prefix, { deadline })).index;
  }

  #deadline(call: AgentCall): number {
    return this.#options.clock.monotonic() + this.#options.timeoutMs(call);
  }

  async #within<T>(kind: AgentCall, run: (call: Call) => Promise<T>): Promise<T> {
    try {
      const deadline = this.#deadline(kind);
      return await run({ link: await this.#options.link(), deadline });
    } catch (error) {
      throw asDcsError(error);
    }
  }
}
