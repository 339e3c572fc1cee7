import type { Snapshot } from '../dcs/agent-dcs.ts';
import type { DcsSight, Timestamp } from '../ha/facts.ts';
import type { Memory } from '../ha/memory.ts';
import type { ClusterView } from '../model/cluster.ts';
import { DcsError } from '../model/errors.ts';
import type { PostgresView } from '../model/postgres.ts';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts';
import { snapshotReader } from '../wire/snapshot-reader.ts';
import type { AgentPorts, KnownCluster } from './ports.ts';

type ObserverPorts = Pick<AgentPorts, 'dcs' | 'server' | 'scope' | 'recollection' | 'clock'>;

type Documents = Snapshot['documents'];

/** What one look around has shown. */
export interface Sight {
  readonly postgres: PostgresView;
  /** Undefined: the store did not answer. */
  readonly dcs: DcsSight | undefined;
}

/** Looks at the store and at PostgreSQL, and keeps what was seen last. */
export class Observer {
  readonly #ports: ObserverPorts;
  readonly #read: (documents: Documents) => ClusterView;
  #documents: Documents = [];
  #view: ClusterView | undefined;
  #postgres: PostgresView | undefined;
  #settings: Settings = DEFAULT_SETTINGS;
  #dcsSeenAt: Timestamp | undefined;

  #snapshot: KnownCluster | undefined;
  /** What the last agent here knew, or this one has kept since. */
  #known: KnownCluster | undefined;

  constructor(ports: ObserverPorts) {
    this.#ports = ports;
    this.#read = snapshotReader(ports.scope);
    this.#known = ports.recollection.load();
    if (this.#known) this.#understand(this.#known.documents);
  }

  /** What was known before anything was seen: of a cluster that somebody led. */
  recollected(): Partial<Memory> {
    const view = this.#view;
    if (!this.#known || !view) return {};
    const { initialize: systemId } = view;
    const { revision, identity: storeIdentity } = this.#known;
    return { healthyView: view, revision, storeIdentity, systemId };
  }

  /** Of the newest view that had a configuration: a store that lost it changes nothing. */
  get settings(): Settings {
    return this.#settings;
  }

  /** The last view of the store, however old. */
  get view(): ClusterView | undefined {
    return this.#view;
  }

  /** The last look at PostgreSQL, however old. */
  get postgres(): PostgresView | undefined {
    return this.#postgres;
  }

  /** When the store last answered; undefined: never yet. */
  get dcsSeenAt(): Timestamp | undefined {
    return this.#dcsSeenAt;
  }

  /** One look at both, at the same time. Rejects only for a mistake of ours. */
  async look(): Promise<Sight> {
    const [dcs, postgres] = await Promise.all([this.#readStore(), this.lookAtPostgres()]);
    return { dcs, postgres };
  }

  async lookAtPostgres(): Promise<PostgresView> {
    this.#postgres = await this.#ports.server.observe();
    return this.#postgres;
  }

  async #readStore(): Promise<DcsSight | undefined> {
    try {
      const { documents, ownsLock, ...store } = await this.#ports.dcs.read();
      this.#dcsSeenAt = this.#ports.clock.wall();
      const view = this.#understand(documents);
      this.#snapshot = { documents, ...store };
      return { view, ownsLock, ...store };
    } catch (error) {
      if (error instanceof DcsError) return undefined;
      throw error;
    }
  }

  /** Keeps what was seen last for a later agent, if somebody led. The caller believes the store. */
  keep(): void {
    const seen = this.#snapshot;
    if (!seen || this.#view?.leader === undefined) return;
    if (this.#known && essence(seen.documents) === essence(this.#known.documents)) return;
    this.#known = seen;
    this.#ports.recollection.keep(seen);
  }

  /** What the last look showed, too, is not parsed again. */
  #understand(documents: Documents): ClusterView {
    if (this.#view === undefined || !sameDocuments(documents, this.#documents)) {
      this.#view = this.#read(documents);
      this.#documents = documents;
      this.#settings = this.#view.config?.settings ?? this.#settings;
    }
    return this.#view;
  }
}

/** What a later agent must know of it; positions and states change all the time. */
function essence(documents: Documents): string {
  return documents
    .filter(({ name }) => !PASSING.has(name))
    .map(({ name, version }) => (name.startsWith('members/') ? name : `${name}=${version}`))
    .join();
}

const PASSING: ReadonlySet<string> = new Set(['status', 'optime/leader', 'failover']);

/** By value too: a store that was restored may give a version a second time. */
function sameDocuments(some: Documents, others: Documents): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  return some.every((one, index) => {
    const other = others[index];
    return (
      one.name === other?.name &&
      one.version === other.version &&
      one.value === other.value &&
      one.group === other.group
    );
  });
}
