import type { Candidate } from '../../ha/candidates.ts';
import { candidateNames, type TakeoverRequest } from '../../ha/switchover.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { localTime } from '../local-time.ts';
import { parseSchedule, type Schedule } from '../schedule.ts';
import type { Session } from '../session.ts';
import { candidateTable } from './candidate-table.ts';
import type { TakeoverOptions } from './options.ts';

/** Refuses at once, naming all that is missing, when there are questions and nobody to answer. */
export function requireAnswers(session: Session, options: TakeoverOptions): void {
  if (!asks(options) || session.io.interactive) return;
  const wanted: readonly (readonly [string, string | undefined])[] =
    options.action === 'switchover'
      ? [
          ['--leader', options.leader],
          ['--candidate', options.candidate],
          ['--scheduled', options.scheduled],
        ]
      : [['--candidate', options.candidate]];
  const missing = wanted.filter(([, value]) => value === undefined).map(([flag]) => flag);
  const flags = [...missing, '--force'].join(', ');
  const message = `A ${options.action} asks for ${flags}, and there is no terminal to ask on`;
  const hint =
    options.action === 'switchover'
      ? 'with --force what is not given is: the current leader, any candidate, now'
      : 'pass --candidate and --force';
  throw new Refusal('no-terminal', message, { hint });
}

/** True when what is not given is to be asked for. */
function asks({ force, dryRun }: TakeoverOptions): boolean {
  return !force && !dryRun;
}

/** The Citus group, where the cluster has groups and none was named. */
export async function askGroup(
  session: Session,
  options: TakeoverOptions,
): Promise<number | undefined> {
  if (!session.settings.citus || options.group !== undefined) return options.group;
  if (!asks(options)) {
    throw new Refusal('no-group', 'For Citus clusters the --group must be specified');
  }
  const answer = await session.prompt.text({ message: 'Citus group', flag: '--group' });
  if (/^\d{1,9}$/.test(answer.trim())) return Number(answer);
  throw new Refusal('bad-group', `"${printable(answer)}" is not a Citus group: it is a number`);
}

/** Who is thought to be the leader: the one there is, unless told otherwise. */
export async function askLeader(
  session: Session,
  view: ClusterView,
  options: TakeoverOptions,
): Promise<string | undefined> {
  if (options.action === 'failover') return undefined;
  if (options.leader !== undefined || !asks(options) || !view.leader) return options.leader;
  const message = view.config?.settings.standbyCluster ? 'Standby Leader' : 'Primary';
  return session.prompt.text({ message, flag: '--leader', initial: view.leader });
}

/** Who is to take over; empty: anybody. Shows before who can. */
export async function askCandidate(
  session: Session,
  view: ClusterView,
  { options, candidates }: { options: TakeoverOptions; candidates: readonly Candidate[] },
): Promise<string | undefined> {
  if (options.candidate !== undefined || !asks(options)) return options.candidate;
  session.io.err(candidateTable(candidates));
  const names = candidateNames(view).map((name) => `'${printable(name)}'`);
  const message = `Candidate [${names.join(', ')}]`;
  return session.prompt.text({ message, flag: '--candidate', initial: '' });
}

/** When it is to happen; undefined: now. */
export async function askWhen(
  session: Session,
  options: TakeoverOptions,
): Promise<Schedule | undefined> {
  if (options.action === 'failover') return undefined;
  let text = options.scheduled;
  if (text === undefined && asks(options)) {
    const nextHour = localTime(new Date(session.clock.now().getTime() + 3_600_000));
    const example = nextHour.slice(0, 16).replace(' ', 'T');
    const message = `When should the switchover take place (e.g. ${example} ) `;
    text = await session.prompt.text({ message, flag: '--scheduled', initial: 'now' });
  }
  const schedule = await parseSchedule(text ?? 'now', session.clock);
  if (schedule) session.io.err(`Scheduled for ${schedule.utc}`);
  return schedule;
}

/** Patroni's question before a failover to a member for which no commit waits. */
export async function askConsent(
  session: Session,
  view: ClusterView,
  { options, candidate }: { options: TakeoverOptions; candidate: Candidate | undefined },
): Promise<void> {
  if (options.action !== 'failover' || !asks(options)) return;
  if (!view.sync || candidate?.synchronous !== false) return;
  const name = printable(candidate.name);
  const message = `Are you sure you want to failover to the asynchronous node ${name}?`;
  if (await session.prompt.confirm({ message, flag: '--force' })) return;
  throw new Refusal('aborted', `Aborting ${options.action}`);
}

/** The last question. */
export async function askToConfirm(
  session: Session,
  view: ClusterView,
  { options, schedule }: { options: TakeoverOptions; schedule: Schedule | undefined },
): Promise<void> {
  if (!asks(options)) return;
  const demoting = view.leader ? `, demoting current leader ${printable(view.leader)}` : '';
  const cluster = printable(view.scope);
  const { action } = options;
  const what = schedule
    ? `schedule switchover of cluster ${cluster} at ${schedule.iso}`
    : `${action} cluster ${cluster}`;
  const message = `Are you sure you want to ${what}${demoting}?`;
  if (await session.prompt.confirm({ message, flag: '--force' })) return;
  throw new Refusal('aborted', `Aborting ${schedule ? 'scheduled ' : ''}${action}`);
}

/** The request as far as it is answered. */
export function requestOf(
  options: TakeoverOptions,
  answers: {
    readonly leader: string | undefined;
    readonly candidate?: string | undefined;
    readonly schedule?: Schedule | undefined;
  },
): TakeoverRequest {
  const { leader, candidate, schedule } = answers;
  return {
    action: options.action,
    ...(leader === undefined ? {} : { leader }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(schedule === undefined ? {} : { scheduledAtMs: Date.parse(schedule.utc) }),
  };
}
