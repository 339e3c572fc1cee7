import type { Candidate, CandidateReason, TakeoverAction } from '../../ha/candidates.ts';
import type { TakeoverRefusal } from '../../ha/switchover.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { nearest } from '../nearest.ts';
import { byteSize } from '../render/byte-size.ts';

/** One reason in a few words, safe to print. */
export function reasonText(reason: CandidateReason): string {
  switch (reason.code) {
    case 'nofailover':
      return 'tagged nofailover or failover_priority 0';
    case 'unreachable':
      return `its REST API does not answer (${printable(reason.failure)})`;
    case 'watchdog-failed':
      return 'its watchdog does not work';
    case 'not-running':
      return `PostgreSQL is not running (${printable(reason.state || 'state unknown')})`;
    case 'is-primary':
      return 'runs as a primary without being the leader';
    case 'not-synchronous':
      return 'not a synchronous standby';
    case 'lag':
      return (
        `lag of ${byteSize(reason.bytes)} is over ` +
        `maximum_lag_on_failover ${byteSize(reason.limit)}`
      );
    case 'lag-unknown':
      return 'lag unknown';
    case 'timeline':
      return `on timeline ${reason.timeline}, the leader is on ${reason.expected}`;
    case 'not-streaming':
      return `not streaming (${printable(reason.state)})`;
    case 'replay-paused':
      return 'replay is paused';
    case 'nosync':
      return 'tagged nosync';
    case 'nostream':
      return 'tagged nostream: WAL from the archive only';
  }
}

/** All reasons of a candidate in one line; empty when there are none. */
export function reasonsText(candidate: Candidate): string {
  return candidate.reasons.map(reasonText).join('; ');
}

/** What a refusal is about. */
export interface RefusalContext {
  readonly action: TakeoverAction;
  readonly cluster: string;
  /** Names that may be given as candidate. */
  readonly names: readonly string[];
}

/** A refusal of the check in patronictl's words, where it has words for it. */
export function refusalFor(refusal: TakeoverRefusal, context: RefusalContext): Refusal {
  const cluster = printable(context.cluster);
  const say = (message: string, hint?: string): Refusal =>
    new Refusal(refusal.code, message, hint === undefined ? {} : { hint });
  switch (refusal.code) {
    case 'no-leader':
      return say('This cluster has no leader', 'pgherd failover promotes a member that you name');
    case 'not-the-leader':
      return say(`Member ${printable(refusal.named)} is not the leader of cluster ${cluster}`);
    case 'no-candidates':
      return say(`No candidates found to ${context.action} to`);
    case 'candidate-missing':
      return say('Failover could be performed only to a specific candidate', 'pass --candidate');
    case 'candidate-is-leader': {
      const name = printable(refusal.candidate);
      return say(`Member ${name} is already the leader of cluster ${cluster}`);
    }
    case 'unknown-candidate':
    case 'candidate-nofailover':
      return say(noSuchCandidate(refusal.candidate, cluster), candidateHint(refusal, context));
    case 'failover-scheduled':
      return say("Failover can't be scheduled");
    case 'schedule-in-pause':
      return say("Can't schedule switchover in the paused state", 'pgherd resume ends the pause');
    case 'schedule-in-past':
      return say('Cannot schedule switchover in the past');
    case 'candidate-missing-in-pause':
      return say(
        'Switchover is possible only to a specific candidate in a paused state',
        'pass --candidate, or end the pause with pgherd resume',
      );
    case 'candidate-cannot':
      return cannot(refusal.candidate, context, say);
    case 'nobody-can': {
      const why = refusal.candidates.map(
        (candidate) => `${printable(candidate.name)}: ${blockingText(candidate)}`,
      );
      return say(`No member can take over: ${why.join(', ')}`);
    }
  }
}

function cannot(
  candidate: Candidate,
  { action, names }: RefusalContext,
  say: (message: string, hint?: string) => Refusal,
): Refusal {
  const unsynchronous = candidate.reasons.some(
    ({ code, blocks }) => code === 'not-synchronous' && blocks,
  );
  const hint =
    unsynchronous && action === 'switchover'
      ? 'pgherd failover goes to a member that is not synchronous, and may lose transactions'
      : names.length > 1
        ? `pgherd ${action} --dry-run shows which members can`
        : undefined;
  const name = printable(candidate.name);
  return say(`Member ${name} cannot take over: ${blockingText(candidate)}`, hint);
}

function blockingText({ reasons }: Candidate): string {
  return reasons
    .filter(({ blocks }) => blocks)
    .map(reasonText)
    .join('; ');
}

function noSuchCandidate(candidate: string, cluster: string): string {
  const name = printable(candidate);
  return `Member ${name} does not exist in cluster ${cluster} or is tagged as nofailover`;
}

function candidateHint(
  { code, candidate }: { readonly code: string; readonly candidate: string },
  { names }: RefusalContext,
): string {
  if (code === 'candidate-nofailover') return `${printable(candidate)} is there, with the tag`;
  const near = nearest(candidate, names);
  return near
    ? `did you mean "${printable(near)}"?`
    : `it can be one of ${names.map(printable).join(', ')}`;
}
