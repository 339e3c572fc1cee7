import type { ClusterView } from '../../model/cluster.ts';
import { isPrimaryRole } from '../../model/node-status.ts';
import type { Facts } from '../facts.ts';
import { viewOf } from '../situation.ts';
import { claimedTimeline, isClaim } from './timeline-claim.ts';

/**
 * The newest timeline that anybody may have: that of `reachedTimeline`, or one that somebody has
 * claimed for a promotion of which no more is known. 0 when nothing is known.
 */
export function knownTimeline(facts: Facts): number {
  const views = [viewOf(facts), facts.memory.healthyView];
  const claimed = views.map((view) => claimedTimeline(view?.history) ?? 0);
  return Math.max(reachedTimeline(facts), ...claimed);
}

/**
 * The newest timeline that anybody is known to have reached: by the history, which ends with the
 * one before, by what primaries published, now or when somebody led last, and by the answers to
 * the poll. 0 when nothing is known.
 */
export function reachedTimeline(facts: Facts): number {
  const { healthyView, leaderTimeline } = facts.memory;
  const peers = (facts.answers.peers ?? []).map(({ report }) =>
    report.ok ? (report.status.timeline ?? 0) : 0,
  );
  return Math.max(leaderTimeline ?? 0, reached(viewOf(facts)), reached(healthyView), ...peers);
}

function reached(view: ClusterView | undefined): number {
  const last = view?.history?.findLast((line) => !isClaim(line))?.[0];
  const primaries = (view?.members ?? []).filter(({ role }) => isPrimaryRole(role));
  const published = primaries.map(({ timeline }) => timeline ?? 0);
  return Math.max(typeof last === 'number' ? last + 1 : 0, ...published);
}
