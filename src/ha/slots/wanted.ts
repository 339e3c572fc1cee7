import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import { isNoFailover, type Member } from '../../model/member.ts';
import type { PermanentSlot } from '../../model/settings.ts';
import { isNoStream, replicateFrom } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import { canAdvance, isServing, keepsMemberSlots, permanentOfKind } from './cluster-sight.ts';
import { slotNameOf } from './names.ts';
import { retainedSlots } from './retention.ts';

/** A slot that is to be on this node. */
export interface WantedSlot {
  readonly type: 'physical' | 'logical';
  readonly database?: string;
  readonly plugin?: string;
  /** How far its consumer is, in bytes; 0: not known. */
  readonly lsn: number;
  /** Whether its consumer is connected here when all is well; undefined: nobody knows. */
  readonly inUse: boolean | undefined;
}

export type WantedSlots = ReadonlyMap<string, WantedSlot>;

/** All slots that are to be here: for members, for members that left, and permanent ones. */
export function wantedSlots(facts: Facts, view: ClusterView): WantedSlots {
  const { settings, self } = facts;
  const wanted = new Map<string, WantedSlot>();
  if (!settings.useSlots) return wanted;
  const own = slotNameOf(self.name);
  for (const member of membersServed(facts, view)) {
    wanted.set(slotNameOf(member.name), memberSlot(facts, view, member));
  }
  for (const name of isNoFailover(self.tags) ? [] : retainedSlots(facts, view)) {
    if (name === own || wanted.has(name)) continue;
    // Its consumer is away, and must find the WAL where it left off: it is not moved.
    wanted.set(name, { type: 'physical', lsn: 0, inUse: undefined });
  }
  for (const [name, slot] of permanentSlots(facts, view)) {
    // The slot of a member goes before a permanent one of the same name.
    if (wanted.has(name) || (name === own && slot.type === 'physical')) continue;
    wanted.set(name, permanentSlot({ facts, view, name, slot }));
  }
  return wanted;
}

/** Where the leader says a slot is; 0 when it says nothing. */
function positionOf({ status }: ClusterView, name: string): number {
  return Object.hasOwn(status.slots, name) ? (status.slots[name] ?? 0) : 0;
}

function membersServed(facts: Facts, view: ClusterView): readonly Member[] {
  // `nostream`: it replays from the archive, and would never use its slot.
  const others = view.members.filter(
    ({ name, tags }) => name !== facts.self.name && !isNoStream(tags),
  );
  if (keepsMemberSlots(facts)) return others;
  const { tags, name } = facts.self;
  // A node that never leads serves those who stream from it, and nobody else.
  if (canAdvance(facts) && facts.settings.memberSlotsTtl > 0 && isNoFailover(tags)) {
    return others.filter((member) => replicateFrom(member.tags) === name);
  }
  return others.filter((member) => streamsFromHere(facts, view, member));
}

/** On a leader: who has no other source. On a standby: who named it as its source. */
function streamsFromHere(facts: Facts, view: ClusterView, member: Member): boolean {
  const source = replicateFrom(member.tags);
  if (source === facts.self.name) return isServing(facts) || member.name !== view.leader;
  if (!isServing(facts)) return false;
  return source === undefined || !view.members.some(({ name }) => name === source);
}

function memberSlot(facts: Facts, view: ClusterView, member: Member): WantedSlot {
  const published = positionOf(view, slotNameOf(member.name));
  // The leader's slot of a member that streams from another one stands still, and leaders before
  // Patroni 4 publish no slots of members: then the member itself says how far it is.
  const told = replicateFrom(member.tags) !== undefined || isOldLeader(view);
  const lsn = told ? Math.max(published, member.xlogLocation ?? 0) : published;
  return { type: 'physical', lsn, inUse: streamsFromHere(facts, view, member) };
}

function isOldLeader(view: ClusterView): boolean {
  const version = leaderMember(view)?.version;
  return version !== undefined && Number.parseInt(version, 10) < 4;
}

function permanentSlots(
  facts: Facts,
  view: ClusterView,
): readonly (readonly [string, PermanentSlot])[] {
  if (isNoFailover(facts.self.tags)) return [];
  const all = permanentOfKind(facts.settings);
  const physical = all.filter(([, slot]) => slot.type === 'physical');
  if (!canAdvance(facts)) return isServing(facts) ? physical : [];
  // Without feedback from here the primary may remove rows that a logical slot here still needs.
  return hasSlotOnPrimary(facts, view) ? all : physical;
}

/** Every node on the way to the primary streams, and the way does not go in a circle. */
function hasSlotOnPrimary({ self }: Facts, view: ClusterView): boolean {
  const seen = new Set<string>();
  let node: Pick<Member, 'name' | 'tags'> | undefined = self;
  while (node) {
    if (isNoStream(node.tags) || seen.has(node.name)) return false;
    seen.add(node.name);
    const source = replicateFrom(node.tags);
    if (source === node.name) return true;
    node = view.members.find(({ name }) => name === source);
  }
  return true;
}

function permanentSlot(input: {
  facts: Facts;
  view: ClusterView;
  name: string;
  slot: PermanentSlot;
}): WantedSlot {
  const { facts, view, name, slot } = input;
  const { database, plugin } = slot;
  const published = positionOf(view, name);
  if (slot.type === 'logical' && database !== undefined && plugin !== undefined) {
    return { type: 'logical', database, plugin, lsn: published, inUse: isServing(facts) };
  }
  const cascading = view.members.find(
    (member) => slotNameOf(member.name) === name && replicateFrom(member.tags) !== undefined,
  );
  return {
    type: 'physical',
    lsn: Math.max(published, cascading?.xlogLocation ?? 0),
    inUse: !cascading && isServing(facts),
  };
}
