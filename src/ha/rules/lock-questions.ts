import type { Status } from '../../model/cluster.ts';
import type { Facts } from '../facts.ts';
import { failsafeDocument, leaderStatus } from '../housekeeping/status.ts';
import type { Question } from '../plan.ts';
import { viewOf } from '../situation.ts';
import { syncVersion } from '../sync/membership.ts';

/** The renewal of the lock, with the documents that go with it. */
export function renewal(facts: Facts): Question {
  const view = viewOf(facts);
  // A look that took too long knows no position: the last one that was written stays.
  const status = facts.postgres.answering ? leaderStatus(facts) : undefined;
  const failsafe = failsafeDocument(facts);
  return {
    kind: 'renew',
    ttl: facts.settings.ttl,
    ...(status === undefined || isSameStatus(status, view?.status) ? {} : { status }),
    ...(failsafe === undefined || isSameMap(failsafe, view?.failsafe) ? {} : { failsafe }),
  };
}

/** What has not changed is not written again: each write costs the store a round of consensus. */
function isSameStatus(one: Status, other: Status | undefined): boolean {
  if (!other || one.lastLsn !== other.lastLsn) return false;
  const retained = one.retainSlots.join() === other.retainSlots.join();
  return retained && isSameMap(one.slots, other.slots);
}

function isSameMap<Value>(
  one: Readonly<Record<string, Value>>,
  other: Readonly<Record<string, Value>> | undefined,
): boolean {
  const names = Object.keys(one);
  if (!other || names.length !== Object.keys(other).length) return false;
  return names.every((name) => one[name] === other[name]);
}

/** Takes the lock, if `/sync` is still as it was judged. */
export function acquisition(facts: Facts): Question {
  const view = viewOf(facts);
  return {
    kind: 'acquire',
    ttl: facts.settings.ttl,
    sync: view ? syncVersion(view) : 'absent',
  };
}
