import { explain, type MemberExplanation } from '../../ha/explain/explain.ts';
import { readCluster, requireGroup, requireScope } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';
import { askForReports } from '../takeover/reports.ts';
import { explanationText } from './explanation-text.ts';
import { type OutlookContext, outlookText } from './outlook-text.ts';

export interface ExplainOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
}

/**
 * Says of every member what it does, and why it could or could not lead now: one read of the DCS,
 * and one question to each member. Changes nothing.
 */
export async function explainCluster(session: Session, options: ExplainOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  requireGroup(view, group);
  const reports = await askForReports(session, view.members);
  const nowMs = session.clock.now().getTime();
  const explanation = explain({ view, reports, nowMs });
  const context = { settings: view.config?.settings, leader: view.leader };
  session.io.out(explanationText(scope, explanation, context));
  return done({
    cluster: scope,
    group: group ?? null,
    leader: explanation.leader ?? null,
    paused: explanation.paused,
    successors: explanation.line,
    members: explanation.members.map((member) => memberData(member, context)),
  });
}

/** The `--json` form: the same keys always, null where nothing is known. */
function memberData(member: MemberExplanation, context: OutlookContext) {
  const { outlook } = member;
  return {
    member: member.name,
    role: member.role,
    state: member.state,
    replicationState: member.replicationState ?? null,
    timeline: member.timeline ?? null,
    source: member.source ?? null,
    replicateFrom: member.wantedSource ?? null,
    lagBytes: member.lagBytes ?? null,
    lagSeconds: member.lagSeconds ?? null,
    failoverPriority: member.priority,
    tags: member.tags,
    pendingRestart: member.pendingRestart,
    pendingRestartReason: member.pendingRestartReason,
    replayPaused: member.replayPaused,
    dcsSeenSecondsAgo: member.dcsSeenSeconds ?? null,
    failure: member.failure ?? null,
    verdict: outlook.verdict,
    rank: member.rank ?? null,
    rule: outlook.rule?.name ?? null,
    mirrors: outlook.rule?.mirrors ?? [],
    because: outlook.because ?? null,
    about: outlook.after ?? null,
    message: outlookText(member, context),
  };
}
