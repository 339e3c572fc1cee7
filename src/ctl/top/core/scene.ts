import type { ClusterView } from '../../../model/cluster.ts';
import { replayLagSeconds } from '../../../model/lag.ts';
import { asItSays, type MemberReport, walPosition } from '../../../model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import { type MemberRow, memberRows, positionsOf, type RoleCode } from '../../list/members.ts';

/** What a member said when it was asked last, and when, in ms since 1970. */
export interface Heard {
  readonly report: MemberReport;
  readonly atMs: number;
}

/** The answers of the members, by `memberKey`. */
export type HeardOf = ReadonlyMap<string, Heard>;

/** A member as the screen shows it. Lags are null where nobody knows them, and on a leader. */
export interface SceneMember {
  readonly key: string;
  readonly name: string;
  readonly role: RoleCode;
  readonly leads: boolean;
  readonly state: string;
  readonly host: string | null;
  readonly timeline: number | null;
  /** Bytes. */
  readonly receiveLag: number | null;
  readonly replayLag: number | null;
  readonly lagSeconds: number | null;
  /** Too far behind to take over, and not back within half of the limit since. */
  readonly lagging: boolean;
  /** What is shown of it is its own word, or what the store has of it. */
  readonly source: 'member' | 'store';
  /** Why its REST API did not answer; undefined when it did, or has not been asked yet. */
  readonly silence: string | undefined;
  readonly pendingRestart: boolean;
}

/** A cluster, or one group of a Citus cluster. */
export interface SceneGroup {
  readonly group: number | undefined;
  readonly leader: string | undefined;
  readonly timeline: number | null;
  readonly paused: boolean;
  readonly synchronousMode: 'off' | 'on' | 'quorum';
  /** When a switchover is to happen, as the store has it. */
  readonly scheduledAt: string | undefined;
  /** `maximum_lag_on_failover`, in bytes. */
  readonly lagLimit: number;
  readonly members: readonly SceneMember[];
}

/** What is shown of a cluster at one moment. */
export interface Scene {
  readonly scope: string;
  readonly initialize: string | undefined;
  readonly groups: readonly SceneGroup[];
}

/** Tells members apart, also those that have one name in two Citus groups. */
export function memberKey(group: number | undefined, name: string): string {
  return `${group ?? ''}/${name}`;
}

/** The cluster and, where the whole of a Citus cluster was read, its other groups. */
export function groupViews(view: ClusterView): ClusterView[] {
  return [view, ...view.workers.values()].sort((one, other) => groupOf(one) - groupOf(other));
}

function groupOf({ group }: ClusterView): number {
  return group ?? 0;
}

/**
 * The cluster as the store and its members have it. A member that answers is shown as it says it
 * is, its lag against the position that the leader says; one that is silent as the store has it,
 * its lag against the position there, which is as old. `before` is the scene that was shown.
 */
export function sceneOf(view: ClusterView, heard: HeardOf, before?: Scene): Scene {
  const { scope, initialize } = view;
  const lagged = new Set(
    (before?.groups ?? []).flatMap(({ members }) =>
      members.filter(({ lagging }) => lagging).map(({ key }) => key),
    ),
  );
  return {
    scope,
    initialize,
    groups: groupViews(view).map((one) => sceneGroup(one, heard, lagged)),
  };
}

function sceneGroup(view: ClusterView, heard: HeardOf, lagged: ReadonlySet<string>): SceneGroup {
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  const lagLimit = settings.maximumLagOnFailover;
  const leaderLsn = positionOfLeader(view, heard);
  const live: ClusterView = {
    ...view,
    status: { ...view.status, lastLsn: leaderLsn },
    members: view.members.map((member) => {
      const report = heard.get(memberKey(view.group, member.name))?.report;
      return report?.ok ? asItSays(member, report.status) : member;
    }),
  };
  const written = memberRows(view);
  const members = memberRows(live).map((row, index): SceneMember => {
    const key = memberKey(view.group, row.member);
    const said = heard.get(key);
    const answers = said?.report.ok ?? false;
    const lags = answers ? lagsOf(row, leaderLsn) : lagsOf(written[index], view.status.lastLsn);
    const behind = lags.receiveLag ?? lags.replayLag ?? 0;
    return {
      ...shownOf(row, key),
      ...lags,
      lagSeconds: secondsOf(row, said, leaderLsn),
      lagging: lagLimit > 0 && behind > (lagged.has(key) ? lagLimit / 2 : lagLimit),
      source: answers ? 'member' : 'store',
      silence: said?.report.ok === false ? said.report.failure : undefined,
    };
  });
  return {
    group: view.group,
    leader: view.leader,
    timeline: members.find(({ leads }) => leads)?.timeline ?? null,
    paused: settings.pause,
    synchronousMode: settings.standbyCluster ? 'off' : settings.synchronousMode,
    scheduledAt: view.failover?.scheduledAt,
    lagLimit,
    members,
  };
}

function shownOf(row: MemberRow, key: string) {
  const { member, role, state, host, port, timeline, pendingRestart } = row;
  const address = host === null ? null : port === null ? host : `${host}:${port}`;
  const leads = role === 'leader' || role === 'standby_leader';
  return { key, name: member, role, leads, state, host: address, timeline, pendingRestart };
}

/** The newest position of the leader that is known, in bytes; 0: none is. */
function positionOfLeader(view: ClusterView, heard: HeardOf): number {
  const { leader, status } = view;
  const report =
    leader === undefined ? undefined : heard.get(memberKey(view.group, leader))?.report;
  if (!report?.ok) return status.lastLsn;
  const said = report.status.location ?? walPosition(report.status) ?? 0;
  return Math.max(said, status.lastLsn);
}

/** A lag against a position that nobody knows would be a guess. */
function lagsOf(row: MemberRow | undefined, leaderLsn: number) {
  if (!row || leaderLsn <= 0) return { receiveLag: null, replayLag: null };
  const { receive, replay } = positionsOf(row);
  const received = receive?.lag ?? null;
  return { receiveLag: received, replayLag: replay?.lag ?? received };
}

function secondsOf(row: MemberRow, said: Heard | undefined, leaderLsn: number): number | null {
  if (row.replay === null || !said?.report.ok) return null;
  return replayLagSeconds(said.report.status, leaderLsn, said.atMs) ?? null;
}
