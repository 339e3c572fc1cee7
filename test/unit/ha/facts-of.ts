import type { DcsSight, Facts } from '../../../src/ha/facts.ts';
import { BLANK_MEMORY, type Memory } from '../../../src/ha/memory.ts';
import { NO_ORDERS } from '../../../src/ha/orders.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import type { Node } from '../../../src/model/node.ts';
import type { PostgresView } from '../../../src/model/postgres.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../src/model/settings.ts';
import { clusterOf } from './cluster-of.ts';

/** The system identifier of the cluster of all these facts. */
export const SYSTEM_ID = '7000000000000000001';

/** The moment of all these facts, on the monotonic clock. */
export const NOW = 1_000_000;

/** pg2, as its configuration describes it. */
export const NODE: Node = {
  name: 'pg2',
  connUrl: 'postgres://pg2:5432/postgres',
  apiUrl: 'http://pg2:8008/patroni',
  version: '4.1.5',
  tags: {},
  fence: 'required',
  watchdog: 'off',
  clonesWithoutLeader: false,
  removeDataDirectoryOnRewindFailure: false,
  removeDataDirectoryOnDivergedTimelines: false,
};

/** A standby that streams from pg1; what a test is about goes into `change`. */
export function standby(change: Partial<PostgresView> = {}): PostgresView {
  return {
    dataDirectory: 'initialized',
    systemId: SYSTEM_ID,
    state: 'running',
    answering: true,
    role: 'standby',
    controlState: 'in archive recovery',
    timeline: 1,
    lsn: 1000,
    receivedLsn: 1000,
    replayedLsn: 1000,
    replayPaused: false,
    replayNeedsRestart: false,
    replicationState: 'streaming',
    follows: 'pg1',
    followsAddress: { host: 'pg1', port: 5432 },
    followsSlot: 'pg2',
    backupLabel: false,
    history: [],
    checkpointLsn: 900,
    checkpointedSincePromote: true,
    postmasterStart: '2026-01-01 00:00:00+00',
    serverVersion: 150_020,
    pendingRestart: {},
    standbys: [],
    syncNames: { kind: 'off' },
    slots: [],
    ...change,
  };
}

/** A primary, unless told otherwise. */
export function primary(change: Partial<PostgresView> = {}): PostgresView {
  return standby({
    role: 'primary',
    controlState: 'in production',
    receivedLsn: undefined,
    replayedLsn: undefined,
    replicationState: undefined,
    follows: '',
    followsAddress: undefined,
    followsSlot: '',
    ...change,
  });
}

/** A server that is down. */
export function stopped(change: Partial<PostgresView> = {}): PostgresView {
  return standby({
    state: 'stopped',
    controlState: 'shut down in recovery',
    receivedLsn: undefined,
    replayedLsn: undefined,
    replicationState: undefined,
    follows: '',
    followsAddress: undefined,
    followsSlot: '',
    postmasterStart: undefined,
    ...change,
  });
}

/** What the DCS says; by default that pg1 leads. */
export function sees(
  change: Parameters<typeof clusterOf>[0] & { ownsLock?: boolean; revision?: number } = {},
): DcsSight {
  const { ownsLock = false, revision = 10, ...view } = change;
  return { view: { ...clusterOf(view), initialize: SYSTEM_ID }, ownsLock, revision };
}

/** The same with the lock free: nobody leads. */
export function seesNoLeader(change: Parameters<typeof sees>[0] = {}): DcsSight {
  const sight = sees(change);
  const { leader: _, ...view } = sight.view;
  return { ...sight, view: view as ClusterView };
}

interface Change extends Partial<Omit<Facts, 'self' | 'settings' | 'memory'>> {
  readonly self?: Partial<Node>;
  readonly settings?: Partial<Settings>;
  readonly memory?: Partial<Memory>;
}

/** Facts of pg2, a healthy standby of pg1. */
export function factsOf(change: Change = {}): Facts {
  const { self, settings, memory, ...rest } = change;
  return {
    now: NOW,
    wall: Date.UTC(2026, 0, 1),
    self: { ...NODE, ...self },
    settings: { ...DEFAULT_SETTINGS, ...settings },
    dcs: sees(),
    postgres: standby(),
    job: undefined,
    orders: NO_ORDERS,
    fence: { guard: 'alive', fenced: false, watchdog: 'off' },
    memory: { ...BLANK_MEMORY, systemId: SYSTEM_ID, revision: 10, startedAt: 0, ...memory },
    answers: {},
    ...rest,
  };
}

/** Facts of pg1, the leader, whose lease holds for another twenty seconds. */
export function leaderFacts(change: Change = {}): Facts {
  return factsOf({
    dcs: sees({ ownsLock: true }),
    postgres: primary(),
    ...change,
    self: { name: 'pg1', apiUrl: 'http://pg1:8008/patroni', ...change.self },
    memory: { leaseUntil: NOW + 20_000, ...change.memory },
  });
}
