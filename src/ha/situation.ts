import { type ClusterView, leaderMember } from '../model/cluster.ts';
import type { Member } from '../model/member.ts';
import type { Settings } from '../model/settings.ts';
import type { Facts } from './facts.ts';
import type { JobKind } from './job.ts';
import type { Acting, Action } from './plan.ts';

/** The plan of a rule that acts: what is said, what is done, and what else goes with it. */
export function act(
  say: string,
  actions: readonly Action[] = [],
  more: Pick<Acting, 'memory' | 'wakeAt'> = {},
): Acting {
  return { do: actions, say, ...more };
}

/** The kind of the long operation that is running now. */
export function runningJob(facts: Facts): JobKind | undefined {
  return facts.job && !facts.job.outcome ? facts.job.spec.kind : undefined;
}

/** The job of this kind has just ended, well or not. */
export function ended(facts: Facts, kind: JobKind): 'ok' | 'failed' | undefined {
  const { job } = facts;
  if (job?.spec.kind !== kind || !job.outcome) return undefined;
  return job.outcome.ok ? 'ok' : 'failed';
}

/** The plan, with what the job that has just ended died of. */
export function withFailure({ job }: Facts, plan: Acting): Acting {
  const failure = job?.outcome && !job.outcome.ok ? job.outcome.failure : undefined;
  return failure === undefined ? plan : { ...plan, because: failure };
}

/** PostgreSQL accepts writes here, or may do so before the next look. */
export function mayAcceptWrites(facts: Facts): boolean {
  const { postgres, job } = facts;
  if (postgres.role === 'primary' && postgres.state !== 'stopped') return true;
  if (!job || job.outcome) return false;
  if (job.spec.kind === 'restart') return postgres.role === 'primary';
  return job.spec.kind === 'promote' || (job.spec.kind === 'start' && job.spec.as === 'primary');
}

/** Up, answering, and a primary. */
export function isRunningPrimary({ postgres }: Facts): boolean {
  return postgres.state === 'running' && postgres.role === 'primary';
}

/** The view of the cluster, where the DCS answered. */
export function viewOf(facts: Facts): ClusterView | undefined {
  return facts.dcs?.view;
}

/** The member that leads and is not this one, with its own document. */
export function otherLeader(facts: Facts): Member | undefined {
  const view = viewOf(facts);
  if (!view || view.leader === undefined || facts.dcs?.ownsLock) return undefined;
  if (view.leader === facts.self.name) return undefined;
  return leaderMember(view);
}

/** Nobody holds the lock, as far as the DCS says. */
export function lockIsFree(facts: Facts): boolean {
  return facts.dcs !== undefined && facts.dcs.view.leader === undefined;
}

/**
 * A standby that has diverged still gets the rest of the timeline of before, whenever it tries
 * again: that it streams says nothing as long as this is false.
 */
export function isOnLeadersTimeline({ postgres, memory, dcs }: Facts): boolean {
  const timeline = (dcs && leaderMember(dcs.view)?.timeline) ?? memory.leaderTimeline;
  return timeline !== undefined && postgres.timeline === timeline;
}

/** The store was seen to have gone back or to have forgotten: it is not believed for a while. */
export function isDistrusted({ memory, now }: Facts): boolean {
  return memory.distrustUntil !== undefined && memory.distrustUntil > now;
}

/** Seconds as milliseconds. */
export function seconds(count: number): number {
  return count * 1000;
}

/** Milliseconds after which no lease from before holds any more, whatever clocks do. */
export function longestLease({ ttl }: Settings): number {
  return seconds(ttl) * 1.25;
}

/** A system identifier that PostgreSQL made: at least ten digits. */
export function isSystemId(text: string | undefined): boolean {
  return text !== undefined && /^\d{10,}$/.test(text);
}

/** pg_rewind may be used on this node. */
export function mayRewind({ self, settings }: Pick<Facts, 'self' | 'settings'>): boolean {
  return self.usePgRewind ?? settings.usePgRewind;
}
