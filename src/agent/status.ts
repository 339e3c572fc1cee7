import type { Facts, Timestamp } from '../ha/facts.ts';
import { memberDocument } from '../ha/housekeeping/member-document.ts';
import { isSyncStandby } from '../model/cluster.ts';
import type { NodeStatus, ReplicationLink } from '../model/node-status.ts';
import type { PostgresView, StandbyView } from '../model/postgres.ts';
import { present } from '../model/present.ts';
import type { AgentPorts } from './ports.ts';

/** What a status is made of. */
export interface StatusSources extends Pick<AgentPorts, 'node' | 'scope'> {
  /** When the store last answered; undefined: never yet. */
  readonly dcsSeenAt: Timestamp | undefined;
}

/** What `GET /patroni` says of a node, by these facts; undefined: there was no tick yet. */
export function nodeStatus(
  { node, scope, dcsSeenAt }: StatusSources,
  facts: Facts | undefined,
): NodeStatus {
  const { name, version, tags } = node;
  const dcsLastSeen = Math.trunc((dcsSeenAt ?? 0) / 1000);
  const common = { name, version, scope, tags, dcsLastSeen };
  if (!facts) return { ...UNKNOWN, ...common };
  const { postgres, settings, dcs, fence } = facts;
  const document = memberDocument(facts);
  const { state, role, pendingRestart, pendingRestartReason, scheduledRestart } = document;
  return {
    ...UNKNOWN,
    ...common,
    ...(answers(postgres) ? saidByPostgres(facts) : {}),
    ...present({ systemId: postgres.systemId, scheduledRestart }),
    // Patroni, too, does not say that it runs what does not answer.
    state: state === 'running' && !postgres.answering ? 'unknown' : state,
    // What it is, not what it is about to be.
    role: role === 'promoted' && answers(postgres) ? 'replica' : role,
    pause: settings.pause,
    clusterUnlocked: dcs === undefined || dcs.view.leader === undefined,
    watchdogFailed: node.watchdog === 'required' && fence.watchdog === 'unusable',
    failsafeActive: failsafeIsActive(facts),
    pendingRestart,
    pendingRestartReason,
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

/** An old position in a race would cost acknowledged writes: only of a server that says it now. */
function answers({ state, answering }: PostgresView): boolean {
  return state === 'running' && answering;
}

function saidByPostgres({ postgres, settings, dcs, self }: Facts): Partial<NodeStatus> {
  const { role, lsn, receivedLsn, replayedLsn, replayedAt, replicationState } = postgres;
  const listed = role === 'standby' && isSyncStandby(dcs?.view.sync, self.name);
  return {
    ...present({ postmasterStartTime: postgres.postmasterStart, timeline: postgres.timeline }),
    ...(role === 'primary'
      ? { location: lsn }
      : present({ receivedLsn, replayedLsn, replayedAt, replicationState })),
    serverVersion: postgres.serverVersion,
    replayPaused: postgres.replayPaused,
    syncStandby: listed && settings.synchronousMode === 'on',
    quorumStandby: listed && settings.synchronousMode === 'quorum',
    replication: postgres.standbys.map(linkOf),
  };
}

function linkOf(standby: StandbyView): ReplicationLink {
  const { name: applicationName, state, syncState, user, clientAddress, syncPriority } = standby;
  return {
    applicationName,
    state,
    syncState,
    ...present({ user, clientAddress, syncPriority }),
  };
}

/** A leader goes on by the members' word, or this member has given a leader its own. */
function failsafeIsActive({ memory, now }: Facts): boolean {
  const { failsafeActive, failsafePromise } = memory;
  return failsafeActive || (failsafePromise !== undefined && now < failsafePromise.until);
}
