import type { Facts } from '../facts.ts';
import { viewOf } from '../situation.ts';

/**
 * The newest timeline that the cluster is known to have reached: by the history, which ends with
 * the one before, by what the members published, and by the leader that was seen last. 0 when
 * nothing is known.
 */
export function knownTimeline(facts: Facts): number {
  const view = viewOf(facts);
  const last = view?.history?.at(-1)?.[0];
  const primaries = (view?.members ?? []).filter(({ role }) => role === 'primary');
  return Math.max(
    typeof last === 'number' ? last + 1 : 0,
    facts.memory.leaderTimeline ?? 0,
    ...primaries.map(({ timeline }) => timeline ?? 0),
  );
}
