import type { EtcdSettings } from '../config/settings.ts';
import { DcsError } from '../model/errors.ts';
import { discover } from './discover.ts';
import { Endpoints } from './endpoints.ts';
import type { Etcd2Link } from './etcd2/api.ts';
import type { EtcdLink } from './etcd3/session/asker.ts';
import { hasV2, linkTo, openServers, type ServerOptions, type Servers, userOf } from './servers.ts';
import { asDcsError } from './settle.ts';

/** How often etcd is asked for its servers: as often as Patroni does with a `ttl` of 30 s. */
const DISCOVER_MS = 300_000;
const DISCOVER_AGAIN_MS = 30_000;

/** The way to etcd, by the API that is spoken with it. */
export type Opened =
  | { readonly api: 'v3'; readonly servers: Servers; readonly link: EtcdLink }
  | { readonly api: 'v2'; readonly servers: Servers; readonly link: Etcd2Link };

/**
 * An agent's way to etcd, which may be opened anew while the agent runs. What has to be asked
 * before it is there (the DNS, whether there is a v2 API) is asked when it is needed, and again
 * when it failed: an agent starts while etcd is down.
 */
export class Connection {
  readonly #options: ServerOptions;
  #settings: EtcdSettings;
  #servers: Servers | undefined;
  #opened: Promise<Opened> | undefined;
  #discoverAt = 0;
  #closed = false;

  private constructor(settings: EtcdSettings, options: ServerOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Rejects with a `Refusal` when the settings, or the files that they name, are of no use. */
  static async to(settings: EtcdSettings, options: ServerOptions): Promise<Connection> {
    const connection = new Connection(settings, options);
    await connection.reopen(settings);
    return connection;
  }

  /** Opens it when it is not open; rejects with a `DcsError`. */
  async open(): Promise<Opened> {
    if (this.#closed) throw new DcsError('the connection to etcd was closed');
    this.#opened ??= this.#find().catch((error: unknown) => {
      this.#opened = undefined;
      throw asDcsError(error);
    });
    const opened = await this.#opened;
    this.#discover(opened);
    return opened;
  }

  /** The connections of before are closed; the next call opens new ones, with these settings. */
  async reopen(settings: EtcdSettings = this.#settings): Promise<void> {
    // A server that only the DNS knows may not be found now, and later it may.
    const servers = settings.srv ? undefined : await openServers(settings, this.#options);
    await this.#drop();
    this.#settings = settings;
    this.#servers = servers;
    this.#discoverAt = 0;
  }

  /** For good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      const before = await opened;
      if (before?.api === 'v3') for (const node of before.link.nodes) node.close();
      for (const http of before?.servers.http ?? []) http.close();
    } catch {
      // It could not be opened, and whoever wanted it was told so.
    }
  }

  /** Now and then, while something else is asked. */
  #discover(opened: Opened): void {
    const now = this.#options.clock.monotonic();
    if (opened.api !== 'v3' || this.#settings.useProxies || now < this.#discoverAt) return;
    this.#discoverAt = now + DISCOVER_MS;
    discover(opened, this.#settings, this.#options).catch(() => {
      // Whoever asked for something is told; that there may be other servers is nobody's errand.
      this.#discoverAt = now + DISCOVER_AGAIN_MS;
    });
  }

  async #find(): Promise<Opened> {
    const settings = this.#settings;
    this.#servers ??= await openServers(settings, this.#options);
    const servers = this.#servers;
    if (settings.kind === 'etcd' && (await hasV2(servers, this.#options))) {
      const endpoints = new Endpoints(servers.http, this.#options);
      return {
        api: 'v2',
        servers,
        link: { nodes: servers.http, endpoints, user: userOf(settings) },
      };
    }
    return { api: 'v3', servers, link: linkTo(servers, settings, this.#options) };
  }
}
