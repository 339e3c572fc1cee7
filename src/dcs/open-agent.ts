import type { StoreSettings } from '../config/settings.ts';
import { DcsError } from '../model/errors.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import type {
  AcquireRequest,
  AgentCall,
  AgentDcs,
  RenewRequest,
  SessionMemory,
  Snapshot,
  WriteRequest,
} from './agent-dcs.ts';
import { Connection, type Opened } from './connection.ts';
import type { Document } from './dcs.ts';
import { Etcd2Session } from './etcd2/session.ts';
import { Etcd3Session } from './etcd3/session/session.ts';
import { rememberingLookup } from './lookup.ts';
import { checkScope } from './scope.ts';
import { etcdSettings } from './servers.ts';
import type { ReadFile } from './tls.ts';

/** For calls that have no deadline of their own. */
const CALL_TIMEOUT_MS = 10_000;

/** What an agent's store needs of its settings. */
export interface AgentStoreSettings {
  readonly store: StoreSettings;
  readonly namespace: string;
  readonly scope: string;
  /** Name of the member. */
  readonly name: string;
}

export interface AgentStoreOptions {
  readonly memory: SessionMemory;
  /** How long a call may take, in milliseconds; asked each time. */
  readonly timeoutMs: (call: AgentCall) => number;
  /** Milliseconds between two ticks; asked each time. */
  readonly loopWaitMs: () => number;
  /** Gets one sentence, once, about an endpoint that does not answer while others do. */
  readonly warn: (text: string) => void;
  readonly readFile: ReadFile;
  readonly clock?: Clock;
  /** Told of each request that is sent: its path, or `grpc`. */
  readonly onRequest?: (what: string) => void;
}

/** An agent's store, whose connections may change while it runs. */
export interface AgentStore extends AgentDcs {
  /** What a quorum of the store has now, for others than the agent: a watch tells of it still. */
  peek(): Promise<readonly Document[]>;
  /**
   * Reads the certificates again, and takes these settings of the store where they are given. The
   * session goes on, on new connections. Rejects with a `Refusal`, and leaves all as it was, when
   * they are of no use.
   */
  reload(store?: StoreSettings): Promise<void>;
}

/**
 * Opens the store that the configuration names. Nothing is asked yet, so that an agent starts while
 * etcd is down: its calls are `DcsError`s then. Rejects with a `Refusal` when the configuration
 * names no store, or one that is of no use.
 */
export async function openAgentDcs(
  settings: AgentStoreSettings,
  options: AgentStoreOptions,
): Promise<AgentStore> {
  checkScope(settings.scope);
  const { warn, readFile, onRequest, clock = systemClock } = options;
  const http = { keepForWrites: true, lookup: rememberingLookup(), onRequest };
  const connection = await Connection.to(etcdSettings(settings.store, []), {
    clock,
    callTimeoutMs: CALL_TIMEOUT_MS,
    warn,
    readFile,
    http,
  });
  return new EtcdAgentStore(settings, { ...options, clock }, connection);
}

/** A session on one API of etcd. */
interface Session extends AgentDcs {
  peek(): Promise<readonly Document[]>;
  relink(): void;
}

class EtcdAgentStore implements AgentStore {
  readonly #settings: AgentStoreSettings;
  readonly #options: AgentStoreOptions & { readonly clock: Clock };
  readonly #connection: Connection;
  #session: { readonly api: Opened['api']; readonly session: Session } | undefined;

  constructor(
    settings: AgentStoreSettings,
    options: AgentStoreOptions & { readonly clock: Clock },
    connection: Connection,
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#connection = connection;
  }

  async read(): Promise<Snapshot> {
    return (await this.#current()).read();
  }

  async peek(): Promise<readonly Document[]> {
    return (await this.#current()).peek();
  }

  async acquire(request: AcquireRequest): Promise<'held' | 'lost'> {
    return (await this.#current()).acquire(request);
  }

  async renew(request: RenewRequest): Promise<'held' | 'lost'> {
    return (await this.#current()).renew(request);
  }

  async release(status: string | undefined): Promise<void> {
    return (await this.#current()).release(status);
  }

  async publish(value: string, ttl: number): Promise<void> {
    return (await this.#current()).publish(value, ttl);
  }

  async write(request: WriteRequest): Promise<'done' | 'conflict'> {
    return (await this.#current()).write(request);
  }

  async watch(signal: AbortSignal): Promise<void> {
    return (await this.#current()).watch(signal);
  }

  async close(): Promise<void> {
    await this.#session?.session.close();
    await this.#connection.close();
  }

  async reload(store?: StoreSettings): Promise<void> {
    await this.#connection.reopen(store && etcdSettings(store, []));
    this.#session?.session.relink();
  }

  /** Which API it is is known only when etcd was asked; after a reload it may be another one. */
  async #current(): Promise<Session> {
    const { api } = await this.#connection.open();
    if (this.#session?.api !== api) this.#session = { api, session: this.#sessionOn(api) };
    return this.#session.session;
  }

  #sessionOn(api: Opened['api']): Session {
    const options = { ...this.#settings, ...this.#options };
    const wrong = (): DcsError => new DcsError('etcd speaks another API than it did');
    if (api === 'v2') {
      const link = async () => {
        const opened = await this.#connection.open();
        if (opened.api !== 'v2') throw wrong();
        return opened.link;
      };
      return new Etcd2Session({ ...options, link });
    }
    const link = async () => {
      const opened = await this.#connection.open();
      if (opened.api !== 'v3') throw wrong();
      return opened.link;
    };
    return new Etcd3Session({ ...options, link });
  }
}
