import type { ClusterView, Sync } from '../../../src/model/cluster.ts';
import type { Member } from '../../../src/model/member.ts';
import type { MemberReport, NodeStatus } from '../../../src/model/node-status.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../src/model/settings.ts';

/** A member that streams and lacks nothing, unless told otherwise. */
export function member(name: string, change: Partial<Member> = {}): Member {
  return {
    name,
    apiUrl: `http://${name}:8008/patroni`,
    state: 'running',
    role: 'replica',
    timeline: 1,
    xlogLocation: 1000,
    pendingRestart: false,
    pendingRestartReason: {},
    tags: {},
    pause: false,
    documentVersion: '1',
    ...change,
  };
}

/** pg1 leads, pg2 and pg3 follow, unless told otherwise. */
export function clusterOf(
  change: Partial<Omit<ClusterView, 'config' | 'sync'>> & {
    settings?: Partial<Settings>;
    standbys?: readonly string[];
  } = {},
): ClusterView {
  const { settings, standbys, ...view } = change;
  const sync: Sync | undefined = standbys && {
    leader: 'pg1',
    standbys,
    quorum: 0,
    version: '1',
  };
  return {
    scope: 'demo',
    leader: 'pg1',
    status: { lastLsn: 1000, slots: {}, retainSlots: [] },
    members: [member('pg1', { role: 'primary' }), member('pg2'), member('pg3')],
    config: { data: {}, version: '1', settings: { ...DEFAULT_SETTINGS, ...settings } },
    workers: new Map(),
    warnings: [],
    ...(sync ? { sync } : {}),
    ...view,
  };
}

/** What a replica that lacks nothing says of itself, unless told otherwise. */
export function statusOf(change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    state: 'running',
    role: 'replica',
    timeline: 1,
    receivedLsn: 1000,
    replayedLsn: 1000,
    replicationState: 'streaming',
    replayPaused: false,
    syncStandby: false,
    quorumStandby: false,
    pause: false,
    clusterUnlocked: false,
    tags: {},
    watchdogFailed: false,
    pendingRestart: false,
    pendingRestartReason: {},
    replication: [],
    ...change,
  };
}

/** The same as an answer. */
export function says(change: Partial<NodeStatus> = {}): MemberReport {
  return { ok: true, status: statusOf(change) };
}

/** What the primary of `clusterOf()` says. */
export function primarySays(change: Partial<NodeStatus> = {}): MemberReport {
  return says({ role: 'primary', location: 1000, ...change });
}

export const SILENT: MemberReport = { ok: false, failure: 'connection refused' };
