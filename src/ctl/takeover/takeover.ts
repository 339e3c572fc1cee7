import { assessCandidates, type Candidate, likelyCandidates } from '../../ha/candidates.ts';
import {
  candidateNames,
  checkCandidateName,
  checkLeader,
  checkSwitchover,
  type TakeoverOrder,
  type TakeoverRefusal,
} from '../../ha/switchover.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { MemberReport } from '../../model/node-status.ts';
import { printable } from '../../system/text.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, failed, type Result } from '../result.ts';
import type { Schedule } from '../schedule.ts';
import type { Session } from '../session.ts';
import { candidateTable } from './candidate-table.ts';
import { carryOut } from './carry-out.ts';
import type { TakeoverOptions } from './options.ts';
import {
  askCandidate,
  askConsent,
  askGroup,
  askLeader,
  askToConfirm,
  askWhen,
  requestOf,
  requireAnswers,
} from './questions.ts';
import { type Plan, type TakeoverData, takeoverData } from './report.ts';
import { askForReports } from './reports.ts';
import { showTopology } from './show-topology.ts';
import { reasonText, refusalFor } from './texts.ts';

/**
 * A switchover or failover, as patronictl does it: shows the cluster, asks for what was not given,
 * checks, asks once more, sends the request. Then follows it to its end. Refuses what cannot be
 * done before it asks; nothing is sent by a dry run.
 */
export async function takeover(
  session: Session,
  options: TakeoverOptions,
): Promise<Result<TakeoverData>> {
  requireAnswers(session, options);
  const scope = requireScope(session, options.cluster);
  let view = await readCluster(session, scope, options.group);
  session.io.out('Current cluster topology');
  showTopology(session, view, options.group);
  const group = await askGroup(session, options);
  if (group !== options.group) view = await readCluster(session, scope, group);

  const leader = await askLeader(session, view, options);
  refuseIf(checkLeader(view, requestOf(options, { leader })), view, options);
  const reports = await askForReports(session, view.members);
  const candidates = assessCandidates({
    view,
    reports,
    action: options.action,
    nowMs: session.clock.now().getTime(),
  });
  const situation: Situation = { view, group, leader, candidates, reports };
  return options.dryRun
    ? dryRun(session, options, situation)
    : realRun(session, options, situation);
}

/** What was found out before the candidate is chosen. */
interface Situation {
  readonly view: ClusterView;
  readonly group: number | undefined;
  readonly leader: string | undefined;
  readonly candidates: readonly Candidate[];
  readonly reports: ReadonlyMap<string, MemberReport>;
}

async function realRun(
  session: Session,
  options: TakeoverOptions,
  situation: Situation,
): Promise<Result<TakeoverData>> {
  const { view, leader, candidates } = situation;
  const candidate = await askCandidate(session, view, { options, candidates });
  refuseIf(checkCandidateName(view, requestOf(options, { leader, candidate })), view, options);
  const named = candidates.find(({ name }) => name === candidate);
  await askConsent(session, view, { options, candidate: named });
  const schedule = await askWhen(session, options);
  const order = check(session, options, { ...situation, candidate, schedule });
  const plan = planOf(options, situation, { candidate, schedule });
  sayLeaderIsSilent(session, situation);
  sayWhatToExpect(session, plan);
  await askToConfirm(session, view, { options, schedule });
  return carryOut(session, plan, { order, reports: situation.reports, options });
}

/** Says who can take over, and whether the request would be sent. */
async function dryRun(
  session: Session,
  options: TakeoverOptions,
  situation: Situation,
): Promise<Result<TakeoverData>> {
  const { view, candidates } = situation;
  session.io.out(candidateTable(candidates));
  const { candidate } = options;
  let schedule: Schedule | undefined;
  try {
    schedule = await askWhen(session, options);
    check(session, options, { ...situation, candidate, schedule });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const plan = planOf(options, situation, { candidate, schedule });
    const { code, message, hint } = error;
    const failure = { code, message, ...(hint === undefined ? {} : { hint }) };
    return { ...failed(takeoverData(plan), failure), exitCode: error.exitCode };
  }
  const plan = planOf(options, situation, { candidate, schedule });
  sayWhatToExpect(session, plan);
  const from = view.leader ? ` from ${printable(view.leader)}` : '';
  const to = candidate ? ` to ${printable(candidate)}` : '';
  const when = schedule ? ` at ${schedule.utc}` : '';
  const what = `${options.action} of cluster ${printable(view.scope)}${from}${to}${when}`;
  session.io.out(`Dry run: a ${what} would be asked for, nothing was changed`);
  return done(takeoverData(plan));
}

function check(
  session: Session,
  options: TakeoverOptions,
  chosen: Situation & {
    readonly candidate: string | undefined;
    readonly schedule: Schedule | undefined;
  },
): TakeoverOrder {
  const verdict = checkSwitchover(chosen.view, requestOf(options, chosen), {
    candidates: chosen.candidates,
    nowMs: session.clock.now().getTime(),
  });
  if ('ok' in verdict) return verdict.ok;
  throw refusal(verdict.refuse, chosen.view, options);
}

function refuseIf(
  found: TakeoverRefusal | undefined,
  view: ClusterView,
  options: TakeoverOptions,
): void {
  if (found) throw refusal(found, view, options);
}

function refusal(found: TakeoverRefusal, view: ClusterView, { action }: TakeoverOptions): Refusal {
  return refusalFor(found, { action, cluster: view.scope, names: candidateNames(view) });
}

function planOf(
  options: TakeoverOptions,
  { view, group, candidates }: Situation,
  chosen: { readonly candidate: string | undefined; readonly schedule: Schedule | undefined },
): Plan {
  const { action, dryRun } = options;
  return { action, dryRun, view, group, candidates, ...chosen };
}

/** The request goes to the leader: when it does not answer now, it may not take it either. */
function sayLeaderIsSilent(session: Session, { view, reports }: Situation): void {
  const report = view.leader === undefined ? undefined : reports.get(view.leader);
  if (!report || report.ok) return;
  session.io.warn(`The leader ${view.leader} does not answer (${report.failure})`);
}

/** What speaks against the candidate without forbidding it, or who it will be. */
function sayWhatToExpect(session: Session, plan: Plan): void {
  const { failover } = plan.view;
  if (failover?.scheduledAt) {
    session.io.warn(`This replaces the switchover scheduled for ${failover.scheduledAt}`);
  }
  if (!plan.candidate) {
    const names = likelyCandidates(plan.candidates).map(({ name }) => printable(name));
    if (names.length === 0) return;
    const which = names.length === 1 ? names[0] : `one of ${names.join(', ')} (likeliest first)`;
    session.io.err(`No candidate is named: Patroni will choose ${which}`);
    return;
  }
  const named = plan.candidates.find(({ name }) => name === plan.candidate);
  for (const reason of named?.reasons ?? []) {
    session.io.warn(`${plan.candidate}: ${reasonText(reason)}`);
  }
}
