import type { Facts } from '../ha/facts.ts';
import type { JobKind } from '../ha/job.ts';
import { leads } from '../ha/lease.ts';
import { isSyncStandby } from '../model/cluster.ts';
import type { NodeStatus } from '../model/node-status.ts';
import type { PostgresView } from '../model/postgres.ts';
import type { AgentPorts } from './ports.ts';

/** What `GET /patroni` says of a node, by these facts; undefined: there was no tick yet. */
export function nodeStatus(
  { node, scope }: Pick<AgentPorts, 'node' | 'scope'>,
  facts: Facts | undefined,
): NodeStatus {
  const { name, version, tags } = node;
  const common = { name, version, scope, tags };
  if (!facts) return { ...UNKNOWN, ...common };
  const { postgres, settings, dcs, fence } = facts;
  const sync = dcs?.view.sync;
  const listed = postgres.role === 'standby' && isSyncStandby(sync, name);
  return {
    ...UNKNOWN,
    ...common,
    ...present({
      timeline: postgres.timeline,
      replicationState: postgres.replicationState,
      postmasterStartTime: postgres.postmasterStart,
      systemId: postgres.systemId,
    }),
    ...positions(postgres),
    state: stateOf(facts),
    role: roleOf(facts),
    serverVersion: postgres.serverVersion,
    replayPaused: postgres.replayPaused,
    syncStandby: listed && settings.synchronousMode === 'on',
    quorumStandby: listed && settings.synchronousMode === 'quorum',
    pause: settings.pause,
    clusterUnlocked: dcs === undefined || dcs.view.leader === undefined,
    watchdogFailed: node.watchdog === 'required' && fence.watchdog === 'unusable',
    pendingRestart: Object.keys(postgres.pendingRestart).length > 0,
    pendingRestartReason: postgres.pendingRestart,
    replication: postgres.standbys.map(({ name: applicationName, state, syncState }) => ({
      applicationName,
      state,
      syncState,
    })),
  };
}

const UNKNOWN: NodeStatus = {
  state: 'unknown',
  role: '',
  replayPaused: false,
  syncStandby: false,
  quorumStandby: false,
  pause: false,
  clusterUnlocked: true,
  tags: {},
  watchdogFailed: false,
  pendingRestart: false,
  pendingRestartReason: {},
  replication: [],
};

function positions({ role, lsn, receivedLsn, replayedLsn }: PostgresView): Partial<NodeStatus> {
  return role === 'primary' ? { location: lsn } : present({ receivedLsn, replayedLsn });
}

/** A standby that leads is the leader of a standby cluster. */
function roleOf(facts: Facts): string {
  if (facts.postgres.role === 'primary') return 'primary';
  return facts.settings.standbyCluster && leads(facts) ? 'standby_leader' : 'replica';
}

/** While these run, it is they who say what state PostgreSQL is in (Patroni's words). */
const STATE_DURING: Partial<Record<JobKind, string>> = {
  bootstrap: 'initializing new cluster',
  clone: 'creating replica',
  start: 'starting',
  stop: 'stopping',
  restart: 'restarting',
};

function stateOf({ postgres, job }: Facts): string {
  const during = job && !job.outcome ? STATE_DURING[job.spec.kind] : undefined;
  return during ?? postgres.state;
}

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

function present<Fields extends object>(fields: Fields): Present<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<Fields>;
}
