import type { Facts } from '../facts.ts';

// What has just failed is tried again, later each time.

/** Remembers one more failure, and when to try again. */
export function afterFailure(facts: Facts): { failures: number; retryAfter: number } {
  const failures = facts.memory.failures + 1;
  return { failures, retryAfter: retryTime(facts.now, failures) };
}

/** What was tried last has failed, and it is too early to try again. */
export function isBackingOff({ memory, now }: Facts): boolean {
  return memory.retryAfter !== undefined && memory.retryAfter > now;
}

/**
 * After this many failures in a row: when to try again. Doubles from one second to a minute, so
 * that neither a broken node is hammered nor a healed one waits for long.
 */
function retryTime(now: number, failures: number): number {
  return now + Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
}
