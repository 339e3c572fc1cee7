import type { Clock } from '../../../system/clock.ts';
import { clusterPrefix, type DocumentName } from '../../../wire/keys.ts';
import {
  type AcquireRequest,
  type AgentCall,
  type AgentDcs,
  anotherStore,
  type RenewRequest,
  type SessionMemory,
  type Snapshot,
  type WriteRequest,
} from '../../agent-dcs.ts';
import type { Document } from '../../dcs.ts';
import { EndpointFailure } from '../../failure.ts';
import { asDcsError } from '../../settle.ts';
import { type Asker, askerOver, type EtcdLink } from './asker.ts';
import { isSameTerm, SessionLease } from './lease.ts';
import { Sight } from './sight.ts';
import { type Lock, Transactions } from './transactions.ts';

export interface Etcd3SessionOptions {
  readonly namespace: string;
  readonly scope: string;
  /** Name of the member. */
  readonly name: string;
  /** The link of now; rejects with a `DcsError` while there is none. */
  readonly link: () => Promise<EtcdLink>;
  readonly memory: SessionMemory;
  readonly clock: Clock;
  /** Milliseconds that a call may take. */
  readonly timeoutMs: (call: AgentCall) => number;
  /** Milliseconds between two ticks. */
  readonly loopWaitMs: () => number;
}

/**
 * An agent's session on etcd's v3 API, with Patroni's keys: the leader key and the member key are
 * bound to one lease. A tick in which nothing has changed costs a leader two requests and a standby
 * half a one: what changes is told by a watch, whose word counts only as long as it is known to be
 * complete (ADR 0009).
 */
export class Etcd3Session implements AgentDcs {
  readonly #options: Etcd3SessionOptions;
  readonly #asker: Asker;
  readonly #sight: Sight;
  readonly #lease: SessionLease;
  readonly #transactions: Transactions;

