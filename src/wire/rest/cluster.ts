import { type ClusterView, isSyncStandby } from '../../model/cluster.ts';
import { formatLsn } from '../../model/lsn.ts';
import type { Member, ValueChange } from '../../model/member.ts';
import { compareText, dumpJson } from '../../model/python.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { formatSchedule } from '../member.ts';

/** The body of `GET /cluster`, as Patroni 4.1 has it (`cluster_as_json` of utils.py). */
export function formatCluster(view: ClusterView): string {
  const { failover, scope } = view;
  const { pause } = view.config?.settings ?? DEFAULT_SETTINGS;
  const members = [...view.members].sort((one, other) => compareText(one.name, other.name));
  const body = {
    members: members.map((member) => formatRow(view, member)),
    pause: pause || undefined,
    scheduled_switchover: failover?.scheduledAt && {
      at: failover.scheduledAt,
      from: failover.leader,
      to: failover.candidate,
    },
    scope,
  };
  return dumpJson(body, { item: ', ', key: ': ' });
}

function formatRow(view: ClusterView, member: Member): Record<string, unknown> {
  const role = roleOf(view, member);
  const { scheduledRestart, pendingRestartReason: reasons, tags } = member;
  return {
    name: member.name,
    role,
    state: (role === 'leader' ? undefined : member.replicationState) || member.state,
    api_url: member.apiUrl ?? null,
    host: member.host,
    port: member.port,
    timeline: member.timeline,
    pending_restart: member.pendingRestart || undefined,
    pending_restart_reason: Object.keys(reasons).length > 0 ? formatReasons(reasons) : undefined,
    scheduled_restart: scheduledRestart && formatSchedule(scheduledRestart),
    tags: Object.keys(tags).length > 0 ? tags : undefined,
    ...(member.name === view.leader ? {} : formatPositions(view.status.lastLsn, member)),
  };
}

function roleOf({ leader, sync, config }: ClusterView, { name }: Member): string {
  const { standbyCluster, synchronousMode } = config?.settings ?? DEFAULT_SETTINGS;
  if (name === leader) return standbyCluster ? 'standby_leader' : 'leader';
  if (synchronousMode === 'off' || !isSyncStandby(sync, name)) return 'replica';
  return synchronousMode === 'quorum' ? 'quorum_standby' : 'sync_standby';
}

function formatPositions(leaderLsn: number, member: Member): Record<string, unknown> {
  return {
    ...formatPosition('receive_', member.receiveLsn, leaderLsn),
    ...formatPosition('replay_', member.replayLsn, leaderLsn),
    ...formatPosition('', member.xlogLocation, leaderLsn),
  };
}

function formatPosition(kind: string, lsn: number | undefined, leaderLsn: number) {
  if (!lsn) return { [`${kind}lsn`]: 'unknown', [`${kind}lag`]: 'unknown' };
  return { [`${kind}lag`]: Math.max(0, leaderLsn - lsn), [`${kind}lsn`]: formatLsn(lsn) };
}

function formatReasons(reasons: Readonly<Record<string, ValueChange>>): unknown {
  const entries = Object.entries(reasons).map(([name, { oldValue, newValue }]) => [
    name,
    { old_value: oldValue, new_value: newValue },
  ]);
  return Object.fromEntries(entries);
}
