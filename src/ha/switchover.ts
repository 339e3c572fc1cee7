import type { ClusterView } from '../model/cluster.ts';
import { isNoFailover } from '../model/member.ts';
import { compareText } from '../model/python.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import type { Candidate, TakeoverAction } from './candidates.ts';

/** What was asked for. */
export interface TakeoverRequest {
  readonly action: TakeoverAction;
  /** Who the user thinks is the leader; undefined: whoever it is. */
  readonly leader?: string | undefined;
  /** Undefined or empty: Patroni chooses (switchover only). */
  readonly candidate?: string | undefined;
  /** Milliseconds since 1970; undefined: at once. */
  readonly scheduledAtMs?: number | undefined;
}

/** A request that may be sent: names are members, a leader is the leader. */
export interface TakeoverOrder {
  readonly action: TakeoverAction;
  /** The leader that hands over; a failover names none. */
  readonly leader?: string;
  readonly candidate?: string;
}

/** Why a request is not to be sent. */
export type TakeoverRefusal =
  | { readonly code: 'no-leader' }
  | { readonly code: 'not-the-leader'; readonly named: string }
  | { readonly code: 'no-candidates' }
  | { readonly code: 'candidate-missing' }
  | { readonly code: 'candidate-is-leader'; readonly candidate: string }
  | { readonly code: 'unknown-candidate'; readonly candidate: string }
  | { readonly code: 'candidate-nofailover'; readonly candidate: string }
  | { readonly code: 'schedule-in-pause' }
  | { readonly code: 'failover-scheduled' }
  | { readonly code: 'schedule-in-past' }
  | { readonly code: 'candidate-missing-in-pause' }
  | { readonly code: 'candidate-cannot'; readonly candidate: Candidate }
  | { readonly code: 'nobody-can'; readonly candidates: readonly Candidate[] };

/** What the check goes by, beside the cluster. */
export interface CheckOptions {
  /** From `assessCandidates`; undefined: nobody was asked, only the DCS decides. */
  readonly candidates?: readonly Candidate[];
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Whether a switchover or failover may be asked for. Total: an order or the first thing that is in
 * its way. The same check serves the dry run, the real run and those who receive the request.
 */
export function checkSwitchover(
  view: ClusterView,
  request: TakeoverRequest,
  options: CheckOptions,
): { readonly ok: TakeoverOrder } | { readonly refuse: TakeoverRefusal } {
  const refuse =
    checkLeader(view, request) ??
    checkCandidateName(view, request) ??
    checkSchedule(view, request, options.nowMs) ??
    checkAbility(request, options.candidates);
  if (refuse) return { refuse };
  const { action, candidate } = request;
  const leader = action === 'switchover' ? view.leader : undefined;
  return {
    ok: { action, ...(leader ? { leader } : {}), ...(candidate ? { candidate } : {}) },
  };
}

/** First step: is there a leader, and is it the one that was named? A failover needs none. */
export function checkLeader(
  view: ClusterView,
  { action, leader }: TakeoverRequest,
): TakeoverRefusal | undefined {
  if (action === 'switchover') {
    if (!view.leader) return { code: 'no-leader' };
    if (leader !== undefined && leader !== view.leader) {
      return { code: 'not-the-leader', named: leader };
    }
  }
  return candidateNames(view).length === 0 ? { code: 'no-candidates' } : undefined;
}

/** The names that may be given as candidate, sorted: members that never may lead are left out. */
export function candidateNames(view: ClusterView): string[] {
  return view.members
    .filter(({ name, tags }) => name !== view.leader && !isNoFailover(tags))
    .map(({ name }) => name)
    .sort(compareText);
}

/** Second step: is the candidate that was named one of them? */
export function checkCandidateName(
  view: ClusterView,
  { action, candidate }: TakeoverRequest,
): TakeoverRefusal | undefined {
  if (!candidate) return action === 'failover' ? { code: 'candidate-missing' } : undefined;
  if (candidate === view.leader) return { code: 'candidate-is-leader', candidate };
  if (candidateNames(view).includes(candidate)) return undefined;
  const member = view.members.some(({ name }) => name === candidate);
  return { code: member ? 'candidate-nofailover' : 'unknown-candidate', candidate };
}

/** Third step: may it happen at that time? A paused cluster wants a candidate, and no schedule. */
function checkSchedule(
  view: ClusterView,
  { action, candidate, scheduledAtMs }: TakeoverRequest,
  nowMs: number,
): TakeoverRefusal | undefined {
  const { pause } = view.config?.settings ?? DEFAULT_SETTINGS;
  if (scheduledAtMs !== undefined) {
    if (action === 'failover') return { code: 'failover-scheduled' };
    if (pause) return { code: 'schedule-in-pause' };
    if (scheduledAtMs < nowMs) return { code: 'schedule-in-past' };
  }
  return pause && !candidate ? { code: 'candidate-missing-in-pause' } : undefined;
}

/** Last step: can the candidate, or anybody, take over now? Nobody knows about a time to come. */
function checkAbility(
  { candidate, scheduledAtMs }: TakeoverRequest,
  candidates: readonly Candidate[] | undefined,
): TakeoverRefusal | undefined {
  if (!candidates || scheduledAtMs !== undefined) return undefined;
  if (!candidate) {
    return candidates.some(({ can }) => can) ? undefined : { code: 'nobody-can', candidates };
  }
  const named = candidates.find(({ name }) => name === candidate);
  return named && !named.can ? { code: 'candidate-cannot', candidate: named } : undefined;
}
