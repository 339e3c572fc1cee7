import type { ClusterView, Status } from '../../model/cluster.ts';
import type { SlotView } from '../../model/postgres.ts';
import { compareText } from '../../model/python.ts';
import type { Facts } from '../facts.ts';
import { canAdvance, permanentOfKind } from '../slots/cluster-sight.ts';
import { slotNameOf } from '../slots/names.ts';
import { retainedSlots } from '../slots/retention.ts';
import { wantedSlots } from '../slots/wanted.ts';

/**
 * What a leader tells the others with each renewal: how far its WAL is, how far the consumers of
 * its slots are, and which slots must not be dropped though their member is gone. Of a server that
 * does not run the positions stay as they were written last.
 */
export function leaderStatus(facts: Facts): Status {
  const { postgres, dcs, memory } = facts;
  const view = dcs?.view ?? memory.healthyView;
  if (!view) return { lastLsn: postgres.lsn, slots: {}, retainSlots: [] };
  const seen = postgres.state === 'running' && postgres.answering;
  return {
    lastLsn: seen ? postgres.lsn : view.status.lastLsn,
    slots: seen ? slotPositions(facts, view) : view.status.slots,
    retainSlots: keepsAny(facts) ? retainedSlots(facts, view) : [],
  };
}

/** The `failsafe` document: the addresses of all members and of this one; undefined: not used. */
export function failsafeDocument(facts: Facts): Readonly<Record<string, string>> | undefined {
  const { settings, dcs, self } = facts;
  if (!settings.failsafeMode || !dcs) return undefined;
  const members = new Map<string, string>();
  for (const { name, apiUrl } of dcs.view.members) {
    if (apiUrl !== undefined) members.set(name, apiUrl);
  }
  // Our own document may be gone when the lock is still there.
  if (!members.has(self.name)) members.set(self.name, self.apiUrl);
  return Object.fromEntries(members);
}

function keepsAny(facts: Facts): boolean {
  return facts.settings.useSlots && canAdvance(facts);
}

/**
 * Positions of the slots that other nodes have as well, and of this node under its own name: once
 * another one leads, it needs to know from where on this one needs WAL.
 */
function slotPositions(facts: Facts, view: ClusterView): Status['slots'] {
  const { postgres, self, settings } = facts;
  if (!keepsAny(facts)) return {};
  const wanted = wantedSlots(facts, view);
  const positions = new Map<string, number>();
  for (const slot of postgres.slots) {
    const position = consumerOf(slot);
    if (position !== undefined && wanted.get(slot.name)?.type === slot.type) {
      positions.set(slot.name, position);
    }
  }
  positions.set(slotNameOf(self.name), postgres.lsn);
  const shared = [...positions].filter(
    ([name]) => settings.memberSlotsTtl > 0 || isPermanent(name),
  );
  return Object.fromEntries(shared.sort(([one], [other]) => compareText(one, other)));

  /** Members' slots are not kept on other nodes: only permanent ones are of use there. */
  function isPermanent(name: string): boolean {
    return permanentOfKind(settings).some(([permanent]) => permanent === name);
  }
}

/** A logical slot's consumer confirms; a physical one's is where the slot keeps WAL from. */
function consumerOf(slot: SlotView): number | undefined {
  return slot.type === 'logical' ? slot.confirmedFlushLsn : slot.restartLsn;
}
