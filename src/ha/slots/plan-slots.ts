import type { ClusterView } from '../../model/cluster.ts';
import type { SlotView } from '../../model/postgres.ts';
import type { SlotMatcher } from '../../model/settings.ts';
import type { Facts } from '../facts.ts';
import type { SlotChange } from '../plan.ts';
import { isDistrusted } from '../situation.ts';
import { canAdvance, sightForSlots } from './cluster-sight.ts';
import { type WantedSlot, type WantedSlots, wantedSlots } from './wanted.ts';

/**
 * What is to change among the slots of this node, whose PostgreSQL runs. Only slots that nobody is
 * connected to are dropped or moved, and none at all while the DCS says nothing.
 */
export function planSlots(facts: Facts): readonly SlotChange[] {
  const view = sightForSlots(facts);
  // Without a configuration nobody knows which slots are permanent.
  if (!view?.config) return [];
  const wanted = wantedSlots(facts, view);
  const there = new Map(facts.postgres.slots.map((slot) => [slot.name, slot]));
  return [
    ...dropUnwanted(facts, wanted),
    ...[...wanted].flatMap(([name, slot]) =>
      changesOf({ facts, view, name, slot, found: there.get(name) }),
    ),
  ];
}

/** Logical slots that a standby lacks and the leader has: they are copied from it. */
export function slotsToCopy(facts: Facts): readonly string[] {
  const { dcs, postgres } = facts;
  // Without the DCS nobody knows who leads, and a copy restarts PostgreSQL.
  if (!dcs?.view.config || postgres.role === 'primary') return [];
  const { leader } = dcs.view;
  if (leader === undefined || leader === facts.self.name) return [];
  const permanent = Object.values(facts.settings.permanentSlots);
  if (!permanent.some(({ type }) => type === 'logical')) return [];
  const there = new Set(postgres.slots.map(({ name }) => name));
  const lacking = [...wantedSlots(facts, dcs.view)].filter(
    // No position: the leader does not have it either.
    ([name, slot]) => slot.type === 'logical' && slot.lsn > 0 && !there.has(name),
  );
  return lacking.map(([name]) => name);
}

function dropUnwanted(facts: Facts, wanted: WantedSlots): readonly SlotChange[] {
  // A store that forgot the members must not cost them their slots.
  if (facts.settings.pause || isDistrusted(facts)) return [];
  return facts.postgres.slots
    .filter((slot) => {
      const wish = wanted.get(slot.name);
      if (slot.active || isIgnored(facts, slot)) return false;
      return !wish || !isSame(wish, slot) || isLost(slot, wish);
    })
    .map(({ name }) => ({ kind: 'drop', name }));
}

/** PostgreSQL had to remove WAL that a logical slot needs: it is of no use any more. */
function isLost(slot: SlotView, wish: WantedSlot): boolean {
  return wish.type === 'logical' && slot.restartLsn === undefined;
}

function isIgnored({ settings }: Facts, slot: SlotView): boolean {
  const matches = (matcher: SlotMatcher): boolean =>
    (['name', 'type', 'database', 'plugin'] as const).every(
      (field) => matcher[field] === undefined || matcher[field] === slot[field],
    );
  return settings.ignoreSlots.some(matches);
}

function isSame(wish: WantedSlot, slot: SlotView): boolean {
  if (wish.type !== slot.type) return false;
  if (wish.type === 'physical') return true;
  return wish.database === slot.database && wish.plugin === slot.plugin;
}

interface Candidate {
  readonly facts: Facts;
  readonly view: ClusterView;
  readonly name: string;
  readonly slot: WantedSlot;
  readonly found: SlotView | undefined;
}

function changesOf(candidate: Candidate): readonly SlotChange[] {
  const { slot, found } = candidate;
  if (!found) return create(candidate);
  // Of another kind: it has to go first, and the next look makes it anew.
  if (!isSame(slot, found) || isLost(found, slot)) return [];
  if (mustBeRemade(candidate, found)) {
    return [{ kind: 'drop', name: found.name }, ...create(candidate)];
  }
  return advance(candidate, found);
}

/** Logical slots are made on the primary alone: a standby copies them from there. */
function create({ facts, name, slot }: Candidate): readonly SlotChange[] {
  const { type, database, plugin } = slot;
  if (type === 'physical') return [{ kind: 'create', name, type, reserve: true }];
  if (facts.postgres.role !== 'primary' || database === undefined || plugin === undefined) {
    return [];
  }
  return [{ kind: 'create', name, type, database, plugin, reserve: true }];
}

/**
 * A slot that nobody will connect to and that holds back vacuum does so for ever (P#3148, C#4811);
 * one that reserves no WAL was made by somebody else, and cannot be moved.
 */
function mustBeRemade({ facts, view, slot }: Candidate, found: SlotView): boolean {
  if (slot.type === 'logical' || found.active || slot.inUse === true || !canAdvance(facts)) {
    return false;
  }
  if (!found.holdsXmin) return found.restartLsn === undefined;
  // A leader that is not yet a primary will have consumers in a moment.
  const settled = view.leader !== facts.self.name || facts.postgres.role === 'primary';
  return slot.inUse === false && view.leader !== undefined && settled;
}

/** Never past the consumer (S11), and never past what this node has replayed itself. */
function advance({ facts, name, slot }: Candidate, found: SlotView): readonly SlotChange[] {
  const { postgres } = facts;
  const primary = postgres.role === 'primary';
  // A logical slot on the primary, and a slot in use, is moved by its consumer.
  const moved = slot.type === 'logical' ? !primary : slot.inUse !== true && !found.holdsXmin;
  if (!moved || found.active || !canAdvance(facts)) return [];
  const at = slot.type === 'logical' ? found.confirmedFlushLsn : found.restartLsn;
  const lsn = Math.min(slot.lsn, primary ? postgres.lsn : (postgres.replayedLsn ?? 0));
  if (at === undefined || lsn <= at) return [];
  const { database } = found;
  return [{ kind: 'advance', name, lsn, ...(database === undefined ? {} : { database }) }];
}
