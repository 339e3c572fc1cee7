import { WATCHED } from '../../src/dcs/agent-dcs.ts';
import type { Document, Guard } from '../../src/dcs/dcs.ts';
import type { DocumentName } from '../../src/wire/keys.ts';
import type { Links, Undo } from './links.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { Leases, type SavedLeases } from './store-leases.ts';
import { type StoreClient, StoreSession } from './store-session.ts';
import { type Seen, Watches } from './store-watches.ts';
import { STORE, StoreWeather } from './store-weather.ts';

/** All documents at one moment. The same object until something changes. */
export interface StoreSnapshot {
  readonly documents: readonly Document[];
  readonly revision: number;
  /** The session that the leader document is bound to. */
  readonly leaderSession: string | undefined;
}

/** What the checkers are told of each change. */
export interface StoreWrite {
  readonly name: DocumentName;
  /** Undefined: it was removed. */
  readonly value: string | undefined;
  /**
   * A host; `operator`; `store` when a session ended or the store lost or regained its data;
   * `release of HOST` for a program that gives the lock away.
   */
  readonly by: string;
  /** That the document was bound to which was there before. */
  readonly boundTo?: string | undefined;
}

export interface Change {
  readonly name: DocumentName;
  /** Undefined: remove it. */
  readonly value: string | undefined;
  /** It goes away with this session. */
  readonly session?: string | undefined;
}

interface Entry {
  readonly document: Document;
  readonly session: string | undefined;
}

interface Backup {
  readonly entries: ReadonlyMap<DocumentName, Entry>;
  readonly leases: SavedLeases;
  readonly revision: number;
}

/**
 * The store of the simulated world, with the documents of one cluster. It is linearizable: each
 * change is done at one moment. What the hosts see of it goes over links, which lose and delay.
 */
export class SimStore {
  readonly leases: Leases;
  readonly weather: StoreWeather;
  readonly watches: Watches;
  readonly scheduler: Scheduler;
  /** While it is down it refuses connections, or says nothing. */
  outage: 'no' | 'refusing' | 'silent' = 'no';
  readonly #process = new Process(STORE);
  readonly #random: Random;
  #entries = new Map<DocumentName, Entry>();
  #revision = 1;
  #snapshot: StoreSnapshot | undefined;
  #backup: Backup | undefined;
  #sessions = 0;
  readonly #hooks: ((write: StoreWrite) => void)[] = [];

  constructor(parts: { scheduler: Scheduler; links: Links; random: Random }) {
    this.scheduler = parts.scheduler;
    this.#random = parts.random;
    this.weather = new StoreWeather(parts.links, parts.random.fork('weather'));
    this.watches = new Watches(this.weather);
    this.leases = new Leases({
      scheduler: parts.scheduler,
      random: parts.random.fork('leases'),
      process: this.#process,
      onExpire: (session) => this.#endSession(session),
    });
  }

  /** What an agent gets. Its session's id is kept on the disk of its host. */
  connect(client: StoreClient): StoreSession {
    return new StoreSession(this, client);
  }

  /** Calls `hook` after each change. */
  onWrite(hook: (write: StoreWrite) => void): void {
    this.#hooks.push(hook);
  }

  // For operators and checkers, who are at the store itself.

  get up(): boolean {
    return this.outage === 'no';
  }

  get(name: DocumentName): Document | undefined {
    return this.#entries.get(name)?.document;
  }

  /** Writes a document, or removes it: `value` undefined. */
  put(name: DocumentName, value: string | undefined, guard: Guard = 'any'): 'done' | 'conflict' {
    if (!this.holds(name, guard)) return 'conflict';
    this.commit('operator', [{ name, value }]);
    return 'done';
  }

  snapshot(): StoreSnapshot {
    this.#snapshot ??= {
      documents: [...this.#entries.values()]
        .map(({ document }) => document)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      revision: this.#revision,
      leaderSession: this.#entries.get('leader')?.session,
    };
    return this.#snapshot;
  }

  /** True time until when the lock is held in the store; undefined: by nobody. */
  lockEnd(): number | undefined {
    const session = this.#entries.get('leader')?.session;
    return session === undefined ? undefined : this.leases.endOf(session);
  }

