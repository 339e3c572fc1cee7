import { WholeFloat } from '../../model/json.ts';
import { isPrimaryRole, type NodeStatus } from '../../model/node-status.ts';
import { pythonNumber } from '../../model/python.ts';
import { failoverPriority } from '../../model/tags.ts';
import { epochSeconds } from '../time.ts';

/** What the metrics are made of. */
export interface MetricsSource {
  readonly status: NodeStatus;
  readonly scope: string;
  readonly name: string;
  /** Version of the agent, e.g. `4.1.5`. */
  readonly version: string;
  readonly failsafeMode: boolean;
  /** This node is in the failsafe list. */
  readonly failsafeMember: boolean;
}

/** One metric: its help, its kind, and its value here; undefined: it is left out. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly counter?: true;
  /** Another comment, between help and type. */
  readonly note?: string;
  readonly value: (source: MetricsSource) => string | number | boolean | undefined;
}

/** Patroni's numbers for its words (`PostgresqlState` of postgresql/misc.py): name, then word. */
const STATES: readonly (readonly [string, string])[] = [
  ['initdb', 'initializing new cluster'],
  ['initdb_failed', 'initdb failed'],
  ['custom_bootstrap', 'running custom bootstrap script'],
  ['custom_bootstrap_failed', 'custom bootstrap failed'],
  ['creating_replica', 'creating replica'],
  ['running', 'running'],
  ['starting', 'starting'],
  ['bootstrap_starting', 'starting after custom bootstrap'],
  ['start_failed', 'start failed'],
  ['restarting', 'restarting'],
  ['restart_failed', 'restart failed'],
  ['stopping', 'stopping'],
  ['stopped', 'stopped'],
  ['stop_failed', 'stop failed'],
  ['crashed', 'crashed'],
];

