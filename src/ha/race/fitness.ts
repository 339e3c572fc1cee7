import { isNoFailover } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import { promiseSeconds } from '../failsafe.ts';
import { isDistrusted, seconds, viewOf } from '../situation.ts';
import { maySucceed } from '../sync/membership.ts';
import { isOutsideFailsafe } from './electorate.ts';
import { reachedTimeline } from './known-timeline.ts';
import { sharedPosition } from './standing.ts';

/** Why a standby stays out of the race, before anybody is asked. */
export type Unfitness =
  | 'distrusted-store'
  | 'nofailover'
  | 'starting'
  | 'not-answering'
  | 'backing-off'
  | 'just-started'
  | 'no-fence'
  | 'no-watchdog'
  | 'not-in-failsafe'
  | 'not-synchronous'
  | 'lag'
  | 'diverged'
  | 'timeline'
  | 'former-leader-streams';

/** An operator who named the candidate answers for these. */
export interface Leniency {
  readonly synchronous: boolean;
  readonly lag: boolean;
}

export const STRICT: Leniency = { synchronous: false, lag: false };

/** The first reason that keeps this standby from racing; undefined: it may. */
export function unfitness(facts: Facts, leniency: Leniency): Unfitness | undefined {
  const { postgres, self, memory, now } = facts;
  if (isDistrusted(facts)) return 'distrusted-store';
  if (isNoFailover(self.tags)) return 'nofailover';
  if (postgres.state !== 'running') return 'starting';
  if (!postgres.answering) return 'not-answering';
  if (memory.raceAfter !== undefined && memory.raceAfter > now) return 'backing-off';
  return (
    fenceProblem(facts) ??
    withoutRight(facts, leniency) ??
    withoutData(facts, leniency) ??
    (mayReturn(facts) ? 'former-leader-streams' : undefined)
  );
}

/**
 * The guard or the watchdog does not work although the configuration asks for it: such a primary
 * cannot promise to stop in time.
 */
export function fenceProblem({ self, fence }: Facts): Unfitness | undefined {
  if (self.fence === 'required' && fence.guard !== 'alive') return 'no-fence';
  if (self.watchdog === 'required' && fence.watchdog !== 'usable') return 'no-watchdog';
  return undefined;
}

function withoutRight(facts: Facts, leniency: Leniency): Unfitness | undefined {
  const view = viewOf(facts);
  const { settings, self, memory } = facts;
  if (!view) return 'distrusted-store';
  if (settings.failsafeMode && mayHavePromised(facts)) return 'just-started';
  if (isOutsideFailsafe(facts, self.name)) return 'not-in-failsafe';
  // A `/sync` that may be old is no measure: then all are heard, and the one with most WAL leads.
  const bound = !leniency.synchronous && !memory.syncDistrusted;
  if (bound && !maySucceed(view, settings, self.name)) return 'not-synchronous';
  return undefined;
}

/** An agent that was just started does not know what the one before it promised a leader. */
function mayHavePromised({ memory, settings, now }: Facts): boolean {
  return now < (memory.startedAt ?? now) + seconds(promiseSeconds(settings.ttl));
}

function withoutData(facts: Facts, leniency: Leniency): Unfitness | undefined {
  const { settings, postgres, memory } = facts;
  const lag = (viewOf(facts)?.status.lastLsn ?? 0) - sharedPosition(facts);
  if (!leniency.lag && lag > settings.maximumLagOnFailover) return 'lag';
  // What the last leader had, these data do not: leading with them would undo it.
  const diverged = memory.rewind === 'needed' || memory.rewind === 'failed';
  if (!leniency.lag && diverged) return 'diverged';
  if (settings.checkTimeline && !settings.standbyCluster) {
    if ((postgres.timeline ?? 0) < reachedTimeline(facts)) return 'timeline';
  }
  return undefined;
}

/**
 * WAL that still comes from the former leader proves that its PostgreSQL lives. In pause nobody
 * fences it, so nobody may be promoted beside it. Else it is its agent that stood still (P#3453),
 * and has `primary_race_backoff` seconds to come back; the guard stops a primary without an agent.
 */
function mayReturn({ memory, postgres, settings, now }: Facts): boolean {
  const former = memory.healthyView?.leader;
  if (postgres.replicationState !== 'streaming' || postgres.follows !== former) return false;
  const backoff = seconds(settings.primaryRaceBackoff);
  return settings.pause || (memory.lockFreeSince ?? now) + backoff > now;
}
