import type { AgentCall } from '../dcs/agent-dcs.ts';
import type { Monotonic } from '../ha/facts.ts';
import { holdUntil } from '../ha/lease.ts';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts';

/** What the limits go by. */
export interface LimitFacts {
  readonly settings?: Settings;
  /** Undefined: the lock is not ours. */
  readonly leaseUntil?: Monotonic | undefined;
  readonly now?: Monotonic;
}

/** However little is left, an answer may come in so many milliseconds. */
const LEAST_MS = 500;

/**
 * How long a call to the store may take, in milliseconds: `retry_timeout`, as in Patroni. A leader
 * needs an answer before it has to give up; of what is left until then a read may use half, since a
 * renewal comes after it.
 */
export function storeTimeout(call: AgentCall, facts: LimitFacts): number {
  const { settings = DEFAULT_SETTINGS, leaseUntil, now = 0 } = facts;
  const usual = settings.retryTimeout * 1000;
  if (leaseUntil === undefined || now >= leaseUntil) return usual;
  const left = holdUntil(leaseUntil, settings.ttl) - now;
  const share = call === 'renew' ? left : left / 2;
  return Math.max(Math.min(usual, share), LEAST_MS);
}
