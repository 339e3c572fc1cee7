import type { ValueChange } from './member.ts';
import type { ServerAddress } from './source-address.ts';

/** What was seen of this node's PostgreSQL in one look. LSNs are in bytes. */
export interface PostgresView {
  /**
   * `unfinished`: a bootstrap that never became part of a cluster; `half-rewound`: a pg_rewind died
   * in it, and it must not be started (P#3652); `invalid`: not empty, and no cluster either.
   */
  readonly dataDirectory:
    | 'empty'
    | 'initialized'
    | 'unfinished'
    | 'half-rewound'
    | 'invalid'
    | 'inaccessible';
  readonly systemId: string | undefined;
  /** `starting`: the process is there and takes no connections yet. */
  readonly state: 'stopped' | 'starting' | 'running' | 'stopping';
  /** False: the look took too long. Then nothing is known, which is not "down" (P#3663). */
  readonly answering: boolean;
  /** What it is while it runs; what the control file says while it does not. */
  readonly role: 'primary' | 'standby';
  /**
   * As pg_controldata prints it: `in production`, `shut down`, `shut down in recovery`,
   * `in archive recovery`, `in crash recovery`, `shutting down`; empty without a cluster.
   */
  readonly controlState: string;
  readonly timeline: number | undefined;
  /**
   * A primary's flushed WAL; a standby's received or replayed, whichever is more. Of one that is
   * down the end of its last record, where that can be told.
   */
  readonly lsn: number;
  /** A standby's WAL that was flushed, or written to its disk at least; undefined: none yet. */
  readonly receivedLsn: number | undefined;
  readonly replayedLsn: number | undefined;
  readonly replayPaused: boolean;
  /**
   * Replay is paused because a parameter (`max_connections`, …) is lower than on the primary: it
   * goes on after a restart (PostgreSQL 14 and later; the manual, "Hot Standby").
   */
  readonly replayNeedsRestart: boolean;
  /** Commit time of the last transaction that a standby replayed: ISO text of PostgreSQL. */
  readonly replayedAt?: string;
  /**
   * A standby's: how much WAL its source said that it has, in bytes (`latest_end_lsn` of
   * `pg_stat_wal_receiver`); absent: it does not stream.
   */
  readonly latestEndLsn?: number;
  readonly replicationState: 'streaming' | 'in archive recovery' | undefined;
  /** Name of the member that `primary_conninfo` points to; `''`: to none. */
  readonly follows: string;
  /** Where `primary_conninfo` leads to, as `sourceAddress` has it; undefined: nowhere. */
  readonly followsAddress: ServerAddress | undefined;
  /** `primary_slot_name`; `''`: none. */
  readonly followsSlot: string;
  /** True when a base backup's `backup_label` is there: only PostgreSQL itself may recover it. */
  readonly backupLabel: boolean;
  /** Timelines before the own one, oldest first, as in the `.history` file. */
  readonly history: readonly TimelineSwitch[];
  /** Where the last checkpoint begins; of a clean shutdown, where its data end (for `optime`). */
  readonly checkpointLsn: number;
  /** A checkpoint was done since the last promotion: pg_rewind may use this server as source. */
  readonly checkpointedSincePromote: boolean;
  /** PostgreSQL's own text: changes whenever it is started. */
  readonly postmasterStart: string | undefined;
  /** As in `server_version_num`. */
  readonly serverVersion: number;
  readonly pendingRestart: Readonly<Record<string, ValueChange>>;
  /** Who replicates from here (`pg_stat_replication`). */
  readonly standbys: readonly StandbyView[];
  /** `synchronous_standby_names` as it is in effect. */
  readonly syncNames: SyncNames;
  readonly slots: readonly SlotView[];
}

/** After `lsn` the timeline was left for the next one. */
export interface TimelineSwitch {
  readonly timeline: number;
  readonly lsn: number;
  readonly reason: string;
}

export interface StandbyView {
  /** `application_name`: the member's name. */
  readonly name: string;
  readonly state: string;
  readonly syncState: 'async' | 'potential' | 'sync' | 'quorum';
  readonly flushLsn: number;
  readonly replayLsn: number;
  /** Who it logged in as, and from where: null over a Unix socket. */
  readonly user?: string;
  readonly clientAddress?: string | null;
  readonly syncPriority?: number;
}

/** `synchronous_standby_names`, understood. `text` is what pgherd did not write. */
export type SyncNames =
  | { readonly kind: 'off' }
  /** `n (a,b)`: the first n that are connected, in this order. */
  | { readonly kind: 'first'; readonly count: number; readonly names: readonly string[] }
  /** `ANY n (a,b)`. */
  | { readonly kind: 'any'; readonly count: number; readonly names: readonly string[] }
  | { readonly kind: 'text'; readonly text: string };

export interface SlotView {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly active: boolean;
  readonly database: string | undefined;
  readonly plugin: string | undefined;
  /** Undefined: the slot reserves no WAL. */
  readonly restartLsn: number | undefined;
  readonly confirmedFlushLsn: number | undefined;
  /** True when the slot holds back vacuum (`xmin` or `catalog_xmin` of a physical slot). */
  readonly holdsXmin: boolean;
}

/** A server that WAL or a base backup can be had from. */
export interface Source {
  /** Name of the member; `''` for the primary of another cluster. */
  readonly name: string;
  readonly connUrl: string;
  /** The slot to use there; absent: none. */
  readonly slot?: string;
}

/** What a look at a source over the replication protocol said. */
export type SourceReport =
  | {
      readonly ok: true;
      readonly systemId: string;
      readonly timeline: number;
      readonly lsn: number;
      readonly inRecovery: boolean;
      readonly checkpointedSincePromote: boolean;
      /** Timelines before its own one, oldest first. */
      readonly history: readonly TimelineSwitch[];
    }
  | { readonly ok: false; readonly failure: string };
