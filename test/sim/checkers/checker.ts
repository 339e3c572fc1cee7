import type { TickRecord } from '../../../src/agent/ports.ts';
import type { ClusterView, Sync } from '../../../src/model/cluster.ts';
import type { Tags } from '../../../src/model/member.ts';
import type { Node } from '../../../src/model/node.ts';
import type { SyncNames } from '../../../src/model/postgres.ts';
import type { Settings } from '../../../src/model/settings.ts';
import type { Deed } from '../deeds.ts';

/**
 * Watches the world for one kind of wrong. Every hook returns what is wrong, in one sentence, or
 * undefined. A checker is made anew for each run and may remember what it saw.
 */
export interface Checker {
  readonly name: string;
  /** After every event, when everything has settled. */
  readonly afterEvent?: () => string | undefined;
  /** A server begins to accept writes. */
  readonly rise?: (host: HostSight) => string | undefined;
  readonly written?: (write: Written) => string | undefined;
  readonly acked?: (ack: Acked) => string | undefined;
  readonly ticked?: (host: HostSight, tick: TickRecord) => string | undefined;
  readonly done?: (deed: Deed) => string | undefined;
  /** The faults are over, and the time in which the cluster must be well again has passed. */
  readonly recovered?: () => string | undefined;
  /** A quiet phase has passed since then. */
  readonly atEnd?: () => string | undefined;
}

/** What a checker may see: the truth, and not what the agents believe. */
export interface Sight {
  /** True milliseconds since the start. */
  readonly now: number;
  readonly fence: Node['fence'];
  readonly hosts: readonly HostSight[];
  /** What is in the store now. */
  view(): ClusterView;
  /** `/sync` now; cheaper than a view. */
  sync(): Sync | undefined;
  /** What `/config` means now; Patroni's defaults where there is none. */
  settings(): Settings;
}

/** A host and its server. Times are true milliseconds. */
export interface HostSight {
  readonly name: string;
  readonly tags: Tags;
  /** Since when its agent has been able to act; undefined: it is dead or stands still. */
  agentSince(): number | undefined;
  guardSince(): number | undefined;
  /** That its agent goes by, if it lives, frozen or not. */
  session(): string | undefined;
  /** At its last tick the agent went by a configuration that says pause. */
  believesInPause(): boolean;
  /** What the server itself would say to a client. */
  acceptsWrites(): boolean;
  /** True when every commit that counts is in its data directory. */
  has(commit: number): boolean;
  position(): Position;
  /** True when all that it has is on the branch of the other server. */
  isBehind(other: HostSight): boolean;
  /** In effect now. */
  syncNames(): SyncNames;
  /** What became of its data directories against everybody's wish. */
  dataLosses(): readonly string[];
  /** Long operations that were begun since the start, by their kind. */
  operations(): Readonly<Record<string, number>>;
}

export interface Position {
  readonly running: boolean;
  /** It has begun to start, and takes no connections before it gets more WAL. */
  readonly waitsForWal: boolean;
  readonly inRecovery: boolean;
  readonly streaming: boolean;
  readonly timeline: number | undefined;
  readonly lsn: number;
  readonly systemId: string | undefined;
}

/** A change in the store. `value` undefined: the document was removed. */
export interface Written {
  readonly name: string;
  readonly value: string | undefined;
  /** A host; `operator`; `store` for what happened to the store itself; `release of HOST`. */
  readonly by: string;
  /** The session that the document was bound to before. */
  readonly boundTo?: string | undefined;
}

/** A commit that a client was told of. */
export interface Acked {
  readonly commit: number;
  readonly host: HostSight;
}
