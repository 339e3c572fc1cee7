import type { ClusterView } from '../../model/cluster.ts';
import { isNoFailover } from '../../model/member.ts';
import type { PermanentSlot, Settings } from '../../model/settings.ts';
import type { Facts } from '../facts.ts';

/**
 * What slots are planned by: the DCS; in failsafe mode the last view of it, with what the leader
 * said of its slots since. Undefined: nothing is known, so no slot is touched.
 */
export function sightForSlots(facts: Facts): ClusterView | undefined {
  const { dcs, memory, settings, now } = facts;
  if (!settings.failsafeMode) return dcs?.view;
  const promise = memory.failsafePromise;
  const asked = promise !== undefined && promise.until > now;
  if (!dcs && !asked && !memory.failsafeActive) return undefined;
  const view = dcs?.view ?? memory.healthyView;
  if (!view || !asked) return view;
  // Only the leader may be cut off: its word is newer than what it could write.
  return {
    ...view,
    leader: promise.name,
    status: { ...view.status, slots: { ...view.status.slots, ...promise.slots } },
  };
}

/** The members stream from this node: it is a primary, or leads a standby cluster. */
export function isServing({ postgres, settings, dcs }: Facts): boolean {
  if (postgres.role === 'primary') return true;
  return settings.standbyCluster && dcs?.ownsLock === true;
}

/** Slots can be moved forward without a consumer: PostgreSQL 11 and later (its release notes). */
export function canAdvance({ postgres }: Pick<Facts, 'postgres'>): boolean {
  return postgres.serverVersion >= 110_000;
}

/** Slots of all members are kept on all nodes that may lead, so that none is missing afterwards. */
export function keepsMemberSlots(facts: Facts): boolean {
  const { settings, self } = facts;
  return canAdvance(facts) && settings.memberSlotsTtl > 0 && !isNoFailover(self.tags);
}

/** The permanent slots of a cluster of this kind. A standby cluster has no logical ones. */
export function permanentOfKind(settings: Settings): readonly (readonly [string, PermanentSlot])[] {
  const kind = settings.standbyCluster ? 'standby' : 'primary';
  return Object.entries(settings.permanentSlots).filter(
    ([, slot]) =>
      (slot.clusterType ?? kind) === kind && (slot.type === 'physical' || kind === 'primary'),
  );
}
