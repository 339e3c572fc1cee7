import { randomBytes } from 'node:crypto';
import { DcsError } from '../../../model/errors.ts';
import type { SessionMemory } from '../../agent-dcs.ts';
import { type Header, type KeepAliveReply, LeaseExists, LeaseGone } from '../transport.ts';
import type { Asker } from './asker.ts';
import type { Sight } from './sight.ts';

/** Seconds that a lease lives when nothing was said yet: the claim of a bootstrap. */
const FIRST_TTL = 30;
/** A lease is left alone while this part of its time would be left at the next tick, at least. */
const RESERVE = 0.25;
/** How often the documents of a lease are moved to another one while they change. */
const MOVES = 3;

/** What a lease stands on. */
export interface LeaseParts {
  readonly asker: Asker;
  readonly memory: SessionMemory;
  readonly sight: Sight;
  readonly monotonic: () => number;
  /** Milliseconds until the next tick. */
  readonly loopWaitMs: () => number;
}

/**
 * The one lease of an agent, to which its lock and its member document are bound: opened, kept
 * alive, and replaced by another one when the TTL changes. Its id is chosen here and written down
 * before it is used, so that it is never lost with an answer.
 */
export class SessionLease {
  readonly #parts: LeaseParts;
  #id: string | undefined;
  /** The lease before this one, until all that was bound to it has moved. */
  #old: string | undefined;
  /** In seconds: what was asked for, and what etcd made of it (it has a smallest one). */
  #ttl: { readonly asked: number; readonly granted: number } | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #ensuring: Promise<unknown> = Promise.resolve();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    const ids = parts.memory.load()?.match(/\d+/g) ?? [];
    this.#id = ids.at(-1);
    this.#old = ids.length > 1 ? ids[0] : undefined;
  }

  /** Undefined: there is none, and so nothing is bound to it. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Seconds. */
  get ttl(): number {
    return this.#ttl?.asked ?? FIRST_TTL;
  }

  isOurs(lease: string | undefined): boolean {
    return lease !== undefined && (lease === this.#id || lease === this.#old);
  }

  /** True when what was last heard at this time would be too old by the next tick. */
  isDue(heardAt: number): boolean {
    const { monotonic, loopWaitMs } = this.#parts;
    return monotonic() - heardAt + loopWaitMs() > (1 - RESERVE) * this.ttl * 1000;
  }

  /** Keeps it alive, if there is one: what the server said. */
  async refresh(deadline: number): Promise<KeepAliveReply | undefined> {
    const id = this.#id;
    const settled = this.#ttl !== undefined && this.#old === undefined;
    return id !== undefined && settled ? this.#keepAlive(id, deadline) : undefined;
  }

  /** Does something in a lease with this TTL; in another one when etcd says that it is gone. */
  async use<T>(wanted: Wanted, act: (lease: Ensured) => Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      const ensured = await this.#ensure(wanted);
      try {
        return await act(ensured);
      } catch (error) {
        if (!(error instanceof LeaseGone)) throw error;
        // A transaction said so, and with it a quorum.
        if (this.#id === ensured.id) this.#id = undefined;
        if (round === 2) throw new DcsError('etcd loses our session all the time');
      }
    }
  }

  /** One after the other: each may replace the lease. */
  #ensure(wanted: Wanted): Promise<Ensured> {
    const ensured = this.#ensuring.then(() => this.#ensureNow(wanted));
    this.#ensuring = ensured.catch(() => {});
    return ensured;
  }

  async #ensureNow({ ttl, deadline, full = false }: Wanted): Promise<Ensured> {
    const id = this.#id;
    if (id === undefined) return this.#open(ttl, deadline);
    if (this.#old !== undefined) await this.#move({ old: this.#old, id }, ttl, deadline);
    if (this.#ttl === undefined) {
      const { ttl: granted } = await this.#keepAlive(id, deadline);
      if (granted === undefined) return this.#replaceLost(id, ttl, deadline);
      this.#ttl = { asked: granted, granted };
    }
    if (this.#ttl.asked !== ttl) return this.#change(id, ttl, deadline);
    if (!full && !this.isDue(this.#refreshedAt)) return { id, seen: undefined };
    const { ttl: granted, header } = await this.#keepAlive(id, deadline);
    if (granted === undefined) return this.#replaceLost(id, ttl, deadline);
    return { id, seen: header };
  }

  /** Before a renewal: the lease gets this TTL, with all that is bound to it. */
  async setTtl(ttl: number, deadline: number): Promise<void> {
    if (this.#old !== undefined || this.#ttl?.asked !== ttl) await this.#ensure({ ttl, deadline });
  }

  /** It was kept alive by a request that was sent then. */
  refreshed(sentAt: number): void {
    this.#refreshedAt = Math.max(this.#refreshedAt, sentAt);
  }

  async #keepAlive(id: string, deadline: number): Promise<KeepAliveReply> {
    const sentAt = this.#parts.monotonic();
    const reply = await this.#parts.asker.ask(deadline, (node, call) => node.keepAlive(id, call));
    if (reply.ttl !== undefined) this.refreshed(sentAt);
    return reply;
  }

  async #open(ttl: number, deadline: number): Promise<Ensured> {
    const id = newId();
    this.#parts.memory.keep(id);
    this.#id = id;
    return { id, seen: await this.#grant(id, ttl, deadline) };
  }

  async #grant(id: string, ttl: number, deadline: number): Promise<Ensured['seen']> {
    const sentAt = this.#parts.monotonic();
    try {
      const { ttl: granted } = await this.#parts.asker.ask(deadline, (node, call) =>
        node.grant(id, ttl, call),
      );
      this.#ttl = { asked: ttl, granted };
      this.refreshed(sentAt);
      return 'granted';
    } catch (error) {
      // An answer got lost before: it is ours, since nobody else draws the same number.
      if (!(error instanceof LeaseExists)) throw error;
      const { ttl: granted, header } = await this.#keepAlive(id, deadline);
      this.#ttl = granted === undefined ? undefined : { asked: granted, granted };
      return header;
    }
  }

  /**
   * No quorum stands behind a server's word that a lease is gone. If it is, all that was bound to
   * it is gone as well; a lease that something is bound to is not given up.
   */
  async #replaceLost(id: string, ttl: number, deadline: number): Promise<Ensured> {
    await this.#parts.sight.look(deadline);
    if (this.#parts.sight.boundTo(id).length > 0) {
      throw new DcsError("etcd's servers do not agree whether our session is still there");
    }
    return this.#open(ttl, deadline);
  }

  async #change(old: string, ttl: number, deadline: number): Promise<Ensured> {
    const id = newId();
    this.#parts.memory.keep(`${old} ${id}`);
    this.#old = old;
    this.#id = id;
    this.#ttl = undefined;
    return { id, seen: await this.#move({ old, id }, ttl, deadline) };
  }

  /** Binds what is bound to the lease before to this one, all at once (P#2693), and ends that. */
  async #move(leases: Leases, ttl: number, deadline: number): Promise<Ensured['seen']> {
    const { asker, memory } = this.#parts;
    const { old, id } = leases;
    const seen = await this.#grant(id, ttl, deadline);
    for (let round = 1; !(await this.#rebind(leases, deadline)); round++) {
      if (round === MOVES) throw new DcsError('the documents of our session change all the time');
    }
    memory.keep(id);
    this.#old = undefined;
    await asker
      .ask(deadline, (node, call) => node.revoke(old, call))
      .catch((error: unknown) => {
        // Nothing is bound to it: it ends by itself in time.
        if (!(error instanceof DcsError || error instanceof LeaseGone)) throw error;
      });
    return seen;
  }

  async #rebind({ old, id }: Leases, deadline: number): Promise<boolean> {
    const { asker, sight } = this.#parts;
    await sight.look(deadline);
    const bound = sight.boundTo(old);
    if (bound.length === 0) return true;
    const reply = await asker.ask(deadline, (node, call) =>
      node.txn(
        {
          compare: bound.map(({ key, document }) => ({ key, modRevision: document.version })),
          success: bound.map(({ key, document }) => ({
            put: key,
            value: Buffer.from(document.value),
            lease: id,
          })),
        },
        call,
      ),
    );
    return reply.succeeded;
  }
}

/** The lease that is needed. */
export interface Wanted {
  /** Seconds. */
  readonly ttl: number;
  readonly deadline: number;
  /** With all of its time from now on; otherwise some time left will do. */
  readonly full?: boolean;
}

interface Leases {
  readonly old: string;
  readonly id: string;
}

/** A lease that is there. */
export interface Ensured {
  readonly id: string;
  /** Who kept it alive just now; `granted`: it is new, which all servers agreed on. */
  readonly seen: Header | 'granted' | undefined;
}

/** True when the server that kept a lease alive answers, in the same term, or the lease is new. */
export function isSameTerm(seen: Ensured['seen'], now: Header): boolean {
  if (seen === 'granted') return true;
  return seen?.memberId === now.memberId && seen.raftTerm === now.raftTerm;
}

/** 63 random bits: etcd's ids are positive. */
function newId(): string {
  const drawn = randomBytes(8).readBigUInt64BE() >> 1n;
  return (drawn === 0n ? 1n : drawn).toString();
}
