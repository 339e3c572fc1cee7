import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { concludeMembers, type MemberOutcome } from '../actions/member-outcome.ts';
import { askMember } from '../ask-member.ts';
import { localTime } from '../local-time.ts';
import { readCluster } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import { parseSchedule, type Schedule } from '../schedule.ts';
import { confirmAction, holdsLock, type RoleWord, selectMembers } from '../select-members.ts';
import type { Session } from '../session.ts';
import { interruptible } from '../wait.ts';
import { waitForReplay } from './replay-wait.ts';
import { postgresVersion, startTimeoutMs } from './restart-limits.ts';
import { type RestartRequest, restartLine, restartMember } from './restart-member.ts';
import { type RestartOrder, restartOrder } from './restart-order.ts';

export interface RestartOptions {
  readonly cluster: string;
  readonly members: readonly string[];
  readonly group: number | undefined;
  readonly role: RoleWord;
  /** Only one of the members that fit: a replica where there is one. */
  readonly any: boolean;
  readonly scheduled: string | undefined;
  readonly pgVersion: string | undefined;
  readonly pending: boolean;
  /** As Patroni reads it: seconds, or a number with a unit. */
  readonly timeout: string | undefined;
  readonly force: boolean;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
}

/** The `data` of `--json`. */
interface RestartData {
  readonly cluster: string;
  readonly dryRun: boolean;
  readonly order: RestartOrder['order'];
  /** UTC; null for a restart that is done now. */
  readonly scheduledAt: string | null;
  readonly members: readonly MemberOutcome[];
}

/**
 * Restarts PostgreSQL on the chosen members, one after the other: replicas first, the leader last
 * (see `restartOrder`). Each must run again before the next; the first one that does not ends the
 * work, unless `keepGoing`. Also schedules restarts, and with `dryRun` only shows the order.
 */
export async function restart(session: Session, options: RestartOptions): Promise<Result> {
  const timeoutMs = startTimeoutMs(options.timeout);
  postgresVersion(options.pgVersion);
  const view = await readCluster(session, options.cluster, options.group);
  const { names, role } = { names: options.members, role: options.role };
  const selection = { names, role, group: options.group, force: options.force, action: 'restart' };
  const selected = await selectMembers(session, view, selection);
  const schedule = await askSchedule(session, view, options);
  const order = chooseMembers(view, selected, { ...options, scheduled: schedule !== undefined });
  const head: Omit<RestartData, 'members'> = {
    cluster: options.cluster,
    dryRun: options.dryRun,
    order: order.order,
    scheduledAt: schedule?.utc ?? null,
  };
  if (order.members.length === 0) {
    session.io.out('No member has a pending restart');
    return done({ ...head, members: [] });
  }
  if (order.why) session.io.err(order.why);
  if (options.dryRun) return done({ ...head, members: plan(session, order.members) });
  await confirm(session, order.members, { schedule, options });
  const version = await askVersion(session, options);
  const request: RestartRequest = {
    pending: options.pending,
    postgresVersion: version,
    timeout: options.timeout,
    schedule: schedule?.iso,
    startTimeoutMs: timeoutMs ?? configuredStartTimeoutMs(view),
  };
  const leaders = order.members.filter((member) => holdsLock(view, member));
  const restarted = { ...options, request, order: order.order, leaders };
  const members = await restartAll(session, order.members, restarted);
  return concludeMembers('restart', members, { ...head, members });
}

async function askSchedule(
  session: Session,
  view: ClusterView,
  options: RestartOptions,
): Promise<Schedule | undefined> {
  let text = options.scheduled;
  if (text === undefined && !options.force && !options.dryRun) {
    const inOneHour = new Date(session.clock.now().getTime() + 3_600_000);
    const example = localTime(inOneHour).slice(0, 16).replace(' ', 'T');
    const message = `When should the restart take place (e.g. ${example}) `;
    text = await session.prompt.text({ message, flag: '--scheduled or --force', initial: 'now' });
  }
  const schedule = text === undefined ? undefined : await parseSchedule(text, session.clock);
  if (schedule && view.config?.settings.pause) {
    throw new Refusal('paused', "Can't schedule restart in the paused state");
  }
  if (schedule) session.io.err(`The time is ${schedule.utc} in UTC`);
  return schedule;
}

