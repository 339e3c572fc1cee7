import type { Member, ScheduledRestart, Tags, ValueChange } from './member.ts';

/** What a member says of itself over its REST API (`GET /patroni`), at one moment. */
export interface NodeStatus {
  readonly name?: string;
  /** `running`, `stopped`, `starting`, `creating replica`, …; empty when absent. */
  readonly state: string;
  /** `primary` (old: `master`), `standby_leader`, `replica`, …; empty when absent. */
  readonly role: string;
  readonly timeline?: number;
  /** A primary's WAL position, in bytes. */
  readonly location?: number;
  /** A replica's WAL positions, in bytes. */
  readonly receivedLsn?: number;
  readonly replayedLsn?: number;
  /** Commit time of the last transaction that was replayed: PostgreSQL's own text. */
  readonly replayedAt?: string;
  /** `pg_wal_replay_pause()` was called. */
  readonly replayPaused: boolean;
  /** `streaming` or `in archive recovery`. */
  readonly replicationState?: string;
  readonly syncStandby: boolean;
  readonly quorumStandby: boolean;
  readonly pause: boolean;
  /** The member knows of no leader. */
  readonly clusterUnlocked: boolean;
  readonly tags: Tags;
  readonly watchdogFailed: boolean;
  readonly pendingRestart: boolean;
  readonly pendingRestartReason: Readonly<Record<string, ValueChange>>;
  readonly scheduledRestart?: ScheduledRestart;
  /** Failsafe mode: it leads on the members' word, or has given a leader its own. */
  readonly failsafeActive?: boolean;
  /** When the DCS last answered it, in seconds since 1970; 0: never yet. */
  readonly dcsLastSeen?: number;
  /** PostgreSQL's own text: changes whenever PostgreSQL is started again. */
  readonly postmasterStartTime?: string;
  /** As in `server_version_num`, e.g. 150020. */
  readonly serverVersion?: number;
  /** Version and cluster of the agent. */
  readonly version?: string;
  readonly scope?: string;
  readonly systemId?: string;
  /** Who replicates from this member. */
  readonly replication: readonly ReplicationLink[];
  /** Records that wait to be written to the log, when that is many; and how many did not fit. */
  readonly logQueue?: { readonly size: number; readonly lost: number };
}

/** One line of a server's `pg_stat_replication`. */
export interface ReplicationLink {
  readonly applicationName: string;
  readonly state: string;
  readonly syncState: string;
  readonly user?: string;
  /** Null over a Unix socket. */
  readonly clientAddress?: string | null;
  readonly syncPriority?: number;
}

/** A member's answer to `GET /patroni`, or in one sentence why there is none. */
export type MemberReport =
  | { readonly ok: true; readonly status: NodeStatus }
  | { readonly ok: false; readonly failure: string };

/** True for the two words that Patroni has had for a server that accepts writes. */
export function isPrimaryRole(role: string): boolean {
  return role === 'primary' || role === 'master';
}

/** The WAL that a replica has, received or replayed, in bytes; undefined when it did not say. */
export function walPosition(status: NodeStatus): number | undefined {
  const { receivedLsn, replayedLsn } = status;
  if (receivedLsn === undefined) return replayedLsn;
  return replayedLsn === undefined ? receivedLsn : Math.max(receivedLsn, replayedLsn);
}

/**
 * A member as it says it is now, where its document in the DCS is older: by up to one `loop_wait`,
 * and just after a change that is when people look.
 */
export function asItSays(member: Member, status: NodeStatus): Member {
  const { timeline: _, receiveLsn: __, replayLsn: ___, replicationState: ____, ...rest } = member;
  const position = status.location ?? walPosition(status) ?? member.xlogLocation;
  return {
    ...rest,
    state: status.state,
    role: status.role,
    ...(position === undefined ? {} : { xlogLocation: position }),
    ...(status.timeline === undefined ? {} : { timeline: status.timeline }),
    ...(status.receivedLsn === undefined ? {} : { receiveLsn: status.receivedLsn }),
    ...(status.replayedLsn === undefined ? {} : { replayLsn: status.replayedLsn }),
    ...(status.replicationState === undefined ? {} : { replicationState: status.replicationState }),
  };
}
