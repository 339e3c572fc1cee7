import {
  type AcquireRequest,
  type AgentDcs,
  anotherStore,
  type RenewRequest,
  type SessionMemory,
  type Snapshot,
  type WriteRequest,
} from '../../src/dcs/agent-dcs.ts';
import { DcsError } from '../../src/model/errors.ts';
import type { Process } from './process.ts';
import type { Change, SimStore } from './store.ts';
import { ask, TIMEOUT } from './store-request.ts';
import type { Seen, Watcher } from './store-watches.ts';

/** Seconds that a session lives when nothing was said yet: the claim of a bootstrap. */
const FIRST_TTL = 30;

/** Who connects. */
export interface StoreClient {
  /** The place it is at. */
  readonly host: string;
  /** Name of the member. */
  readonly name: string;
  readonly process: Process;
  readonly memory: SessionMemory;
}

interface Session {
  readonly id: string;
  /** No answer said yet that it is open: a request opens it on its way. */
  fresh: boolean;
}

/**
 * An agent's connection to the store. Each request travels, is done in one moment, and its reply
 * travels back; each may be lost or late. The id of a session is chosen here and written down before
 * it is used, so that a session is never lost with a reply.
 */
export class StoreSession implements AgentDcs {
  readonly #store: SimStore;
  readonly #client: StoreClient;
  #session: Session | undefined;
  #ttl = FIRST_TTL;
  /** Version of the leader document that is known to be ours. */
  #lock: string | undefined;
  #seen: Seen = { life: 0, revision: 0 };
  /** Of the store that was read. */
  #readLife = 0;

  constructor(store: SimStore, client: StoreClient) {
    this.#store = store;
    this.#client = client;
    const session = client.memory.load();
    if (session !== undefined) this.#session = { id: session, fresh: false };
  }

  /** The id of the session, if there is one. */
  get session(): string | undefined {
    return this.#session?.id;
  }

