import type { ClusterView } from '../../model/cluster.ts';
import type { Member } from '../../model/member.ts';
import {
  isPrimaryRole,
  type MemberReport,
  type NodeStatus,
  walPosition,
} from '../../model/node-status.ts';
import type { PostgresView } from '../../model/postgres.ts';
import { present } from '../../model/present.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import type { Facts, PeerReport, Timestamp } from '../facts.ts';
import { BLANK_MEMORY } from '../memory.ts';
import { NO_ORDERS } from '../orders.ts';

/** A cluster as somebody sees it who is no member of it. */
export interface Scene {
  readonly view: ClusterView;
  /** What each member said to `GET /patroni`; a member that was not asked has no entry. */
  readonly reports: ReadonlyMap<string, MemberReport>;
  readonly nowMs: Timestamp;
}

/** Long after the agent was started: what the one before it promised no longer counts. */
const NOW = 1_000_000_000;

/**
 * The facts that a member's agent would decide by if the leader were gone and the lock free. Taken
 * from its answer, or from its document where it gave none. What only the agent itself knows is
 * taken to be well: its guard, its data directory, its promises, its trust in the store.
 */
export function supposedFacts({ view, reports, nowMs }: Scene, member: Member): Facts {
  const { leader, ...free } = view;
  const status = saidBy(member, reports.get(member.name));
  return {
    now: NOW,
    wall: nowMs,
    self: nodeOf(member, status),
    settings: view.config?.settings ?? DEFAULT_SETTINGS,
    dcs: { view: free, ownsLock: false, revision: 0 },
    postgres: postgresOf(status, view.initialize),
    job: undefined,
    orders: NO_ORDERS,
    fence: {
      guard: 'alive',
      fenced: false,
      watchdog: status.watchdogFailed ? 'unusable' : 'usable',
    },
    memory: {
      ...BLANK_MEMORY,
      startedAt: 0,
      rewind: 'clear',
      healthyView: leader === undefined ? undefined : view,
      leaderTimeline: view.members.find(({ name }) => name === leader)?.timeline,
    },
    answers: {},
  };
}

/** What the others would answer to this member's poll: the same as to us, but for the leader. */
export function supposedPeers({ view, reports }: Scene, name: string): PeerReport[] {
  return view.members
    .filter((member) => member.name !== name)
    .map((member) => ({
      name: member.name,
      report: (member.name === view.leader ? undefined : reports.get(member.name)) ?? SILENT,
    }));
}

const SILENT: MemberReport = { ok: false, failure: 'it is gone, or was not asked' };

/** A member's answer, or as much of one as its document holds. */
export function saidBy(member: Member, report: MemberReport | undefined): NodeStatus {
  if (report?.ok) return report.status;
  const { name, role, timeline, replicationState, tags, version } = member;
  const state = member.state === 'streaming' ? 'running' : member.state;
  const position = member.receiveLsn ?? member.xlogLocation;
  const primary = isPrimaryRole(role);
  return {
    ...present({ name, timeline, replicationState, version }),
    ...(primary
      ? present({ location: position })
      : present({ receivedLsn: position, replayedLsn: member.replayLsn })),
    ...{ state, role, tags, replayPaused: false, watchdogFailed: false, replication: [] },
    ...{ syncStandby: false, quorumStandby: false, pause: member.pause, clusterUnlocked: false },
    pendingRestart: member.pendingRestart,
    pendingRestartReason: member.pendingRestartReason,
  };
}

function nodeOf(member: Member, { watchdogFailed, tags }: NodeStatus): Facts['self'] {
  return {
    name: member.name,
    connUrl: member.connUrl ?? '',
    apiUrl: member.apiUrl ?? '',
    version: member.version ?? '',
    tags: { ...member.tags, ...tags },
    fence: 'required',
    // Patroni says so only where the configuration asks for a watchdog.
    watchdog: watchdogFailed ? 'required' : 'off',
    clonesWithoutLeader: false,
    removeDataDirectoryOnRewindFailure: false,
    removeDataDirectoryOnDivergedTimelines: false,
  };
}

function postgresOf(status: NodeStatus, initialize: string | undefined): PostgresView {
  const primary = isPrimaryRole(status.role);
  return {
    dataDirectory: 'initialized',
    systemId: status.systemId ?? initialize,
    state: status.state === 'running' ? 'running' : 'starting',
    answering: true,
    role: primary ? 'primary' : 'standby',
    controlState: primary ? 'in production' : 'in archive recovery',
    timeline: status.timeline,
    lsn: status.location ?? walPosition(status) ?? 0,
    receivedLsn: status.receivedLsn,
    replayedLsn: status.replayedLsn,
    replayPaused: status.replayPaused,
    replayNeedsRestart: false,
    replicationState: status.replicationState === 'streaming' ? 'streaming' : undefined,
    follows: '',
    followsAddress: undefined,
    followsSlot: '',
    backupLabel: false,
    history: [],
    checkpointLsn: 0,
    checkpointedSincePromote: true,
    postmasterStart: status.postmasterStartTime,
    serverVersion: status.serverVersion ?? 0,
    pendingRestart: {},
    standbys: [],
    syncNames: { kind: 'off' },
    slots: [],
  };
}
