import { likelyCandidates } from '../../ha/candidates.ts';
import type { TakeoverOrder } from '../../ha/switchover.ts';
import type { Before } from '../../ha/takeover-progress.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { asItSays, type MemberReport, type NodeStatus } from '../../model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { localTime } from '../local-time.ts';
import type { Result } from '../result.ts';
import type { Session } from '../session.ts';
import { interruptible, readAgain } from '../wait.ts';
import { type Followed, followTakeover } from './follow.ts';
import type { TakeoverOptions } from './options.ts';
import {
  answeredResult,
  followedResult,
  type Plan,
  resultLine,
  type TakeoverData,
} from './report.ts';
import { type Sent, sendTakeover, type TakeoverCommand } from './request.ts';
import { showTopology } from './show-topology.ts';

/** How many members that may take over are asked for their role at short intervals. */
const WATCHED = 4;

/** What `carryOut` needs beside the plan. */
export interface Execution {
  readonly order: TakeoverOrder;
  readonly reports: ReadonlyMap<string, MemberReport>;
  readonly options: TakeoverOptions;
}

/** Sends the request and, unless told otherwise, follows it to its end. Prints what came of it. */
export async function carryOut(
  session: Session,
  plan: Plan,
  execution: Execution,
): Promise<Result<TakeoverData>> {
  const cluster = printable(plan.view.scope);
  const sentence = (): string =>
    `Interrupted: the ${plan.action} of cluster ${cluster} may still be going on; ` +
    `pgherd list ${cluster} shows it`;
  return interruptible(session, sentence, async () => {
    const command = commandOf(plan, execution.order);
    if (plan.schedule || !execution.options.wait) return sendOnly(session, plan, command);
    const before = beforeOf(plan, execution.reports);
    const followed = await followTakeover(session, {
      view: plan.view,
      group: plan.group,
      before,
      timeoutMs: timeoutMs(plan.view, execution.options.timeout),
      likely: plan.candidate
        ? [plan.candidate]
        : likelyCandidates(plan.candidates)
            .slice(0, WATCHED)
            .map(({ name }) => name),
      send: () => sendTakeover(session, plan.view, command),
    });
    await showEnd(session, plan, followed);
    return followedResult(plan, before, followed);
  });
}

/** Without following: the answer is the result. A schedule without a clear one is looked for. */
async function sendOnly(
  session: Session,
  plan: Plan,
  command: TakeoverCommand,
): Promise<Result<TakeoverData>> {
  const sent = await sendTakeover(session, plan.view, command);
  const settled = plan.schedule ? await lookForSchedule(session, plan, sent) : sent;
  const result = answeredResult(plan, settled);
  if (result.outcome !== 'done') return result;
  const text = settled.kind === 'answered' ? printable(settled.body) : 'Switchover scheduled';
  session.io.out(`${stamp(session)} ${text}`);
  await showNow(session, plan, new Map());
  return result;
}

async function lookForSchedule(session: Session, plan: Plan, sent: Sent): Promise<Sent> {
  const open = sent.kind === 'silent' || (sent.kind === 'answered' && sent.reply.kind === 'look');
  if (!open) return sent;
  const view = await readAgain(session, plan.view.scope, plan.group);
  const found = view?.failover;
  const wanted = Date.parse(plan.schedule?.utc ?? '');
  const same =
    found?.scheduledAt !== undefined &&
    Date.parse(found.scheduledAt) === wanted &&
    (found.candidate ?? '') === (plan.candidate ?? '');
  if (!same) return sent;
  const reply = { kind: 'scheduled' } as const;
  return { kind: 'answered', status: 202, body: 'Switchover scheduled', reply };
}

async function showEnd(session: Session, plan: Plan, followed: Followed): Promise<void> {
  const { newLeader, promoted } = followed.progress;
  if (followed.end === 'answered') return;
  if (newLeader !== null && promoted) {
    session.io.out(`${stamp(session)} ${resultLine(plan, newLeader)}`);
    const ms = followed.writeOutageMs;
    if (ms === null) {
      session.io.err('For how long writes were not possible could not be seen');
    } else {
      session.io.out(`Writes were not possible for about ${ms} ms (as the members reported it)`);
    }
  }
  const old = plan.view.leader;
  if (promoted && old !== undefined && followed.progress.oldLeaderRejoined === null) {
    session.io.warn(
      `The old leader ${old} did not answer before and is not back: ` +
        'make sure that its PostgreSQL does not accept writes any more',
    );
  }
  await showNow(session, plan, followed.statuses);
}

/** The members as the DCS knows them now, or newer: as they say themselves. */
async function showNow(
  session: Session,
  plan: Plan,
  statuses: ReadonlyMap<string, NodeStatus>,
): Promise<void> {
  if (session.io.json) return;
  const view = await readAgain(session, plan.view.scope, plan.group);
  if (!view) return;
  const members = view.members.map((member) => {
    const status = statuses.get(member.name);
    return status ? asItSays(member, status) : member;
  });
  showTopology(session, { ...view, members }, plan.group);
}

/** `2026-01-31 13:05:00.12300`: patronictl stamps its lines to ten microseconds. */
function stamp(session: Session): string {
  const now = session.clock.now();
  return `${localTime(now)}.${String(now.getMilliseconds()).padStart(3, '0')}00`;
}

function commandOf({ schedule, group }: Plan, order: TakeoverOrder): TakeoverCommand {
  return { order, scheduledIso: schedule?.iso, group };
}

function beforeOf(plan: Plan, reports: ReadonlyMap<string, MemberReport>): Before {
  const statuses = [...reports].flatMap(([name, report]) =>
    report.ok ? [{ name, status: report.status }] : [],
  );
  const running = statuses.filter(({ status }) => status.state === 'running');
  return {
    action: plan.action,
    leader: plan.view.leader,
    candidate: plan.candidate || undefined,
    running: new Set(running.map(({ name }) => name)),
    streamingIsTold: statuses.some(({ status }) => status.replicationState !== undefined),
  };
}

/** By default long enough for a lease to run out, and then for everybody to return. */
function timeoutMs(view: ClusterView, seconds: number | undefined): number {
  if (seconds !== undefined) return seconds * 1000;
  const { ttl, loopWait } = view.config?.settings ?? DEFAULT_SETTINGS;
  return Math.max(60, 2 * ttl + 3 * loopWait) * 1000;
}
