import type { Member } from '../../model/member.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import { printable } from '../../system/text.ts';
import { restartBody } from '../../wire/rest.ts';
import type { MemberOutcome } from '../actions/member-outcome.ts';
import { type Answer, askMember, checkMember, lookAtMember } from '../ask-member.ts';
import type { Session } from '../session.ts';
import { waitUntil } from '../wait.ts';

/** How long to look for a sign of a restart whose answer was lost, or of the server being up. */
const LOOK_MS = 60_000;
/** What a restart may take beyond the time that PostgreSQL has for its start: its stop. */
const SLACK_MS = 60_000;
const EVERY_MS = 1000;

/** States of a server that is on its way (patroni/postgresql/misc.py). */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['restarting', 'stopping', 'stopped', 'starting']);
const BROKEN: ReadonlySet<string> = new Set([
  'restart failed',
  'start failed',
  'stop failed',
  'crashed',
]);

/** One restart, as it is sent to each member. */
export interface RestartRequest {
  readonly pending: boolean;
  readonly postgresVersion: string | undefined;
  /** As given: seconds, or a number with a unit. */
  readonly timeout: string | undefined;
  /** ISO 8601 with an offset; undefined for now. */
  readonly schedule: string | undefined;
  /** Milliseconds that PostgreSQL has for its start. */
  readonly startTimeoutMs: number;
}

/**
 * Restarts one member, or schedules it, and waits until the server runs again. When no answer
 * comes, or one that leaves it open, it looks for a new start time of the server before it says
 * that the outcome is not known.
 */
export async function restartMember(
  session: Session,
  member: Member,
  request: RestartRequest,
): Promise<MemberOutcome> {
  const outcome = (
    kind: MemberOutcome['outcome'],
    message: string,
    status: number | null,
  ): MemberOutcome => ({ member: member.name, outcome: kind, status, message });
  const scheduled = request.schedule !== undefined;
  const { status: before, silence } = scheduled ? {} : await checkMember(session, member);
  if (silence !== undefined) return outcome('failed', silence, null);
  const answer = await post(session, member, request);
  const status = answer.kind === 'reply' ? answer.status : null;
  if (answer.kind === 'silence' && answer.taken === 'no') {
    return outcome('failed', answer.message, null);
  }
  if (status === 202) return outcome('scheduled', 'restart scheduled', status);
  if (status === 200) {
    const problem = await waitUntilRunning(session, member);
    return problem
      ? outcome('unknown', problem, status)
      : outcome('done', 'restarted successfully', status);
  }
  if (leavesItOpen(answer)) {
    const message = answer.kind === 'reply' ? answer.body : answer.message;
    const seen = scheduled
      ? await lookForSchedule(session, member, request.schedule)
      : await lookForRestart(session, member, { before, startTimeoutMs: request.startTimeoutMs });
    return outcome(seen?.outcome ?? 'unknown', seen?.message ?? message, status);
  }
  const body = answer.kind === 'reply' ? answer.body : answer.message;
  const conditional = request.pending || request.postgresVersion !== undefined;
  const skipped = conditional && status === 503 && body === 'restart conditions are not satisfied';
  return outcome(skipped ? 'skipped' : 'failed', body, status);
}

/** The line that patronictl prints for it; two more where patronictl has none. */
export function restartLine({ member, outcome, status, message }: MemberOutcome): string {
  const name = printable(member);
  const reason = status === null ? '' : ` status code=${status},`;
  switch (outcome) {
    case 'done':
      return `Success: restart on member ${name}`;
    case 'scheduled':
      return `Success: restart scheduled on member ${name}`;
    case 'skipped':
      return `Skipped: restart for member ${name}, (${printable(message)})`;
    case 'unknown':
      return `Unknown: restart for member ${name},${reason} (${printable(message)})`;
    case 'planned':
    case 'not-tried':
      return `${message}: ${name}`;
    case 'failed':
      if (status === 409) return `Failed: another restart is already scheduled on member ${name}`;
      return `Failed: restart for member ${name},${reason} (${printable(message)})`;
  }
}

function post(session: Session, member: Member, request: RestartRequest): Promise<Answer> {
  const { pending, postgresVersion, timeout, schedule, startTimeoutMs } = request;
  return askMember(session, member, {
    method: 'POST',
    path: 'restart',
    body: restartBody({
      pending,
      ...(postgresVersion === undefined ? {} : { postgresVersion }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(schedule === undefined ? {} : { schedule }),
    }),
    ...(schedule === undefined ? { timeoutMs: startTimeoutMs + SLACK_MS } : {}),
  });
}

/** True for an answer after which the restart may be going on: silence, or one of a gateway. */
function leavesItOpen(answer: Answer): boolean {
  if (answer.kind === 'silence') return true;
  const { status, body } = answer;
  return status === 502 || status === 504 || (status === 503 && /still starting/.test(body));
}

/** Waits until the server runs; returns what is wrong when it does not. */
async function waitUntilRunning(session: Session, member: Member): Promise<string | undefined> {
  let last: NodeStatus | undefined;
  const running = await waitUntil(session, { timeoutMs: LOOK_MS, everyMs: EVERY_MS }, async () => {
    last = await lookAtMember(session, member);
    return last?.state === 'running' ? true : undefined;
  });
  if (running) return undefined;
  return last
    ? `restarted, but its state is ${last.state}`
    : 'restarted, but it does not answer now';
}

interface Sign {
  readonly outcome: 'done' | 'scheduled' | 'failed' | 'unknown';
  readonly message: string;
}

async function lookForRestart(
  session: Session,
  member: Member,
  known: { before: NodeStatus | undefined; startTimeoutMs: number },
): Promise<Sign | undefined> {
  const started = known.before?.postmasterStartTime;
  let last: NodeStatus | undefined;
  let idleSince = session.clock.monotonic();
  const sign = await waitUntil<Sign>(
    session,
    { timeoutMs: known.startTimeoutMs + LOOK_MS, everyMs: EVERY_MS },
    async () => {
      last = await lookAtMember(session, member);
      if (last?.state === 'running' && started !== undefined) {
        const now = last.postmasterStartTime;
        if (now !== undefined && now !== started) {
          return { outcome: 'done', message: `restarted: it runs since ${now}` };
        }
      }
      if (last && ON_ITS_WAY.has(last.state)) idleSince = session.clock.monotonic();
      if (session.clock.monotonic() - idleSince < LOOK_MS) return undefined;
      return last && BROKEN.has(last.state)
        ? { outcome: 'failed', message: `its state is ${last.state}` }
        : { outcome: 'unknown', message: stand(last, started) };
    },
  );
  return sign ?? { outcome: 'unknown', message: stand(last, started) };
}

function stand(last: NodeStatus | undefined, started: string | undefined): string {
  if (!last) return 'no answer to the request, and it does not answer now';
  const since = started === undefined ? 'its start time before is not known' : `since ${started}`;
  return last.state === 'running'
    ? `no answer to the request; it runs (${since})`
    : `its state is ${last.state}`;
}

async function lookForSchedule(
  session: Session,
  member: Member,
  wanted: string | undefined,
): Promise<Sign | undefined> {
  const found = (await lookAtMember(session, member))?.scheduledRestart?.schedule;
  if (found === undefined || Date.parse(found) !== Date.parse(wanted ?? '')) return undefined;
  return { outcome: 'scheduled', message: `a restart is scheduled at ${found}` };
}
