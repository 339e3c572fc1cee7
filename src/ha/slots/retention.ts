import type { ClusterView } from '../../model/cluster.ts';
import { compareText } from '../../model/python.ts';
import { isNoStream } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Memory } from '../memory.ts';
import { canAdvance, permanentOfKind } from './cluster-sight.ts';
import { slotNameOf } from './names.ts';

/**
 * When each member's slot was last seen to have a member. Only a leader keeps count. A new one
 * starts with the names that the one before left in `/status`, from now on: so the slot of that
 * leader itself outlives the failover (P#3244).
 */
export function memberSeen(facts: Facts, view: ClusterView): Memory['memberSeen'] {
  const { memory, now } = facts;
  if (!leads(facts) || !canAdvance(facts)) return {};
  const { retainSlots } = view.status;
  const seen = new Map(retainSlots.map((name) => [name, now]));
  for (const [name, at] of Object.entries(memory.memberSeen)) {
    // What has expired is remembered until it has left `/status`, or it would come back from there.
    if (!isExpired(facts, at) || retainSlots.includes(name)) seen.set(name, at);
  }
  for (const name of streamingMembers(facts, view)) seen.set(name, now);
  return Object.fromEntries(seen);
}

/** Slots of members, there or gone for less than `member_slots_ttl`, that no node may drop. */
export function retainedSlots(facts: Facts, view: ClusterView): readonly string[] {
  if (!leads(facts)) return view.status.retainSlots;
  const entries = Object.entries(memberSeen(facts, view));
  const names = entries.filter(([, at]) => !isExpired(facts, at)).map(([name]) => name);
  return names.sort(compareText);
}

function isExpired({ now, settings }: Facts, at: number): boolean {
  return at + settings.memberSlotsTtl * 1000 <= now;
}

/** Slot names of all members that stream, this one among them; permanent slots stay anyway. */
function streamingMembers({ self, settings }: Facts, view: ClusterView): readonly string[] {
  const permanent = permanentOfKind(settings).filter(([, { type }]) => type === 'physical');
  const kept = new Set(permanent.map(([name]) => name));
  const members = [self, ...view.members.filter(({ name }) => name !== self.name)];
  return members
    .filter(({ tags }) => !isNoStream(tags))
    .map(({ name }) => slotNameOf(name))
    .filter((name) => !kept.has(name));
}
