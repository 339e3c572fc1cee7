import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting } from '../plan.ts';
import { act } from '../situation.ts';
import { isBackingOff } from './backing-off.ts';

/** No lock may stay with a node that has nothing to lead with. */
export function withoutData(facts: Facts, say: string, released: string): Acting {
  return leads(facts) || facts.dcs?.ownsLock
    ? act(released, [{ kind: 'disarm' }, { kind: 'release' }], {
        memory: { leaseUntil: undefined },
      })
    : act(say, [], isBackingOff(facts) ? { wakeAt: facts.memory.retryAfter ?? facts.now } : {});
}
