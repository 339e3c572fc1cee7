import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import { Interrupted } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { reinitializeBody } from '../../wire/rest.ts';
import { concludeMembers, type MemberOutcome } from '../actions/member-outcome.ts';
import { type Answer, askMember, checkMember } from '../ask-member.ts';
import { readCluster } from '../read-cluster.ts';
import type { Result } from '../result.ts';
import { confirmAction, selectMembers } from '../select-members.ts';
import type { Session } from '../session.ts';
import { type ReinitProgress, reinitProgress } from './reinit-progress.ts';
import { startTrack } from './reinit-track.ts';
import { followReinit, type ReinitJob } from './reinit-wait.ts';

export interface ReinitOptions {
  readonly cluster: string;
  readonly members: readonly string[];
  readonly group: number | undefined;
  readonly force: boolean;
  /** Copy from the leader, not from a replica that offers itself. */
  readonly fromLeader: boolean;
  readonly wait: boolean;
  /** Seconds to wait; a day by default. */
  readonly timeout: number | undefined;
}

/** One member under `--json`: how it ended, and what was seen of the copy. */
interface ReinitOutcome extends MemberOutcome {
  /** Seconds from the request to the end; null when nobody waited. */
  readonly seconds: number | null;
  readonly copiedBytes: number | null;
  readonly totalBytes: number | null;
}

const DAY_SECONDS = 86_400;
/** A member may first have to end what it is doing. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Has replicas make their data directory anew from a copy. With `wait`, to the true end of it: a
 * new server that streams on the leader's timeline, or a failure, or the time being over.
 */
export async function reinit(session: Session, options: ReinitOptions): Promise<Result> {
  const view = await readCluster(session, options.cluster, options.group);
  const selection = {
    names: options.members,
    role: 'replica',
    group: options.group,
    force: options.force,
    action: 'reinitialize',
  } as const;
  const selected = await selectMembers(session, view, selection);
  await confirmAction(session, selected, selection);
  const started = await startAll(session, selected, options);
  const jobs = started.flatMap(({ outcome, job }) => (outcome.outcome === 'failed' ? [] : [job]));
  if (options.wait && jobs.length > 0) {
    const progress = reinitProgress(session, sources(view, options));
    await follow(session, view, { jobs, progress, options });
  }
  const members = started.map(({ outcome, job }) =>
    conclude(session, { outcome, job, waited: options.wait }),
  );
  const { cluster, fromLeader, wait } = options;
  return concludeMembers('reinitialize', members, { cluster, fromLeader, waited: wait, members });
}

interface Started {
  readonly outcome: MemberOutcome;
  readonly job: ReinitJob;
}

/** One after the other: a question may come between. Ctrl-C then says what was begun before it. */
async function startAll(
  session: Session,
  members: readonly Member[],
  options: ReinitOptions,
): Promise<Started[]> {
  const started: Started[] = [];
  try {
    for (const member of members) started.push(await start(session, member, options));
    return started;
  } catch (error) {
    const begun = started.filter(({ outcome }) => outcome.outcome !== 'failed');
    if (!(error instanceof Interrupted) || begun.length === 0) throw error;
    const names = begun.map(({ outcome }) => printable(outcome.member)).join(', ');
    throw new Interrupted(
      `Interrupted: reinitialize was begun on ${names} and goes on; ` +
        `pgherd list ${printable(options.cluster)} shows where it stands`,
    );
  }
}

/** Sends the request to one member; asks what to do when the member is at something already. */
async function start(
  session: Session,
  member: Member,
  { force, fromLeader, wait }: ReinitOptions,
): Promise<{ outcome: MemberOutcome; job: ReinitJob }> {
  const { status: before, silence } = await checkMember(session, member);
  const job: ReinitJob = {
    member,
    track: startTrack(before),
    state: before?.state ?? '',
    seconds: 0,
  };
  let answer: Answer =
    silence === undefined
      ? await post(session, member, reinitializeBody({ force, fromLeader }))
      : { kind: 'silence', taken: 'no', message: silence };
  const busy =
    answer.kind === 'reply' && answer.status >= 400 && answer.body.endsWith(' already in progress');
  if (busy && !force && session.io.interactive) {
    say(session, member, answer);
    const message = 'Do you want to cancel it and reinitialize anyway?';
    if (await session.prompt.confirm({ message, flag: '--force' })) {
      answer = await post(session, member, reinitializeBody({ force: true, fromLeader }));
    }
  }
  say(session, member, answer);
  if (answer.kind === 'silence') {
    const { taken, message } = answer;
    const outcome = taken === 'no' ? 'failed' : 'unknown';
    return { outcome: { member: member.name, outcome, status: null, message }, job };
  }
  const { status, body } = answer;
  const outcome = status < 400 ? 'done' : 'failed';
  const hint = busy && !force && !wait ? '; --force cancels it' : '';
  return { outcome: { member: member.name, outcome, status, message: body + hint }, job };
}

function post(session: Session, member: Member, body: object): Promise<Answer> {
  const timeoutMs = REQUEST_TIMEOUT_MS;
  return askMember(session, member, { method: 'POST', path: 'reinitialize', body, timeoutMs });
}

function say(session: Session, member: Member, answer: Answer): void {
  const name = printable(member.name);
  if (answer.kind === 'silence') {
    const word = answer.taken === 'no' ? 'Failed' : 'Unknown';
    session.io.out(`${word}: reinitialize for member ${name}, (${printable(answer.message)})`);
  } else if (answer.status < 400) {
    session.io.out(`Success: reinitialize for member ${name}`);
  } else {
    const reason = `status code=${answer.status}, (${printable(answer.body)})`;
    session.io.out(`Failed: reinitialize for member ${name}, ${reason}`);
  }
}

/** The servers that a copy may come from: the leader, and the replicas that offer themselves. */
function sources(view: ClusterView, { fromLeader }: ReinitOptions): Member[] {
  const leader = leaderMember(view);
  const offering = view.members.filter(
    (member) => member !== leader && Boolean(member.tags.clonefrom) && !fromLeader,
  );
  return leader ? [leader, ...offering] : offering;
}

async function follow(
  session: Session,
  view: ClusterView,
  {
    jobs,
    progress,
    options,
  }: { jobs: ReinitJob[]; progress: ReinitProgress; options: ReinitOptions },
): Promise<void> {
  const timeoutMs = (options.timeout ?? DAY_SECONDS) * 1000;
  try {
    await followReinit(session, view, { jobs, progress, group: options.group, timeoutMs });
  } finally {
    progress.close();
  }
}

/** The last word on one member; one whose end was not seen is printed here. */
function conclude(
  session: Session,
  { outcome, job, waited }: { outcome: MemberOutcome; job: ReinitJob; waited: boolean },
): ReinitOutcome {
  const copiedBytes = job.copy?.bytes ?? null;
  const totalBytes = job.copy?.totalBytes ?? null;
  if (!waited || outcome.outcome === 'failed') {
    return { ...outcome, seconds: null, copiedBytes, totalBytes };
  }
  const name = printable(job.member.name);
  const numbers = { seconds: job.seconds, copiedBytes, totalBytes };
  if (!job.end) {
    const state = job.state || 'no answer';
    const message = `not done after ${job.seconds} seconds (${job.track.phase}, state: ${state})`;
    session.io.out(`Unknown: reinitialize for member ${name}, (${printable(message)})`);
    return { ...outcome, outcome: 'unknown', message, ...numbers };
  }
  const { end } = job;
  return { ...outcome, outcome: end.outcome, message: end.message, ...numbers };
}
