import type { Candidate, TakeoverAction } from '../../ha/candidates.ts';
import type { Before } from '../../ha/takeover-progress.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { printable } from '../../system/text.ts';
import { hintFor } from '../actions/member-outcome.ts';
import { done, type Failure, failed, type Result, unknown } from '../result.ts';
import type { Schedule } from '../schedule.ts';
import { candidateData } from './candidate-table.ts';
import type { Followed } from './follow.ts';
import type { Sent } from './request.ts';
import { stageText, stillMissing } from './stage.ts';

/** What was decided before anything was sent. */
export interface Plan {
  readonly action: TakeoverAction;
  readonly view: ClusterView;
  readonly group: number | undefined;
  readonly candidate: string | undefined;
  readonly schedule: Schedule | undefined;
  readonly candidates: readonly Candidate[];
  readonly dryRun: boolean;
}

/** The `data` of `--json`: what is known at the end; `null` for what was not, or not looked at. */
export function takeoverData(
  plan: Plan,
  seen: { readonly sent?: Sent | undefined; readonly followed?: Followed } = {},
) {
  const { sent, followed } = seen;
  const progress = followed && followed.end !== 'answered' ? followed.progress : undefined;
  return {
    cluster: plan.view.scope,
    group: plan.group ?? null,
    action: plan.action,
    dryRun: plan.dryRun,
    leader: plan.view.leader ?? null,
    candidate: plan.candidate || null,
    scheduledAt: plan.schedule?.utc ?? null,
    sentTo: sent ? (sent.kind === 'written' ? ('dcs' as const) : ('member' as const)) : null,
    answer: sent?.kind === 'answered' ? { status: sent.status, text: sent.body } : null,
    newLeader: progress?.newLeader ?? answeredLeader(sent),
    timeline: progress?.timeline ?? null,
    promoted: progress?.promoted ?? null,
    oldLeaderRejoined: progress?.oldLeaderRejoined ?? null,
    notFollowing: progress?.notFollowing ?? null,
    writeOutageMs: followed?.writeOutageMs ?? null,
    elapsedMs: followed ? Math.round(followed.elapsedMs) : null,
    candidates: plan.candidates.map(candidateData),
  };
}

export type TakeoverData = ReturnType<typeof takeoverData>;

/** The line that patronictl prints when it went well: the members' own words. */
export function resultLine(plan: Plan, newLeader: string): string {
  const name = printable(newLeader);
  const verb = plan.action === 'switchover' ? 'switched' : 'failed';
  if (!plan.candidate || plan.candidate === newLeader) {
    return `Successfully ${verb} over to "${name}"`;
  }
  const other = `${verb.charAt(0).toUpperCase()}${verb.slice(1)} over to "${name}"`;
  return `${other} instead of "${printable(plan.candidate)}"`;
}

/** The result of an operation that was followed to its end, or as far as the time allowed. */
export function followedResult(
  plan: Plan,
  before: Before,
  followed: Followed,
): Result<TakeoverData> {
  const { progress, sent, end } = followed;
  const data = takeoverData(plan, { sent, followed });
  if (end === 'answered' && sent) return answeredResult(plan, sent);
  const { newLeader } = progress;
  if (newLeader !== null && plan.candidate && newLeader !== plan.candidate && progress.promoted) {
    return failed(data, otherLeader(plan, newLeader));
  }
  if (end === 'complete') return done(data);
  if (end === 'failed') {
    const code = `${plan.action}-failed`;
    return failed(data, failure(plan, { code, message: why(plan, sent) }));
  }
  const seconds = Math.round(followed.elapsedMs / 1000);
  const where = printable(stageText(progress, before));
  if (end === 'no-sign') {
    const silent = sent?.kind === 'silent' ? ` (${printable(sent.message)})` : '';
    const message = `No answer came${silent} and nothing is seen of the ${plan.action}`;
    return unknown(data, lookHint(plan, 'no-answer', message));
  }
  if (progress.promoted && newLeader !== null) {
    const missing = stillMissing(progress, before).map(printable).join(', ');
    const leads = `${printable(newLeader)} is the new leader`;
    const message = `${leads}, but after ${seconds} s these do not follow it: ${missing}`;
    return unknown(data, lookHint(plan, 'not-rejoined', message));
  }
  const message = `The ${plan.action} has not ended after ${seconds} s: ${where}`;
  return unknown(data, lookHint(plan, 'timeout', message));
}

/** The result as the answer alone tells it. */
export function answeredResult(plan: Plan, sent: Sent): Result<TakeoverData> {
  const data = takeoverData(plan, { sent });
  if (sent.kind === 'silent') {
    const silent = `No answer came (${printable(sent.message)})`;
    const message = `${silent}: it is not known whether the ${plan.action} goes on`;
    return unknown(data, lookHint(plan, 'no-answer', message));
  }
  if (sent.kind === 'written') {
    if (plan.schedule) return done(data);
    const asked = `The ${plan.action} was requested in the DCS`;
    const message = `${asked}; it is not known whether it happens`;
    return unknown(data, lookHint(plan, 'not-followed', message));
  }
  const { reply } = sent;
  if (reply.kind === 'done' || reply.kind === 'scheduled') return done(data);
  if (reply.kind === 'other-leader') return failed(data, otherLeader(plan, reply.leader));
  if (reply.kind === 'look') {
    const message = `It is not known how the ${plan.action} ended, details: ${details(sent)}`;
    return unknown(data, lookHint(plan, 'status-unknown', message));
  }
  const code = reply.kind === 'denied' ? 'access-denied' : `${plan.action}-refused`;
  return failed(data, failure(plan, { code, message: why(plan, sent), hint: hintFor([sent]) }));
}

function answeredLeader(sent: Sent | undefined): string | null {
  if (sent?.kind !== 'answered') return null;
  const { reply } = sent;
  return reply.kind === 'done' || reply.kind === 'other-leader' ? (reply.leader ?? null) : null;
}

/** patronictl's sentence, where there was an answer. */
function why(plan: Plan, sent: Sent | undefined): string {
  const action = plan.action === 'switchover' ? 'Switchover' : 'Failover';
  if (sent?.kind === 'answered') return `${action} failed, details: ${details(sent)}`;
  return `${action} failed: the request is gone and nothing came of it`;
}

function details(sent: { readonly status: number; readonly body: string }): string {
  const body = printable(sent.body.trim());
  return body === '' ? String(sent.status) : `${sent.status}, ${body}`;
}

function otherLeader(plan: Plan, newLeader: string): Failure {
  const message = resultLine(plan, newLeader);
  return failure(plan, { code: 'other-candidate-promoted', message });
}

/** `hint`: what helps; by default how to look. */
function failure(
  plan: Plan,
  words: { readonly code: string; readonly message: string; readonly hint?: string | undefined },
): Failure {
  const look = `pgherd list ${printable(plan.view.scope)} shows how the cluster is now`;
  return { code: words.code, message: words.message, hint: words.hint ?? look };
}

function lookHint(plan: Plan, code: string, message: string): Failure {
  const cluster = printable(plan.view.scope);
  return { code, message, hint: `it may still be going on: pgherd list ${cluster} shows it` };
}
