import type { ClusterView } from '../../model/cluster.ts';
import type { Member, ScheduledRestart, Tags, ValueChange } from '../../model/member.ts';
import { compareText } from '../../model/python.ts';

/** What a member is to its cluster now, in Patroni's words (`GET /cluster`). */
export type RoleCode = 'leader' | 'standby_leader' | 'sync_standby' | 'quorum_standby' | 'replica';

/** The same words as a table shows them. */
export const ROLE_TITLES: Readonly<Record<RoleCode, string>> = {
  leader: 'Leader',
  standby_leader: 'Standby Leader',
  sync_standby: 'Sync Standby',
  quorum_standby: 'Quorum Standby',
  replica: 'Replica',
};

/** The states in which PostgreSQL does what it is there for. */
export const RUNNING_STATES: ReadonlySet<string> = new Set([
  'running',
  'streaming',
  'in archive recovery',
]);

/** A WAL position and how far it is behind the leader's, in bytes. Null where it is not known. */
export interface Position {
  readonly lsn: number | null;
  readonly lag: number | null;
}

/** One line of `list`, before any formatting. */
export interface MemberRow {
  readonly member: string;
  readonly role: RoleCode;
  /** The state to show: `streaming` or `in archive recovery` where a replica publishes that. */
  readonly state: string;
  /** Null where the member's document names no address. */
  readonly host: string | null;
  readonly port: number | null;
  readonly apiUrl: string | null;
  readonly timeline: number | null;
  /** Null on the leader, which receives and replays nothing. */
  readonly receive: Position | null;
  readonly replay: Position | null;
  /** The one position that members of old versions publish: received or replayed. */
  readonly overall: Position | null;
  readonly pendingRestart: boolean;
  readonly pendingRestartReason: Readonly<Record<string, ValueChange>>;
  readonly scheduledRestart: ScheduledRestart | null;
  readonly tags: Tags;
}

/**
 * The members of a view, sorted by name (by code points, as Python sorts). The lag is counted
 * against the leader's last position in the `status` document, and is never below zero.
 */
export function memberRows(view: ClusterView): MemberRow[] {
  const roleOf = roles(view);
  return [...view.members]
    .sort((one, other) => compareText(one.name, other.name))
    .map((member) => rowOf(member, roleOf(member.name), view));
}

function roles(view: ClusterView): (name: string) => RoleCode {
  const settings = view.config?.settings;
  const standbyCluster = settings?.standbyCluster ?? false;
  const mode = standbyCluster ? 'off' : (settings?.synchronousMode ?? 'off');
  // PostgreSQL compares the names in synchronous_standby_names without regard to case.
  const synchronous = new Set((view.sync?.standbys ?? []).map((name) => name.toLowerCase()));
  return (name) => {
    if (name === view.leader) return standbyCluster ? 'standby_leader' : 'leader';
    if (mode === 'off' || !synchronous.has(name.toLowerCase())) return 'replica';
    return mode === 'quorum' ? 'quorum_standby' : 'sync_standby';
  };
}

function rowOf(member: Member, role: RoleCode, view: ClusterView): MemberRow {
  const replicationState = role === 'leader' ? undefined : member.replicationState;
  const isLeader = member.name === view.leader;
  const position = (lsn: number | undefined): Position | null =>
    isLeader ? null : behind(lsn, view.status.lastLsn);
  return {
    member: member.name,
    role,
    state: replicationState || member.state,
    host: member.host ?? null,
    port: member.port ?? null,
    apiUrl: member.apiUrl ?? null,
    timeline: member.timeline ?? null,
    receive: position(member.receiveLsn),
    replay: position(member.replayLsn),
    overall: position(member.xlogLocation),
    pendingRestart: member.pendingRestart,
    pendingRestartReason: member.pendingRestartReason,
    scheduledRestart: member.scheduledRestart ?? null,
    tags: member.tags,
  };
}

function behind(lsn: number | undefined, leaderLsn: number): Position {
  if (!lsn) return { lsn: null, lag: null };
  return { lsn, lag: Math.max(0, leaderLsn - lsn) };
}

/**
 * Received and replayed positions, where a member of an old version publishes only one: that is
 * what it received while it streams, and what it replayed otherwise.
 */
export function positionsOf(row: MemberRow): { receive: Position | null; replay: Position | null } {
  const { receive, replay, overall } = row;
  const legacy = receive?.lsn === null && replay?.lsn === null && overall?.lsn != null;
  if (!legacy) return { receive, replay };
  return row.state === 'streaming' ? { receive: overall, replay } : { receive, replay: overall };
}
