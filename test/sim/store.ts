import { WATCHED } from '../../src/dcs/agent-dcs.ts';
import type { Document, Guard } from '../../src/dcs/dcs.ts';
import {
  EMPTY,
  type KeyEvent,
  Keyspace,
  NO_END,
  type SavedKeys,
} from '../../src/embedded/core/keyspace.ts';
import type { SavedLeases } from '../../src/embedded/core/leases.ts';
import type { DocumentName } from '../../src/wire/keys.ts';
import type { Links, Undo } from './links.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { Leases } from './store-leases.ts';
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

interface Backup {
  readonly keys: SavedKeys<Document>;
  readonly leases: SavedLeases;
}

/**
 * The store of the simulated world, with the documents of one cluster: keys, revisions and leases
 * are those of the embedded store. It is linearizable: each change is done at one moment. What the
 * hosts see of it goes over links, which lose and delay.
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
  readonly #keys = new Keyspace<Document>();
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
    return this.#keys.get(name)?.value;
  }

  /** Writes a document, or removes it: `value` undefined. */
  put(name: DocumentName, value: string | undefined, guard: Guard = 'any'): 'done' | 'conflict' {
    if (!this.holds(name, guard)) return 'conflict';
    this.commit('operator', [{ name, value }]);
    return 'done';
  }

  snapshot(): StoreSnapshot {
    this.#snapshot ??= {
      documents: this.#keys.range(ALL).map(({ value }) => value),
      revision: this.#keys.revision,
      leaderSession: this.#keys.get('leader')?.lease,
    };
    return this.#snapshot;
  }

  /** True time until when the lock is held in the store; undefined: by nobody. */
  lockEnd(): number | undefined {
    const session = this.#keys.get('leader')?.lease;
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
    const leader = this.#keys.get('leader');
    if (session === undefined || leader?.lease !== session) return undefined;
    return leader.value.version;
  }

  /** Does all changes at once, in one revision; what is not there need not be removed. */
  commit(by: string, changes: readonly Change[]): void {
    const version = String(this.#keys.revision + 1);
    const events = this.#keys.transaction((apply) => {
      for (const { name, value, session } of changes) {
        const document = value === undefined ? undefined : { name, value, version };
        apply({ key: name, value: document, lease: session });
      }
    });
    if (events.length === 0) return;
    this.#snapshot = undefined;
    for (const event of events) {
      const name = nameOf(event);
      this.#tell({ name, value: event.after?.value.value, by, boundTo: event.before?.lease });
    }
    if (events.some(isNews)) this.watches.news(this.#keys.revision);
  }

  newSession(host: string): string {
    this.#sessions += 1;
    return `${host}#${this.#sessions}`;
  }

  seen(): Seen {
    return { life: this.watches.life, revision: this.#keys.revision };
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
    this.#become({ keys: EMPTY, leases: [] });
  }

  backup(): void {
    this.#backup = { keys: this.#keys.save(), leases: this.leases.save() };
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

  #become({ keys, leases }: Backup): void {
    const before = this.#keys.save().items;
    this.#keys.load(keys);
    this.#snapshot = undefined;
    this.leases.restore(leases);
    for (const key of new Set([...before.keys(), ...keys.items.keys()])) {
      const name = key as DocumentName;
      const document = this.get(name);
      if (document !== before.get(key)?.value) {
        this.#tell({ name, value: document?.value, by: STORE });
      }
    }
    this.watches.newLife();
  }

  #endSession(session: string): void {
    const bound = [...this.#keys.all()].filter(({ lease }) => lease === session);
    this.commit(
      STORE,
      bound.map(({ value }) => ({ name: value.name, value: undefined })),
    );
  }

  #tell(write: StoreWrite): void {
    for (const hook of this.#hooks) hook(write);
  }
}

const ALL = { key: '', end: NO_END };

/** The keys here are names of documents. */
function nameOf({ key }: KeyEvent<Document>): DocumentName {
  return key as DocumentName;
}

/** What agents watch, and members that come or go. */
function isNews(event: KeyEvent<Document>): boolean {
  const name = nameOf(event);
  if (!name.startsWith('members/')) return WATCHED.has(name);
  return (event.after === undefined) !== (event.before === undefined);
}
