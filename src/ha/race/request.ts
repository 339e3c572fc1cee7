import type { Failover } from '../../model/cluster.ts';
import { isNoFailover } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import { seconds, viewOf } from '../situation.ts';
import { type Leniency, STRICT } from './fitness.ts';

/** What a switchover or failover that was asked for means for this standby in a race. */
export type Call =
  /** Race, with these conditions; `excluded` has handed over and does not count. */
  | { readonly kind: 'race'; readonly leniency: Leniency; readonly excluded?: string }
  /** Somebody else has to be given the chance. */
  | { readonly kind: 'stand-aside'; readonly for: string | undefined }
  /** The others must be asked first. */
  | { readonly kind: 'ask' };

/**
 * Reads the request (`/failover`), as Patroni's manual_failover_process_no_leader does. Others
 * stand aside for a candidate that is able, but not for longer than `ttl`: one that does not take
 * the lock would leave the cluster without a leader.
 */
export function callOf(facts: Facts): Call {
  const request = dueRequest(facts);
  if (!request) return { kind: 'race', leniency: STRICT };
  const excluded = request.leader === facts.self.name ? undefined : request.leader;
  const race: Call = {
    kind: 'race',
    leniency: STRICT,
    ...(excluded === undefined ? {} : { excluded }),
  };
  if (request.candidate === facts.self.name) {
    // A failover names no leader: it is the operator who accepts what may be lost (S10).
    const lenient = request.leader === undefined;
    return { ...race, leniency: { synchronous: lenient, lag: lenient } };
  }
  if (facts.settings.pause) return { kind: 'stand-aside', for: request.candidate };
  if (isPatienceOver(facts)) return race;
  const heard = facts.answers.peers;
  if (request.candidate !== undefined) {
    if (!heard) return { kind: 'ask' };
    if (isAble(facts, request.candidate)) return { kind: 'stand-aside', for: request.candidate };
  }
  if (request.leader !== facts.self.name) return race;
  if (!heard) return { kind: 'ask' };
  // The former leader leads again only when nobody else can.
  const others = heard.some(({ name }) => name !== request.candidate && isAble(facts, name));
  return others ? { kind: 'stand-aside', for: undefined } : race;
}

/** The request that holds now: one that is scheduled for later says nothing about a race today. */
function dueRequest(facts: Facts): Failover | undefined {
  const request = viewOf(facts)?.failover;
  if (!request || (request.leader === undefined && request.candidate === undefined)) return;
  if (request.scheduledAt === undefined) return request;
  return Date.parse(request.scheduledAt) <= facts.wall ? request : undefined;
}

function isPatienceOver({ memory, settings, now }: Facts): boolean {
  const since = memory.lockFreeSince;
  return since !== undefined && since + seconds(settings.ttl) <= now;
}

/** It answered, runs, and may lead (Patroni's failover_limitation). */
function isAble(facts: Facts, name: string): boolean {
  const report = facts.answers.peers?.find((peer) => peer.name === name)?.report;
  if (!report?.ok) return false;
  const { state, watchdogFailed, tags } = report.status;
  return state === 'running' && !watchdogFailed && !isNoFailover(tags);
}
