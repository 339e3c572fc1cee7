import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting } from '../plan.ts';
import { act, retryTime } from '../situation.ts';

/** No lock may stay with a node that has nothing to lead with. */
export function withoutData(facts: Facts, say: string, released: string): Acting {
  return leads(facts) || facts.dcs?.ownsLock
    ? act(released, [{ kind: 'disarm' }, { kind: 'release' }], {
        memory: { leaseUntil: undefined },
      })
    : act(say, [], isBackingOff(facts) ? { wakeAt: facts.memory.retryAfter ?? facts.now } : {});
}

/** Remembers one more failure, and when to try again. */
export function afterFailure(facts: Facts): { failures: number; retryAfter: number } {
  const failures = facts.memory.failures + 1;
  return { failures, retryAfter: retryTime(facts.now, failures) };
}

/** What was tried last has failed, and it is too early to try again. */
export function isBackingOff({ memory, now }: Facts): boolean {
  return memory.retryAfter !== undefined && memory.retryAfter > now;
}
