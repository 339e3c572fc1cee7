import type { Facts, Monotonic } from './facts.ts';

/** The guard needs this long for SIGINT, SIGQUIT and SIGKILL, one after the other. */
const MOST_MARGIN_MS = 5000;
/** An agent that is alive stops PostgreSQL itself, this long before its guard would. */
const HEAD_START_MS = 1000;

/**
 * Until when the lock is surely ours. Counted from before the request was sent: the store counts
 * from when it got it, which is later (Patroni counts from the reply, and so holds it too long).
 */
export function leaseUntil(sentAt: Monotonic, ttlSeconds: number): Monotonic {
  return sentAt + ttlSeconds * 1000;
}

/** When the guard begins to stop PostgreSQL, so that it is gone before the lease ends. */
export function fenceDeadline(until: Monotonic, ttlSeconds: number): Monotonic {
  return until - Math.min(MOST_MARGIN_MS, (ttlSeconds * 1000) / 4);
}

/** When a leader that cannot renew its lease must begin to stop PostgreSQL by itself. */
export function holdUntil(until: Monotonic, ttlSeconds: number): Monotonic {
  return fenceDeadline(until, ttlSeconds) - HEAD_START_MS;
}

/** True while the lock is surely ours. What a read of the store says does not matter here. */
export function leads(facts: Pick<Facts, 'now' | 'memory'>): boolean {
  const { leaseUntil: until } = facts.memory;
  return until !== undefined && facts.now < until;
}
