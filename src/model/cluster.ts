import type { Member } from './member.ts';
import type { Settings } from './settings.ts';

/** Everything that the DCS says about one cluster, read at one moment. */
export interface ClusterView {
  readonly scope: string;
  /** Citus group, when the view is of one group. */
  readonly group?: number;
  /** System identifier; `''` while a bootstrap runs; absent before. */
  readonly initialize?: string;
  readonly config?: ClusterConfig;
  /** Name of the member that holds the leader lock; absent when nobody does. */
  readonly leader?: string;
  readonly status: Status;
  /** In the order of the store (by key). */
  readonly members: readonly Member[];
  readonly failover?: Failover;
  readonly sync?: Sync;
  /** Version of the sync document, which may be there and name nobody. */
  readonly syncVersion?: string;
  readonly history?: readonly HistoryLine[];
  readonly failsafe?: Readonly<Record<string, string>>;
  /** Citus: the other groups, when the whole cluster was read. */
  readonly workers: ReadonlyMap<number, ClusterView>;
  /** One sentence for each document that could not be understood and was taken as absent. */
  readonly warnings: readonly string[];
}

/** The dynamic configuration: what is written, and what it means. */
export interface ClusterConfig {
  /** The document, parsed; unknown keys are kept. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Version of the document, for compare-and-set. */
  readonly version: string;
  readonly settings: Settings;
}

/** WAL position of the leader, in bytes, and of the slots it takes care of. */
export interface Status {
  readonly lastLsn: number;
  readonly slots: Readonly<Record<string, number>>;
  readonly retainSlots: readonly string[];
}

/** A switchover or failover that was asked for and is not done yet. */
export interface Failover {
  readonly leader?: string;
  readonly candidate?: string;
  /** ISO 8601 with offset, as Python's `isoformat()` prints it. */
  readonly scheduledAt?: string;
  readonly version: string;
}

/** Who is synchronous: the leader for which this holds, and its standbys. */
export interface Sync {
  readonly leader: string;
  readonly standbys: readonly string[];
  readonly quorum: number;
  readonly version: string;
}

/** `[timeline, lsn, reason, timestamp, new leader]`: older lines lack the last one or two. */
export type HistoryLine = readonly unknown[];

/** The member that holds the leader lock, where its own document is there too. */
export function leaderMember(view: ClusterView): Member | undefined {
  return view.members.find((member) => member.name === view.leader);
}

/** True for a synchronous or quorum standby. Case does not matter, as in PostgreSQL. */
export function isSyncStandby(sync: Sync | undefined, name: string): boolean {
  const wanted = name.toLowerCase();
  return sync?.standbys.some((standby) => standby.toLowerCase() === wanted) ?? false;
}

/** True when the DCS holds nothing at all about this cluster. */
export function isEmptyCluster(view: ClusterView): boolean {
  return (
    view.initialize === undefined &&
    view.config === undefined &&
    view.leader === undefined &&
    view.members.length === 0 &&
    view.failover === undefined &&
    view.sync === undefined &&
    view.history === undefined &&
    view.workers.size === 0
  );
}
