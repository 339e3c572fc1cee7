import type { Facts } from '../facts.ts';
import { failsafeDocument, leaderStatus } from '../housekeeping/status.ts';
import type { Question } from '../plan.ts';
import { viewOf } from '../situation.ts';
import { syncVersion } from '../sync/membership.ts';

/** The renewal of the lock, with the documents that go with it. */
export function renewal(facts: Facts): Question {
  const failsafe = failsafeDocument(facts);
  return {
    kind: 'renew',
    ttl: facts.settings.ttl,
    // A look that took too long knows no position: the last one that was written stays.
    ...(facts.postgres.answering ? { status: leaderStatus(facts) } : {}),
    ...(failsafe === undefined ? {} : { failsafe }),
  };
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