  // For sessions: what a request does when it has arrived.

  holds(name: DocumentName, guard: Guard): boolean {
    if (guard === 'any') return true;
    const version = this.get(name)?.version;
    return guard === 'absent' ? version === undefined : version === guard.version;
  }

  /** Version of the leader document if it is bound to this session. */
  lockOf(session: string | undefined): string | undefined {
    const leader = this.#entries.get('leader');
    if (session === undefined || leader?.session !== session) return undefined;
    return leader.document.version;
  }

  /** Does all changes at once, in one revision; what is not there need not be removed. */
  commit(by: string, changes: readonly Change[]): void {
    const real = changes.filter(({ name, value }) => value !== undefined || this.get(name));
    if (real.length === 0) return;
    const isNews = real.some((change) => this.#isNews(change));
    this.#revision += 1;
    this.#snapshot = undefined;
    const writes = real.map(({ name, value }): StoreWrite => {
      return { name, value, by, boundTo: this.#entries.get(name)?.session };
    });
    for (const change of real) this.#apply(change);
    for (const write of writes) this.#tell(write);
    if (isNews) this.watches.news(this.#revision);
  }

  /** What agents watch, and members that come or go. */
  #isNews({ name, value }: Change): boolean {
    if (!name.startsWith('members/')) return WATCHED.has(name);
    return (value === undefined) !== (this.get(name) === undefined);
  }

  newSession(host: string): string {
    this.#sessions += 1;
    return `${host}#${this.#sessions}`;
  }

  seen(): Seen {
    return { life: this.watches.life, revision: this.#revision };
  }

  // What may befall it.

  /** Nobody gets an answer until it is up again. No session ends meanwhile. */
  down(): Undo {
    if (this.outage !== 'no') return () => {};
    this.outage = this.#random.chance(0.5) ? 'refusing' : 'silent';
    this.#process.freeze();
    if (this.outage === 'refusing') this.watches.break();
    return () => {
      if (this.outage === 'no') return;
      this.outage = 'no';
      this.leases.extendAll();
      this.#process.thaw();
      this.watches.break();
    };
  }

  /** Watches break; sessions go on, with a full TTL. */
  restart(): void {
    this.leases.extendAll();
    this.watches.break();
  }

  wipe(): void {
    this.#become({ entries: new Map(), leases: [], revision: 1 });
  }

  backup(): void {
    const entries = new Map(this.#entries);
    this.#backup = { entries, leases: this.leases.save(), revision: this.#revision };
  }

  /** Back to the last backup; without one nothing happens. */
  restore(): void {
    if (this.#backup !== undefined) this.#become(this.#backup);
  }

  /** Watches are cancelled, which their owners take for a change. */
  compact(): void {
    this.watches.cancel();
  }

  /** Plain reads of this host come from a follower that learns nothing new from now on. */
  staleReads(host: string): Undo {
    const undo = this.weather.add(host, { kind: 'stale', snapshot: this.snapshot() });
    return () => {
      undo();
      this.watches.catchUp(host);
    };
  }

  #become(backup: Backup): void {
    const before = this.#entries;
    this.#entries = new Map(backup.entries);
    this.#revision = backup.revision;
    this.#snapshot = undefined;
    this.leases.restore(backup.leases);
    for (const name of new Set([...before.keys(), ...this.#entries.keys()])) {
      const document = this.get(name);
      if (document !== before.get(name)?.document) {
        this.#tell({ name, value: document?.value, by: STORE });
      }
    }
    this.watches.newLife();
  }

  #apply({ name, value, session }: Change): void {
    if (value === undefined) {
      this.#entries.delete(name);
      return;
    }
    const version = String(this.#revision);
    this.#entries.set(name, { document: { name, value, version }, session });
  }

  #endSession(session: string): void {
    const bound = [...this.#entries.values()].filter((entry) => entry.session === session);
    this.commit(
      STORE,
      bound.map(({ document }) => ({ name: document.name, value: undefined })),
    );
  }

  #tell(write: StoreWrite): void {
    for (const hook of this.#hooks) hook(write);
  }
}
