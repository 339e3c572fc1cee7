import { isSyncStandby } from '../../model/cluster.ts';
import { isNoSync } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting } from '../plan.ts';
import { act, runningJob, seconds, viewOf } from '../situation.ts';
import { syncMode } from '../sync/membership.ts';
import { dueAt } from './schedule.ts';

// A synchronous standby that is restarted would hold up commits as long as it is away. It asks the
// primary to choose another one before (Patroni: while_not_sync_standby).

/** The tags that it publishes until the restart is over. */
export const NO_SYNC_TAGS = { nosync: true, sync_priority: 0 } as const;

/**
 * The wait for the primary to do so; undefined when there is nothing to wait for, or when there was
 * time enough: it is only a hint, and nobody may be there to take the place.
 */
export function leaveSync(facts: Facts): Acting | undefined {
  const { memory, now, settings } = facts;
  if (!isSynchronous(facts)) return undefined;
  const since = memory.leavingSyncSince ?? now;
  const until = since + 2 * seconds(settings.loopWait);
  if (now >= until) return undefined;
  return act('Waiting for primary to release us from synchronous standby', [], {
    memory: { leavingSyncSince: since },
    wakeAt: Math.min(until, now + 2000),
  });
}

/** True as long as the restart that it is for is wanted, or done. */
export function isLeavingSync(facts: Facts): boolean {
  const { memory, orders, wall, settings } = facts;
  if (memory.leavingSyncSince === undefined) return false;
  const later = orders.scheduledRestart?.at;
  const isDue = later !== undefined && dueAt(later, wall, settings.loopWait).kind !== 'later';
  return isDue || orders.restart !== undefined || runningJob(facts) === 'restart';
}

function isSynchronous(facts: Facts): boolean {
  const { self, settings } = facts;
  const view = viewOf(facts);
  if (!view?.leader || leads(facts) || syncMode(settings) === 'off') return false;
  if (isNoSync(self.tags) || view.sync?.leader !== view.leader) return false;
  return isSyncStandby(view.sync, self.name);
}
