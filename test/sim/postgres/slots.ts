import type { SlotChange } from '../../../src/ha/plan.ts';
import type { SlotView } from '../../../src/model/postgres.ts';
import type { Data } from './data.ts';

/** A replication slot. A physical one follows what its standby has flushed. */
export interface Slot {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly database: string | undefined;
  readonly plugin: string | undefined;
  /** Undefined: it reserves no WAL yet. */
  restartLsn: number | undefined;
  confirmedFlushLsn: number | undefined;
  /** Name of the standby that streams with it. */
  usedBy: string | undefined;
  holdsXmin: boolean;
}

/** Changes one slot; throws what PostgreSQL would say. */
export function changeSlot(data: Data, change: SlotChange): void {
  const slot = data.slots.get(change.name);
  if (change.kind === 'create') {
    if (slot !== undefined) throw new Error(`replication slot "${change.name}" already exists`);
    data.slots.set(change.name, newSlot(data, change));
    return;
  }
  if (slot === undefined) throw new Error(`replication slot "${change.name}" does not exist`);
  if (slot.usedBy !== undefined) throw new Error(`replication slot "${change.name}" is active`);
  if (change.kind === 'drop') data.slots.delete(change.name);
  else advance(data, slot, change.lsn);
}

function newSlot(data: Data, change: SlotChange & { kind: 'create' }): Slot {
  // On a standby this waits for the primary to log a snapshot, which nobody asks it to do here.
  if (change.type === 'logical' && data.standbySignal) {
    throw new Error('logical slots are copied to a standby, not created there');
  }
  const logical = change.type === 'logical';
  return {
    name: change.name,
    type: change.type,
    database: change.database,
    plugin: change.plugin,
    restartLsn: logical || change.reserve ? data.replayed.lsn : undefined,
    confirmedFlushLsn: logical ? data.replayed.lsn : undefined,
    usedBy: undefined,
    holdsXmin: false,
  };
}

/** Manual, `pg_replication_slot_advance`: never back, and not beyond what was replayed. */
function advance(data: Data, slot: Slot, lsn: number): void {
  if (slot.restartLsn === undefined) {
    throw new Error(`replication slot "${slot.name}" has never reserved WAL`);
  }
  const target = Math.min(lsn, data.replayed.lsn);
  if (target < slot.restartLsn) throw new Error(`cannot move slot "${slot.name}" backwards`);
  slot.restartLsn = target;
  if (slot.type === 'logical') slot.confirmedFlushLsn = target;
}

/** As `pg_replication_slots` shows it. */
export function slotView(slot: Slot): SlotView {
  const { usedBy, ...shown } = slot;
  return { ...shown, active: usedBy !== undefined };
}

/** Bytes of WAL that slots keep from being removed. */
export function pinnedBytes(data: Data): number {
  let oldest = data.flushed.lsn;
  for (const { restartLsn } of data.slots.values()) oldest = Math.min(oldest, restartLsn ?? oldest);
  return data.flushed.lsn - oldest;
}
