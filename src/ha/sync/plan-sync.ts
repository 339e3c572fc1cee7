import type { ClusterView, Sync } from '../../model/cluster.ts';
import type { Facts, Monotonic } from '../facts.ts';
import type { Memory } from '../memory.ts';
import type { Action, SyncDocument } from '../plan.ts';
import { syncMode } from './membership.ts';
import { isSameName, minus, nameSet } from './name-set.ts';
import { nextSyncStep } from './next-step.ts';
import { overlaps, type Replication, type SyncStep } from './replication.ts';
import { confirmedStandbys, pickStandbys } from './standbys.ts';
import { demandOf, isSameSetting, ownSyncNames, settingKey, syncNamesFor } from './sync-names.ts';
import { alone, inherited, setSyncNames, writeSync } from './sync-write.ts';

/** What synchronous replication needs now: at most one change, of `/sync` or of the names. */
export interface SyncPlan {
  readonly do: readonly Action[];
  readonly memory?: Partial<Memory>;
  readonly wakeAt?: Monotonic;
}

type ActiveMode = 'on' | 'quorum';

/** A view in which `/sync` names somebody. */
type SyncView = ClusterView & { readonly sync: Sync };

/** Milliseconds in which PostgreSQL takes up new names, or a standby confirms them. */
const SETTLE = 1000;

/**
 * Brings `/sync` and `synchronous_standby_names` one step nearer to what the settings ask for. The
 * caller is a primary that holds the lease. Each step is decided on a fresh look, so whatever
 * happens between two of them, neither half ever promises what the other does not hold.
 */
export function planSync(facts: Facts): SyncPlan {
  const { dcs, postgres, settings, self } = facts;
  // Not to see standbys is not to have none (P#3663).
  if (!dcs || !postgres.answering || postgres.role !== 'primary') return { do: [] };
  const mode = syncMode(settings);
  const { sync } = dcs.view;
  if (mode === 'off') return planOff(facts, dcs.view);
  // Without this a cluster without standbys would never become synchronous.
  if (!sync) return writing(facts, dcs.view, alone(self.name));
  if (!isSameName(sync.leader, self.name)) return takeOver(facts, mode, { ...dcs.view, sync });
  const settled = settledAt(facts, mode);
  if (settled !== undefined && facts.now < settled) return { do: [], wakeAt: settled };
  return planStep(facts, mode, { ...dcs.view, sync });
}

/** `/sync` first: while it is there, members trust that commits wait (C#5831). */
function planOff(facts: Facts, view: ClusterView): SyncPlan {
  if (view.sync) return writing(facts, view, undefined);
  const names = ownSyncNames(facts.self.ownSyncNames);
  if (isSameSetting(facts.postgres.syncNames, names)) return { do: [] };
  return { do: setSyncNames(view, names) };
}

/** `/sync` is of another leader: somebody promoted this node without `prepareSync`. */
function takeOver(facts: Facts, mode: ActiveMode, view: SyncView): SyncPlan {
  const next = mode === 'quorum' ? inherited(view.sync, facts.self.name) : undefined;
  const demand = demandOf(facts.postgres.syncNames);
  // What the names in effect do not hold is not promised.
  const held = next && overlaps({ ...demand, voters: next.standbys, quorum: next.quorum });
  return writing(facts, view, held ? next : alone(facts.self.name));
}

/** In quorum mode standbys get a `loop_wait` to come back after a promotion. */
function settledAt({ memory, settings }: Facts, mode: ActiveMode): Monotonic | undefined {
  if (mode === 'on' || memory.promotedAt === undefined) return undefined;
  return memory.promotedAt + settings.loopWait * 1000;
}

function planStep(facts: Facts, mode: ActiveMode, view: SyncView): SyncPlan {
  const { sync } = view;
  const { postgres, settings, self, now } = facts;
  const noted = noteNames(facts);
  const memory = noted === facts.memory.syncNamesSetAt ? {} : { syncNamesSetAt: noted };
  const demand = demandOf(postgres.syncNames);
  const wanted = pickStandbys(facts, mode);
  const least = mode === 'on' ? wanted.length : settings.synchronousNodeCount;
  const state: Replication = {
    voters: minus(nameSet(sync.standbys), [self.name]),
    quorum: sync.quorum,
    ...demand,
    confirmed: confirmedStandbys(facts, demand.names, noted.lsn),
    wanted,
    wantedCount: Math.min(least, wanted.length),
  };
  const step = nextSyncStep(mode, state);
  if (step.kind === 'write-sync') {
    const value = { leader: self.name, standbys: step.voters, quorum: step.quorum };
    return { ...writing(facts, view, value), memory };
  }
  const names = syncNamesFor(mode, demandAfter(step, state), settings.synchronousModeStrict);
  if (!isSameSetting(names, postgres.syncNames)) {
    return { do: setSyncNames(view, names), memory, wakeAt: now + SETTLE };
  }
  const soon = step.kind === 'wait' && isUrgent(state);
  return { do: [], memory, ...(soon ? { wakeAt: now + SETTLE } : {}) };
}

/** Also a step that changes no demand can call for another text: `FIRST`, `ANY`, placeholder. */
function demandAfter(
  step: SyncStep,
  { names, count }: Replication,
): Pick<Replication, 'names' | 'count'> {
  return step.kind === 'set-names' ? step : { names, count };
}

/** While nobody may succeed, or commits wait for a standby that has gone. */
function isUrgent({ voters, names, wanted }: Replication): boolean {
  return voters.length === 0 || minus(names, wanted).length > 0;
}

/**
 * The setting in effect, and the WAL position at which it was first seen: commits before that may
 * have waited for others. A promotion makes it a new one, since others have led meanwhile.
 */
function noteNames({ postgres, memory }: Facts): NonNullable<Memory['syncNamesSetAt']> {
  const names = `${postgres.timeline ?? '?'}: ${settingKey(postgres.syncNames)}`;
  const known = memory.syncNamesSetAt;
  return known?.names === names ? known : { names, lsn: postgres.lsn };
}

function writing({ now }: Facts, view: ClusterView, value: SyncDocument | undefined): SyncPlan {
  return { do: [writeSync(view, value)], wakeAt: now };
}