/** In Patroni's order. Dashboards know them by name, and show the help. */
const METRICS: readonly Metric[] = [
  {
    name: 'version',
    help: 'Patroni semver without periods.',
    value: ({ version }) => paddedVersion(version),
  },
  {
    name: 'postgres_running',
    help: 'Value is 1 if Postgres is running, 0 otherwise.',
    value: ({ status }) => status.state === 'running',
  },
  {
    name: 'postmaster_start_time',
    help: 'Epoch seconds since Postgres started.',
    value: ({ status }) => seconds(status.postmasterStartTime),
  },
  {
    name: 'primary',
    help: 'Value is 1 if this node is the leader, 0 otherwise.',
    value: ({ status }) => isPrimaryRole(status.role),
  },
  {
    name: 'xlog_location',
    help: 'Current location of the Postgres transaction log, 0 if this node is not the leader.',
    counter: true,
    value: ({ status }) => status.location ?? 0,
  },
  {
    name: 'standby_leader',
    help: 'Value is 1 if this node is the standby_leader, 0 otherwise.',
    value: ({ status }) => status.role === 'standby_leader',
  },
  {
    name: 'replica',
    help: 'Value is 1 if this node is a replica, 0 otherwise.',
    value: ({ status }) => status.role === 'replica',
  },
  {
    name: 'sync_standby',
    help: 'Value is 1 if this node is a sync standby, 0 otherwise.',
    value: ({ status }) => status.syncStandby,
  },
  {
    name: 'quorum_standby',
    help: 'Value is 1 if this node is a quorum standby, 0 otherwise.',
    value: ({ status }) => status.quorumStandby,
  },
  {
    name: 'xlog_received_location',
    help:
      'Current location of the received Postgres transaction log,' +
      ' 0 if this node is not a replica.',
    counter: true,
    value: ({ status }) => status.receivedLsn ?? 0,
  },
  {
    name: 'xlog_replayed_location',
    help:
      'Current location of the replayed Postgres transaction log,' +
      ' 0 if this node is not a replica.',
    counter: true,
    value: ({ status }) => status.replayedLsn ?? 0,
  },
  {
    name: 'xlog_replayed_timestamp',
    help: 'Current timestamp of the replayed Postgres transaction log, 0 if null.',
    value: ({ status }) => seconds(status.replayedAt),
  },
  {
    name: 'xlog_paused',
    help: 'Value is 1 if the Postgres xlog is paused, 0 otherwise.',
    value: ({ status }) => status.replayPaused,
  },
  {
    name: 'postgres_streaming',
    help: 'Value is 1 if Postgres is streaming, 0 otherwise.',
    value: ({ status }) => ifRunning(status, status.replicationState === 'streaming'),
  },
  {
    name: 'postgres_in_archive_recovery',
    help: 'Value is 1 if Postgres is replicating from archive, 0 otherwise.',
    value: ({ status }) => ifRunning(status, status.replicationState === 'in archive recovery'),
  },
  {
    name: 'postgres_server_version',
    help: 'Version of Postgres (if running), 0 otherwise.',
    value: ({ status }) => status.serverVersion ?? 0,
  },
  {
    name: 'cluster_unlocked',
    help: 'Value is 1 if the cluster is unlocked, 0 if locked.',
    value: ({ status }) => status.clusterUnlocked,
  },
  {
    name: 'failsafe_mode_is_active',
    help: 'Value is 1 if failsafe mode is active, 0 if inactive.',
    value: ({ status }) => status.failsafeActive ?? false,
  },
  {
    name: 'failsafe_mode_enabled',
    help: 'Value is 1 if failsafe_mode is enabled, 0 otherwise.',
    value: ({ failsafeMode }) => failsafeMode,
  },
  {
    name: 'failsafe_member',
    help: 'Value is 1 if this node is a member of failsafe, 0 otherwise.',
    value: ({ failsafeMember }) => failsafeMember,
  },
  {
    name: 'postgres_timeline',
    help: 'Postgres timeline of this node (if running), 0 otherwise.',
    value: ({ status }) => status.timeline ?? 0,
  },
  {
    name: 'dcs_last_seen',
    help: 'Epoch timestamp when DCS was last contacted successfully by Patroni.',
    value: ({ status }) => status.dcsLastSeen ?? 0,
  },
  {
    name: 'pending_restart',
    help: 'Value is 1 if the node needs a restart, 0 otherwise.',
    value: ({ status }) => status.pendingRestart,
  },
  {
    name: 'is_paused',
    help: 'Value is 1 if auto failover is disabled, 0 otherwise.',
    value: ({ status }) => status.pause,
  },
  {
    name: 'postgres_state',
    help: 'Numeric representation of Postgres state.',
    note: `Values: ${STATES.map(([name], index) => `${index}=${name}`).join(', ')}`,
    value: ({ status }) => STATES.findIndex(([, word]) => word === status.state),
  },
  {
    name: 'failover_priority',
    help: 'Failover priority of this node.',
    value: ({ status }) => failoverPriority(status.tags),
  },
];

/** The body of `GET /metrics`: Patroni's names, help and order, as Prometheus reads it. */
export function formatMetrics(source: MetricsSource): string {
  const labels = `{scope="${labelText(source.scope)}",name="${labelText(source.name)}"}`;
  const lines = METRICS.flatMap(({ name, help, counter, note, value }) => {
    const now = value(source);
    if (now === undefined) return [];
    return [
      `# HELP patroni_${name} ${help}`,
      ...(note === undefined ? [] : [`# ${note}`]),
      `# TYPE patroni_${name} ${counter ? 'counter' : 'gauge'}`,
      `patroni_${name}${labels} ${typeof now === 'boolean' ? Number(now) : now}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** `4.1.5` → `040105`. */
function paddedVersion(version: string): string {
  return version
    .split('.')
    .map((part) => part.padStart(2, '0'))
    .join('');
}

/** As Python prints a float; 0 when there is no time. */
function seconds(time: string | undefined): string {
  const epoch = time === undefined ? undefined : epochSeconds(time);
  if (epoch === undefined) return '0';
  return pythonNumber(Number.isInteger(epoch) ? new WholeFloat(epoch) : epoch);
}

/** Patroni leaves these out where PostgreSQL does not say its version. */
function ifRunning(status: NodeStatus, value: boolean): boolean | undefined {
  return (status.serverVersion ?? 0) >= 90_600 ? value : undefined;
}

/** What would end a label's value is escaped (Prometheus, "Exposition formats"). */
function labelText(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
