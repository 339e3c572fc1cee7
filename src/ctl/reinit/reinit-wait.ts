import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import type { Member } from '../../model/member.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { lookAtMember } from '../ask-member.ts';
import { progressLine } from '../progress-line.ts';
import { byteSize } from '../render/byte-size.ts';
import type { Session } from '../session.ts';
import { interruptible, readAgain, waitUntil } from '../wait.ts';
import type { CopyProgress, ReinitProgress } from './reinit-progress.ts';
import { advance, isEnd, type ReinitEnd, type ReinitTrack } from './reinit-track.ts';

const EVERY_MS = 500;

/** A member that is made anew, and all that was seen of it. */
export interface ReinitJob {
  readonly member: Member;
  track: ReinitTrack;
  /** Set when it is over; without it the time was over first. */
  end?: ReinitEnd;
  /** As the member last answered; empty when it never did. */
  state: string;
  copy?: CopyProgress;
  /** The `seconds` at which the copy that goes on now was first seen. */
  copyFrom?: number;
  /** Seconds from the first look to the end, or to the last look. */
  seconds: number;
}

/**
 * Looks at the members twice a second until each one's copy has come to its end, and shows where
 * they stand on stderr. Prints a line for each that has ended. Sets `end` of the jobs.
 */
export async function followReinit(
  session: Session,
  view: ClusterView,
  options: {
    jobs: readonly ReinitJob[];
    progress: ReinitProgress;
    group: number | undefined;
    timeoutMs: number;
  },
): Promise<void> {
  const { jobs, progress } = options;
  const started = session.clock.monotonic();
  const line = progressLine(session);
  const loopWait = (view.config?.settings ?? DEFAULT_SETTINGS).loopWait;
  const patienceMs = Math.max(30_000, 3 * loopWait * 1000);
  let toldProblem = false;
  const open = (): ReinitJob[] => jobs.filter(({ end }) => !end);
  const look = async (): Promise<true | undefined> => {
    const leader = await lookAtLeader(session, view.scope, options.group);
    await Promise.all(
      open().map(async (job) => {
        const status = await lookAtMember(session, job.member);
        const now = session.clock.monotonic();
        observe(job, { status, leader, now, started, patienceMs });
        // Asked from the beginning, so that a short copy shows too.
        const copy = progress.read(job.member);
        if (job.end) announce(session, job, job.end);
        else if (copy && job.track.phase === 'copying') job.copy = copy;
      }),
    );
    const problem = progress.problem();
    if (problem !== undefined && !toldProblem) {
      toldProblem = true;
      session.io.err(
        `The bytes that are copied cannot be shown, only the state: ${printable(problem)}`,
      );
    }
    if (open().length === 0) return true;
    const key = open().map((job) => `${placeOf(job)} ${job.copy?.phase ?? ''}`);
    line.show(key.join('; '), open().map(textOf).join('; '));
    return undefined;
  };
  const names = (): string =>
    open()
      .map(({ member }) => printable(member.name))
      .join(', ');
  session.io.err(`Waiting for reinitialize to complete on: ${names()}`);
  await interruptible(
    session,
    () =>
      `Interrupted: the members go on with it by themselves: ${names()}; ` +
      `pgherd list ${printable(view.scope)} shows where they stand`,
    () => waitUntil(session, { timeoutMs: options.timeoutMs, everyMs: EVERY_MS }, look),
  );
}

function observe(
  job: ReinitJob,
  seen: {
    status: NodeStatus | undefined;
    leader: LeaderSight;
    now: number;
    started: number;
    patienceMs: number;
  },
): void {
  const { status, leader, now, patienceMs } = seen;
  const leaderStreams =
    leader.status?.replication.some(
      ({ applicationName, state }) => applicationName === job.member.name && state === 'streaming',
    ) ?? false;
  const step = advance(job.track, {
    now,
    status,
    leaderTimeline: leader.timeline,
    leaderStreams,
    patienceMs,
  });
  job.state = status?.state ?? job.state;
  job.seconds = Math.round((now - seen.started) / 1000);
  if (isEnd(step)) {
    job.end = step;
    return;
  }
  if (step.copies > job.track.copies) job.copyFrom = job.seconds;
  job.track = step;
}

interface LeaderSight {
  readonly timeline: number | undefined;
  readonly status: NodeStatus | undefined;
}

/** The leader of this moment: what it says itself, or at least what it has published. */
async function lookAtLeader(
  session: Session,
  scope: string,
  group: number | undefined,
): Promise<LeaderSight> {
  const view = await readAgain(session, scope, group);
  const leader = view && leaderMember(view);
  const status = leader && (await lookAtMember(session, leader));
  return { status, timeline: status?.timeline ?? leader?.timeline };
}

function announce(session: Session, { member }: ReinitJob, end: ReinitEnd): void {
  const name = printable(member.name);
  session.io.out(
    end.outcome === 'done'
      ? `Reinitialize is completed on: ${name}`
      : `Failed: reinitialize for member ${name}, (${printable(end.message)})`,
  );
}

function placeOf({ member, track, state }: ReinitJob): string {
  return `${member.name}: ${track.phase} (${state || 'no answer'})`;
}

function textOf(job: ReinitJob): string {
  const { copy, seconds, track } = job;
  const parts = [`${placeOf(job)}, ${seconds} s`];
  if (track.phase === 'copying' && copy) {
    const total = copy.totalBytes;
    const percent = total ? `, ${Math.min(100, Math.floor((100 * copy.bytes) / total))} %` : '';
    const of = total ? ` of ${byteSize(total)}` : '';
    const copying = seconds - (job.copyFrom ?? 0);
    const rate = copying > 0 ? `, ${byteSize(copy.bytes / copying)}/s` : '';
    parts.push(`${copy.phase}: ${byteSize(copy.bytes)}${of}${percent}${rate}`);
  }
  return parts.join(', ');
}
