import type { Facts } from '../ha/facts.ts';
import { memberDocument } from '../ha/housekeeping/member-document.ts';
import { isSyncStandby } from '../model/cluster.ts';
import type { NodeStatus } from '../model/node-status.ts';
import type { PostgresView } from '../model/postgres.ts';
import { present } from '../model/present.ts';
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
  const { state, role, pendingRestart, pendingRestartReason, scheduledRestart } =
    memberDocument(facts);
  const listed = postgres.role === 'standby' && isSyncStandby(dcs?.view.sync, name);
  return {
    ...UNKNOWN,
    ...common,
    ...positions(postgres),
    ...present({
      postmasterStartTime: postgres.postmasterStart,
      systemId: postgres.systemId,
      scheduledRestart: scheduledRestart?.schedule,
    }),
    // Patroni, too, does not say that it runs what does not answer.
    state: state === 'running' && !postgres.answering ? 'unknown' : state,
    role,
    serverVersion: postgres.serverVersion,
    replayPaused: postgres.replayPaused,
    syncStandby: listed && settings.synchronousMode === 'on',
    quorumStandby: listed && settings.synchronousMode === 'quorum',
    pause: settings.pause,
    clusterUnlocked: dcs === undefined || dcs.view.leader === undefined,
    watchdogFailed: node.watchdog === 'required' && fence.watchdog === 'unusable',
    pendingRestart,
    pendingRestartReason,
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

/** Only of a server that answers: an old position in a race would cost acknowledged writes. */
function positions(postgres: PostgresView): Partial<NodeStatus> {
  const { state, answering, role, lsn, receivedLsn, replayedLsn, timeline } = postgres;
  if (state !== 'running' || !answering) return {};
  const { replicationState } = postgres;
  return role === 'primary'
    ? present({ location: lsn, timeline })
    : present({ receivedLsn, replayedLsn, timeline, replicationState });
}
