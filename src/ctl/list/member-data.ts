import type { ClusterView } from '../../model/cluster.ts';
import { formatLsn } from '../../model/lsn.ts';
import { compareText } from '../../model/python.ts';
import type { LagSeconds } from './lag-time.ts';
import { type MemberRow, memberRows, type Position, positionsOf } from './members.ts';
import { type TreeRow, topologyRows } from './topology.ts';

/** How to describe clusters for programs. */
export interface DataOptions {
  /** Members in the order of replication, instead of by name. */
  readonly topology: boolean;
  readonly lagSeconds: LagSeconds | undefined;
}

/** A cluster for programs (`schemas/list.schema.json`): one record for each Citus group of it. */
export function clusterData(view: ClusterView, options: DataOptions) {
  return [view, ...view.workers.values()].map((one) => groupData(one, options));
}

function groupData(view: ClusterView, options: DataOptions) {
  const settings = view.config?.settings;
  const { initialize } = view;
  const rows = memberRows(view);
  const tree = topologyRows(rows);
  const ordered = options.topology ? tree : [...tree].sort(byName);
  // A lag against a leader's position that nobody wrote down would be a guess.
  const lagKnown = view.status.lastLsn > 0;
  return {
    cluster: view.scope,
    group: view.group ?? null,
    initialization:
      initialize === undefined ? 'uninitialized' : initialize ? 'initialized' : 'initializing',
    systemIdentifier: initialize || null,
    leader: view.leader ?? null,
    pause: settings?.pause ?? false,
    synchronousMode: settings?.synchronousMode ?? 'off',
    standbyCluster: settings?.standbyCluster ?? false,
    failsafeMode: settings?.failsafeMode ?? false,
    scheduledSwitchover: scheduledSwitchover(view),
    members: ordered.map(({ row, level, source }) => ({
      ...memberData(row, lagKnown),
      lagSeconds: options.lagSeconds?.(view, row.member) ?? null,
      replicatesFrom: source,
      level,
    })),
  };
}

function byName(one: TreeRow, other: TreeRow): number {
  return compareText(one.row.member, other.row.member);
}

function scheduledSwitchover({ failover }: ClusterView) {
  if (failover?.scheduledAt === undefined) return null;
  return {
    at: utc(failover.scheduledAt),
    from: failover.leader ?? null,
    to: failover.candidate ?? null,
  };
}

function memberData(row: MemberRow, lagKnown: boolean) {
  const { receive, replay } = positionsOf(row);
  const lag = (position: Position | null) => (lagKnown ? (position?.lag ?? null) : null);
  return {
    member: row.member,
    role: row.role,
    state: row.state,
    host: row.host,
    port: row.port,
    apiUrl: row.apiUrl,
    timeline: row.timeline,
    receiveLsn: receive?.lsn ?? null,
    receiveLsnText: lsnText(receive),
    receiveLag: lag(receive),
    replayLsn: replay?.lsn ?? null,
    replayLsnText: lsnText(replay),
    replayLag: lag(replay),
    pendingRestart: row.pendingRestart,
    pendingRestartReason: Object.entries(row.pendingRestartReason).map(([parameter, change]) => ({
      parameter,
      ...change,
    })),
    scheduledRestart: row.scheduledRestart && {
      at: utc(row.scheduledRestart.schedule),
      ifVersionBelow: row.scheduledRestart.postgresVersion ?? null,
    },
    tags: row.tags,
  };
}

function lsnText(position: Position | null): string | null {
  return position?.lsn == null ? null : formatLsn(position.lsn);
}

/** UTC, ISO 8601; text that is no time stays as it is. */
function utc(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
