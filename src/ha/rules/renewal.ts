import type { Facts } from '../facts.ts';
import { failsafeDocument, leaderStatus } from '../housekeeping/status.ts';
import type { Question } from '../plan.ts';

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
