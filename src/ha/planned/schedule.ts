import type { Timestamp } from '../facts.ts';

/** Whether the time for something that was scheduled has come. */
export type Due =
  | { readonly kind: 'now' }
  /** `inMs`: how long until then. */
  | { readonly kind: 'later'; readonly inMs: number }
  /** It was missed by so much that nobody expects it any more. */
  | { readonly kind: 'stale' };

/**
 * Compares a schedule with the wall clock. It is stale when it was missed by more than one and a
 * half `loop_wait` (seconds), as in Patroni (should_run_scheduled_action).
 */
export function dueAt(at: Timestamp, wall: Timestamp, loopWait: number): Due {
  const inMs = at - wall;
  if (inMs > 0) return { kind: 'later', inMs };
  return inMs < -1500 * loopWait ? { kind: 'stale' } : { kind: 'now' };
}