  async read(): Promise<Snapshot> {
    const store = this.#store;
    const { stale, snapshot, seen } = await this.#ask(() => {
      const old = store.weather.staleSnapshot(this.#client.host);
      return { stale: old, snapshot: old ?? store.snapshot(), seen: store.seen() };
    });
    // A stale read must not make the next watch fire at once, and the next, and the next.
    if (stale === undefined) this.#seen = seen;
    this.#readLife = seen.life;
    const { documents, revision, leaderSession } = snapshot;
    const ownsLock = leaderSession !== undefined && leaderSession === this.#session?.id;
    if (ownsLock) this.#lock = documents.find(({ name }) => name === 'leader')?.version;
    return { documents, ownsLock, revision, identity: String(seen.life) };
  }

  async acquire(request: AcquireRequest): Promise<'held' | 'lost'> {
    const store = this.#store;
    const { name, host } = this.#client;
    // Should the reply be lost, nobody knows which lock is there.
    this.#lock = undefined;
    const sync = request.sync === 'absent' ? 'absent' : { version: request.sync };
    const lock = await this.#inSession(request.ttl, (session) => {
      if (!store.holds('leader', 'absent') || !store.holds('sync', sync)) return undefined;
      store.commit(host, [{ name: 'leader', value: name, session }]);
      return store.lockOf(session);
    });
    this.#lock = lock;
    return lock === undefined ? 'lost' : 'held';
  }

  async renew({ ttl, status, failsafe }: RenewRequest): Promise<'held' | 'lost'> {
    const store = this.#store;
    const session = this.#session?.id;
    if (session === undefined) return 'lost';
    this.#ttl = ttl;
    const lock = await this.#ask(() => {
      const ours = store.lockOf(session);
      if (ours === undefined && store.seen().life !== this.#readLife) return 'another store';
      if (ours === undefined || !store.leases.keepAlive(session, ttl)) return undefined;
      const changes: Change[] = [];
      if (status !== undefined) changes.push({ name: 'status', value: status });
      if (failsafe !== undefined) changes.push({ name: 'failsafe', value: failsafe });
      store.commit(this.#client.host, changes);
      return ours;
    });
    if (lock === 'another store') throw anotherStore('the store');
    this.#lock = lock;
    return lock === undefined ? 'lost' : 'held';
  }

  /**
   * It names the version of the lock that it gives up: late, it must not take away a lock that was
   * taken again since. Where the version is not known, it is asked for before.
   */
  async release(status: string | undefined): Promise<void> {
    const store = this.#store;
    const session = this.#session?.id;
    const lock = this.#lock ?? (await this.#ask(() => store.lockOf(session)));
    this.#lock = undefined;
    if (lock === undefined) return;
    await this.#ask(() => {
      if (store.lockOf(session) !== lock) return;
      const last: Change[] = status === undefined ? [] : [{ name: 'status', value: status }];
      store.commit(this.#client.host, [...last, { name: 'leader', value: undefined }]);
    });
  }

  async publish(value: string, ttl: number): Promise<void> {
    const { name, host } = this.#client;
    await this.#inSession(ttl, (session) => {
      this.#store.commit(host, [{ name: `members/${name}`, value, session }]);
    });
  }

  write(request: WriteRequest): Promise<'done' | 'conflict'> {
    if (request.withSession) {
      return this.#inSession(this.#ttl, (session) => this.#write(request, session));
    }
    const session = this.#session?.id;
    return this.#ask(() => this.#write(request, session));
  }

  /** Every fault that breaks a watch is an error, but compaction: then something may have changed. */
  watch(signal: AbortSignal): Promise<void> {
    const { scheduler } = this.#store;
    const { process } = this.#client;
    return new Promise((resolve, reject) => {
      let watcher: Watcher | undefined;
      const later = (ms: number, finish: () => void): void => {
        scheduler.after(
          ms,
          () => {
            signal.removeEventListener('abort', abort);
            if (watcher !== undefined) this.#store.watches.remove(watcher);
            finish();
          },
          process,
        );
      };
      const fail = (ms: number): void => {
        later(ms, () => reject(new DcsError('the watch broke')));
      };
      const abort = (): void => later(0, resolve);
      const fire = (why: 'changed' | 'broken'): void => {
        const latency = this.#store.weather.reply(this.#client.host);
        if (latency === undefined || why === 'broken') {
          fail(latency ?? TIMEOUT);
          return;
        }
        this.#seen = this.#store.seen();
        later(latency, resolve);
      };
      const register = (): void => {
        if (!process.alive || signal.aborted) return;
        watcher = { host: this.#client.host, since: this.#seen, fire };
        if (this.#store.outage === 'no') this.#store.watches.add(watcher);
        else fail(this.#store.outage === 'silent' ? TIMEOUT : 1);
      };
      const there = this.#store.weather.request(this.#client.host);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      if (there === undefined) fail(TIMEOUT);
      else scheduler.after(there, register);
    });
  }

  /** The session stays: whoever comes next may go on with it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #write(
    { name, value, guard, asLeader, withSession }: WriteRequest,
    session?: string,
  ): 'done' | 'conflict' {
    const store = this.#store;
    if (asLeader && store.lockOf(session) === undefined) return 'conflict';
    if (!store.holds(name, guard)) return 'conflict';
    const bound = withSession ? session : undefined;
    store.commit(this.#client.host, [{ name, value, session: bound }]);
    return 'done';
  }

  /** Does something in a session that lives `ttl` seconds from then on; opens one if need be. */
  async #inSession<T>(ttl: number, apply: (session: string) => T): Promise<T> {
    this.#ttl = ttl;
    const { leases } = this.#store;
    for (;;) {
      this.#session ??= this.#newSession();
      const session = this.#session;
      const answer = await this.#ask(() => {
        const alive = session.fresh
          ? leases.open(session.id, ttl)
          : leases.keepAlive(session.id, ttl);
        return alive ? { value: apply(session.id) } : undefined;
      });
      session.fresh = false;
      if (answer !== undefined) return answer.value;
      if (this.#session === session) this.#session = undefined;
    }
  }

  #newSession(): Session {
    const id = this.#store.newSession(this.#client.host);
    this.#client.memory.keep(id);
    return { id, fresh: true };
  }

  #ask<T>(apply: () => T): Promise<T> {
    return ask(this.#store, this.#client, apply);
  }
}
