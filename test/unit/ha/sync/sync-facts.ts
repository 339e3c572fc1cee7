import type { Facts } from '../../../../src/ha/facts.ts';
import { BLANK_MEMORY, type Memory } from '../../../../src/ha/memory.ts';
import { NO_ORDERS } from '../../../../src/ha/orders.ts';
import type { ClusterView, Sync } from '../../../../src/model/cluster.ts';
import type { Member, Tags } from '../../../../src/model/member.ts';
import type { PostgresView, StandbyView, SyncNames } from '../../../../src/model/postgres.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../src/model/settings.ts';
import { NODE, primary } from '../facts-of.ts';

/** A primary `pg1` that leads, with standbys, as little of it as a test has to say. */
export interface Situation {
  readonly settings?: Partial<Settings>;
  readonly sync?: Sync;
  readonly names?: SyncNames;
  readonly standbys?: readonly StandbyView[];
  /** Members besides those of `standbys`, or with more to say. */
  readonly members?: readonly Member[];
  readonly lsn?: number;
  readonly timeline?: number;
  readonly self?: string;
  readonly ownSyncNames?: string;
  readonly answering?: boolean;
  readonly role?: 'primary' | 'standby';
  readonly memory?: Partial<Memory>;
  readonly now?: number;
}

export const NOW = 50_000;
export const LSN = 1000;

export function factsOf(situation: Situation): Facts {
  const self = situation.self ?? 'pg1';
  const settings = { ...DEFAULT_SETTINGS, ...situation.settings };
  return {
    now: situation.now ?? NOW,
    wall: 1_700_000_000_000,
    self: {
      ...NODE,
      name: self,
      connUrl: `postgres://${self}/`,
      apiUrl: `http://${self}/`,
      ...(situation.ownSyncNames === undefined ? {} : { ownSyncNames: situation.ownSyncNames }),
    },
    settings,
    dcs: { view: viewOf(situation, self), ownsLock: true, revision: 7 },
    postgres: postgresOf(situation),
    job: undefined,
    orders: NO_ORDERS,
    fence: { guard: 'alive', fenced: false, watchdog: 'off' },
    memory: { ...BLANK_MEMORY, leaseUntil: NOW + 30_000, ...situation.memory },
    answers: {},
  };
}

function viewOf({ members = [], standbys = [], sync }: Situation, self: string): ClusterView {
  const told = new Set(members.map(({ name }) => name.toLowerCase()));
  const streaming = [self, ...standbys.map(({ name }) => name)].filter(
    (name) => !told.has(name.toLowerCase()),
  );
  return {
    scope: 'demo',
    leader: self,
    status: { lastLsn: 0, slots: {}, retainSlots: [] },
    members: [...streaming.map((name) => member(name)), ...members],
    workers: new Map(),
    warnings: [],
    ...(sync ? { sync } : {}),
  };
}

function postgresOf(situation: Situation): PostgresView {
  return primary({
    answering: situation.answering ?? true,
    role: situation.role ?? 'primary',
    timeline: situation.timeline ?? 1,
    lsn: situation.lsn ?? LSN,
    standbys: situation.standbys ?? [],
    syncNames: situation.names ?? { kind: 'off' },
  });
}

export function member(name: string, tags: Tags = {}, state = 'running'): Member {
  const pending = { pendingRestart: false, pendingRestartReason: {} };
  return { name, state, role: 'replica', ...pending, tags, pause: false, documentVersion: '1' };
}

export function standby(name: string, more: Partial<StandbyView> = {}): StandbyView {
  const at = { flushLsn: LSN, replayLsn: LSN };
  return { name, state: 'streaming', syncState: 'async', ...at, ...more };
}

export function syncOf(leader: string, standbys: readonly string[], quorum = 0): Sync {
  return { leader, standbys, quorum, version: 'v1' };
}

export function first(...names: string[]): SyncNames {
  return { kind: 'first', count: names.length, names };
}

export function any(count: number, ...names: string[]): SyncNames {
  return { kind: 'any', count, names };
}