  constructor(options: Etcd3SessionOptions) {
    const { namespace, scope, name, memory, clock, loopWaitMs } = options;
    const prefix = clusterPrefix(namespace, scope);
    this.#options = options;
    this.#asker = askerOver(options.link);
    this.#transactions = new Transactions({ prefix, name });
    this.#sight = new Sight({
      asker: this.#asker,
      clock,
      prefix,
      range: this.#transactions.range,
      deadline: () => this.#deadline('read'),
    });
    this.#lease = new SessionLease({
      asker: this.#asker,
      sight: this.#sight,
      memory,
      monotonic: () => clock.monotonic(),
      loopWaitMs,
    });
  }

  read(): Promise<Snapshot> {
    return this.#within('read', async (deadline) => {
      const fresh = (await this.#isFresh()) || (await this.#isConfirmed(deadline));
      if (!fresh) await this.#sight.look(deadline);
      return { ...this.#sight.handOut(), ownsLock: this.#lock() !== undefined };
    });
  }

  /** See `AgentStore`. */
  peek(): Promise<readonly Document[]> {
    return this.#within('read', (deadline) => this.#sight.look(deadline));
  }

  acquire({ ttl, sync }: AcquireRequest): Promise<'held' | 'lost'> {
    return this.#within('acquire', (deadline) =>
      this.#lease.use({ ttl, deadline, full: true }, async ({ id, seen }) => {
        const transaction = this.#transactions.acquire(id, sync);
        const reply = await this.#sight.take(
          (node, call) => node.txn(transaction, call),
          (act) => this.#asker.once(deadline, act),
        );
        if (!reply.succeeded) return 'lost';
        return isSameTerm(seen, reply.header) ? 'held' : this.#prove(id, new Map(), deadline);
      }),
    );
  }

  renew({ ttl, status, failsafe }: RenewRequest): Promise<'held' | 'lost'> {
    return this.#within('renew', async (deadline) => {
      if (this.#lease.id === undefined) return 'lost';
      await this.#lease.setTtl(ttl, deadline);
      const { id } = this.#lease;
      const changes = this.#new({ status, failsafe });
      const held = id === undefined ? 'lost' : await this.#prove(id, changes, deadline);
      if (held === 'lost' && this.#sight.isAnother) throw anotherStore('etcd');
      return held;
    });
  }

  release(status: string | undefined): Promise<void> {
    return this.#within('release', async (deadline) => {
      if (this.#lease.id === undefined) return;
      if (!(await this.#sight.isKnown())) await this.#sight.look(deadline);
      const lock = this.#lock();
      if (lock === undefined) return;
      const transaction = this.#transactions.release(lock, status);
      const { header } = await this.#asker.ask(deadline, (node, call) =>
        node.txn(transaction, call),
      );
      this.#sight.changed(header);
    });
  }

  publish(value: string, ttl: number): Promise<void> {
    return this.#within('publish', (deadline) =>
      this.#lease.use({ ttl, deadline }, async ({ id }) => {
        const written = this.#sight.get(`members/${this.#options.name}`);
        const same = written?.lease === id && written.document.value === value;
        if (same && (await this.#sight.isKnown())) return;
        const transaction = this.#transactions.publish(id, value);
        const { header } = await this.#asker.ask(deadline, (node, call) =>
          node.txn(transaction, call),
        );
        this.#sight.changed(header);
      }),
    );
  }

  write(request: WriteRequest): Promise<'done' | 'conflict'> {
    return this.#within('write', (deadline) => {
      if (!request.withSession) return this.#write(request, undefined, deadline);
      const { ttl } = this.#lease;
      return this.#lease.use({ ttl, deadline }, ({ id }) => this.#write(request, id, deadline));
    });
  }

  watch(signal: AbortSignal): Promise<void> {
    return this.#sight.watch(signal);
  }

  /** The lease stays: whoever comes next may go on with it. The link is not closed. */
  async close(): Promise<void> {
    this.relink();
  }

  /** The link is another one: what hangs on the old one is given up. */
  relink(): void {
    this.#sight.stop();
  }

  async #write(
    request: WriteRequest,
    bindTo: string | undefined,
    deadline: number,
  ): Promise<'done' | 'conflict'> {
    const lock = request.asLeader ? this.#lease.id : undefined;
    if (request.asLeader && lock === undefined) return 'conflict';
    const transaction = this.#transactions.write(request, { lock, bindTo });
    const reply = await this.#asker.once(deadline, (node, call) => node.txn(transaction, call));
    if (reply.succeeded) this.#sight.changed(reply.header);
    else this.#sight.doubt();
    return reply.succeeded ? 'done' : 'conflict';
  }

  /**
   * Keeps the lease alive, and asks a quorum whether the lock is bound to it. A leader of etcd that
   * was cut off may still keep leases alive, which its successor knows nothing of. But when the
   * same server answers for a quorum afterwards, in the same term, there was no successor yet.
   */
  async #prove(
    id: string,
    changes: ReadonlyMap<DocumentName, string>,
    deadline: number,
  ): Promise<'held' | 'lost'> {
    const transaction = this.#transactions.renew(id, changes);
    const { succeeded, sentAt } = await this.#sight.take(
      async (node, call) => {
        const sentAt = this.#options.clock.monotonic();
        const kept = await node.keepAlive(id, call);
        const found = await node.txn(transaction, call);
        const alive = kept.ttl !== undefined && isSameTerm(kept.header, found.header);
        if (found.succeeded && !alive)
          throw new EndpointFailure('etcd has elected another leader', PASSING);
        return { ...found, sentAt };
      },
      (act) => this.#asker.ask(deadline, act),
    );
    if (!succeeded) return 'lost';
    this.#lease.refreshed(sentAt);
    // Where the lease is ours and the name is not, this node had another one.
    return this.#lock() === undefined ? 'lost' : 'held';
  }

  async #isFresh(): Promise<boolean> {
    return !this.#lease.isDue(this.#sight.provenAt) && (await this.#sight.isKnown());
  }

  /** The lease has to be kept alive anyway: the answer tells whether anything was missed. */
  async #isConfirmed(deadline: number): Promise<boolean> {
    if (!(await this.#sight.isKnown())) return false;
    const sentAt = this.#options.clock.monotonic();
    const reply = await this.#lease.refresh(deadline);
    return reply?.ttl !== undefined && this.#sight.isConfirmedBy(reply, sentAt);
  }

  /** The lock, as far as it is seen, if it is ours. */
  #lock(): Lock | undefined {
    const { document, lease } = this.#sight.get('leader') ?? {};
    if (lease === undefined || !this.#lease.isOurs(lease)) return undefined;
    if (document?.value !== this.#options.name) return undefined;
    return { lease, version: document.version };
  }

  /** What is not written like this already. */
  #new(values: Readonly<Record<'status' | 'failsafe', string | undefined>>) {
    const changes = new Map<DocumentName, string>();
    for (const name of ['status', 'failsafe'] as const) {
      const value = values[name];
      const written = this.#sight.get(name)?.document.value;
      if (value !== undefined && value !== written) changes.set(name, value);
    }
    return changes;
  }

  #deadline(call: AgentCall): number {
    return this.#options.clock.monotonic() + this.#options.timeoutMs(call);
  }

  async #within<T>(call: AgentCall, run: (deadline: number) => Promise<T>): Promise<T> {
    try {
      return await run(this.#deadline(call));
    } catch (error) {
      this.#sight.doubt();
      throw asDcsError(error);
    }
  }
}

const PASSING = { maybeApplied: true, passing: true } as const;