function chooseMembers(
  view: ClusterView,
  selected: readonly Member[],
  { pending, any, scheduled }: { pending: boolean; any: boolean; scheduled: boolean },
): RestartOrder {
  // Who needs a restart may be others when the time has come: then the members decide.
  const needy = pending && !scheduled ? selected.filter((one) => one.pendingRestart) : selected;
  if (!any) return restartOrder(view, needy);
  const one = needy.find((member) => !holdsLock(view, member)) ?? needy[0];
  return restartOrder(view, one ? [one] : []);
}

async function confirm(
  session: Session,
  members: readonly Member[],
  { schedule, options }: { schedule: Schedule | undefined; options: RestartOptions },
): Promise<void> {
  if (options.force) return;
  if (!schedule) return confirmAction(session, members, { action: 'restart', force: false });
  const names = members.map(({ name }) => printable(name)).join(', ');
  const message = options.pending
    ? 'The nodes needing a restart will be identified at the scheduled time, and might be ' +
      'different from the ones showing pending restart right now. Is this fine?'
    : 'Are you sure you want to schedule restart of members ' +
      `${names} at ${schedule.iso.replace('T', ' ')}?`;
  if (await session.prompt.confirm({ message, flag: '--force' })) return;
  throw new Refusal('aborted', 'Aborted scheduled restart');
}

async function askVersion(
  session: Session,
  { pgVersion, force }: RestartOptions,
): Promise<string | undefined> {
  const message = 'Restart if the PostgreSQL version is less than provided (e.g. 9.5.2) ';
  const flag = '--pg-version or --force';
  const text =
    pgVersion === undefined && !force
      ? await session.prompt.text({ message, flag, initial: '' })
      : pgVersion;
  return postgresVersion(text);
}

async function restartAll(
  session: Session,
  members: readonly Member[],
  options: RestartOptions & {
    request: RestartRequest;
    order: RestartOrder['order'];
    leaders: readonly Member[];
  },
): Promise<MemberOutcome[]> {
  const { request, force, leaders } = options;
  const outcomes: MemberOutcome[] = [];
  let current = '';
  const interrupted = (): string =>
    `Interrupted: the restart of ${current} may still be going on; ` +
    `pgherd list ${printable(options.cluster)} shows where it stands`;
  let stopped = false;
  for (const [index, member] of members.entries()) {
    current = printable(member.name);
    if (stopped) {
      const message = 'an earlier member did not end well';
      outcomes.push({ member: member.name, outcome: 'not-tried', status: null, message });
      continue;
    }
    const outcome = await interruptible(session, interrupted, async () => {
      if (request.schedule === undefined) {
        if (options.order === 'leader-first' && !leaders.includes(member)) {
          await waitForReplay(session, leaders, member);
        }
        session.io.err(`Restarting ${current} (${index + 1} of ${members.length})`);
      } else if (force && member.scheduledRestart) {
        await flushBefore(session, member);
      }
      return restartMember(session, member, request);
    });
    session.io.out(restartLine(outcome));
    outcomes.push(outcome);
    const bad = outcome.outcome === 'failed' || outcome.outcome === 'unknown';
    // To schedule on the others takes nothing down.
    stopped = bad && !options.keepGoing && request.schedule === undefined;
  }
  return outcomes;
}

/** Takes an older schedule away. When that fails, the new one is refused and says why. */
async function flushBefore(session: Session, member: Member): Promise<void> {
  const answer = await askMember(session, member, { method: 'DELETE', path: 'restart' });
  if (answer.kind === 'reply' && answer.status < 400) return;
  const reason =
    answer.kind === 'reply'
      ? `status code=${answer.status}, (${printable(answer.body)})`
      : `(${printable(answer.message)})`;
  session.io.err(`Failed: flush scheduled restart for member ${printable(member.name)}, ${reason}`);
}

function plan(session: Session, members: readonly Member[]): MemberOutcome[] {
  session.io.out('The members would be restarted in this order:');
  return members.map((member, index) => {
    session.io.out(`${index + 1}. ${printable(member.name)}`);
    return { member: member.name, outcome: 'planned', status: null, message: 'not restarted' };
  });
}

/** Patroni's `primary_start_timeout`, also under its old name; 300 s by default. */
function configuredStartTimeoutMs(view: ClusterView): number {
  const data = view.config?.data;
  const seconds = Number(data?.primary_start_timeout ?? data?.master_start_timeout ?? 300);
  return (Number.isFinite(seconds) && seconds > 0 ? seconds : 300) * 1000;
}
