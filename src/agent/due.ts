import type { Monotonic } from '../ha/facts.ts';
import { holdUntil } from '../ha/lease.ts';

/** The first try again after a deed that failed; then twice as long each time, to `loop_wait`. */
const RETRY_MS = 500;

/** What speaks for a time of the next tick. */
export interface Reasons {
  readonly now: Monotonic;
  /** When it comes without any reason. */
  readonly latest: Monotonic;
  /** What the plans asked for. */
  readonly wakes: readonly (Monotonic | undefined)[];
  /** Ticks in a row in which something failed. */
  readonly failures: number;
  readonly leaseUntil: Monotonic | undefined;
  /** Seconds. */
  readonly ttl: number;
}

/** When to look again, if nothing happens before: at the earliest of all times. */
export function dueAfter(reasons: Reasons): Monotonic {
  const { now, latest, wakes, failures, leaseUntil, ttl } = reasons;
  const times = [latest, ...wakes.filter((wake) => wake !== undefined)];
  if (failures > 0) times.push(now + RETRY_MS * 2 ** Math.min(failures - 1, 10));
  // Then a leader that could not renew stops; later the guard would have to.
  const hold = leaseUntil === undefined ? undefined : holdUntil(leaseUntil, ttl);
  if (hold !== undefined && hold > now) times.push(hold);
  return Math.min(...times);
}
