import { slotNameOf } from '../../../ha/slots/names.ts';
import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import { byteSize } from '../../render/byte-size.ts';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/** More than this is no passing lag: 64 segments of WAL. */
const MUCH = 1024 ** 3;
/** For a slot that nobody will read from: one segment. */
const SEGMENT = 16 * 1024 ** 2;

/** Slots that keep the leader from removing WAL, by the positions that it publishes: `/status`. */
export function checkWalRetention({ view }: DoctorFacts): Finding[] {
  const { lastLsn, slots } = view.status;
  if (Object.keys(slots).length === 0 || lastLsn === 0) {
    const check = { id: 'slots', what: 'WAL that is held for slots' };
    const why = 'the leader publishes no positions of slots (PostgreSQL 10, or use_slots off)';
    return [notChecked(check, why, 'look at pg_replication_slots on the leader')];
  }
  const members = new Set(view.members.map(({ name }) => slotNameOf(name)));
  const { permanentSlots, memberSlotsTtl } = view.config?.settings ?? DEFAULT_SETTINGS;
  return Object.entries(slots).flatMap(([name, lsn]): Finding[] => {
    const held = lastLsn - lsn;
    const orphan = !members.has(name) && !(name in permanentSlots);
    if (held <= (orphan ? SEGMENT : MUCH)) return [];
    const evidence = `slot ${name} is ${byteSize(held)} behind the leader, by /status`;
    const common = { severity: 'warning', member: null, evidence } as const;
    if (orphan) {
      const title = 'WAL is kept for a member that is gone';
      const remedy = `it ends member_slots_ttl (${memberSlotsTtl} s) after the member went`;
      return [{ ...common, id: 'orphan-slot', title, remedy }];
    }
    const title = 'much WAL is kept for a slot: the disk of the leader may fill';
    const remedy =
      'repair its consumer or drop the slot; max_slot_wal_keep_size limits what is kept';
    return [{ ...common, id: 'slot-holds-wal', title, remedy }];
  });
}
