import { longestOutage } from '../../ha/drill/outage.ts';
import type { DrillLeg } from '../../model/drill.ts';
import { DcsError, Refusal } from '../../model/errors.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';
import { switchover } from '../takeover/switchover.ts';
import { readAgain, waitUntil } from '../wait.ts';
import { besideTheReport } from './beside-the-report.ts';
import { lookAt, type Situation } from './look-around.ts';
import type { DrillOptions } from './options.ts';
import { obstacles } from './preflight.ts';
import type { Probe } from './probe.ts';

/** After a switchover the probe has to go on for that long. */
const CALM_MS = 1000;
/** How long that may take to begin. */
const RESUME_MS = 30_000;

/** What the switchovers of a drill need. */
export interface Course {
  readonly options: DrillOptions;
  readonly situation: Situation;
  readonly leader: string;
  /** Undefined: nothing is probed. */
  readonly probe: Probe | undefined;
  /** When the drill began, on the monotonic clock. */
  readonly zeroMs: number;
}

/** Switches over, and back where that was asked for and the first went well. */
export async function runLegs(session: Session, course: Course): Promise<DrillLeg[]> {
  const { options, leader } = course;
  const first = await runLeg(session, course, { from: leader, candidate: options.candidate });
  const { newLeader } = first;
  if (!options.back || first.outcome !== 'done' || newLeader === null) return [first];
  const way = { from: newLeader, candidate: leader };
  const inTheWay = await untilWhole(session, course, leader);
  if (inTheWay.length === 0) return [first, await runLeg(session, course, way)];
  const atMs = Math.round(session.clock.monotonic() - course.zeroMs);
  const error = `not begun, the cluster did not become whole: ${inTheWay.join('; ')}`;
  return [
    first,
    { ...way, ...NOTHING, outcome: 'failed', error, fromMs: atMs, toMs: atMs, outage: null },
  ];
}

const NOTHING = { newLeader: null, reportedOutageMs: null };

interface Way {
  readonly from: string;
  readonly candidate: string | undefined;
}

async function runLeg(session: Session, course: Course, way: Way): Promise<DrillLeg> {
  const { probe, zeroMs } = course;
  const startMs = session.clock.monotonic();
  const ended = await switchOver(session, course, way);
  const followedMs = session.clock.monotonic();
  if (probe) {
    session.io.err('Waiting until the probe has gone on for a while');
    await waitUntil(session, { timeoutMs: RESUME_MS, everyMs: 50 }, async () => {
      const last = probe.answers.at(-1);
      return last && last.atMs >= followedMs + CALM_MS ? last : undefined;
    });
  }
  const span = { fromMs: startMs, toMs: session.clock.monotonic() };
  const outage = probe ? longestOutage(probe.answers, span) : null;
  return {
    from: way.from,
    candidate: way.candidate ?? null,
    ...ended,
    fromMs: Math.round(startMs - zeroMs),
    toMs: Math.round(followedMs - zeroMs),
    outage: outage && {
      ...outage,
      fromMs: Math.round(outage.fromMs - zeroMs),
      toMs: Math.round(outage.toMs - zeroMs),
    },
  };
}

type Ended = Pick<DrillLeg, 'newLeader' | 'outcome' | 'error' | 'reportedOutageMs'>;

/** The switchover as `pgherd switchover` does it, followed to its end. */
async function switchOver(session: Session, { options }: Course, way: Way): Promise<Ended> {
  const to = way.candidate === undefined ? '' : ` to ${printable(way.candidate)}`;
  session.io.err(`Switching over from ${printable(way.from)}${to}`);
  const { cluster, group, timeout } = options;
  try {
    const { outcome, data, error } = await switchover(besideTheReport(session), {
      ...{ cluster, group, timeout, leader: way.from, candidate: way.candidate },
      ...{ scheduled: undefined, force: true, dryRun: false, wait: true },
    });
    return {
      newLeader: data.newLeader,
      outcome: outcome === 'done' || outcome === 'unknown' ? outcome : 'failed',
      error: error?.message ?? null,
      reportedOutageMs: data.writeOutageMs,
    };
  } catch (error) {
    // Both come before anything was sent.
    if (!(error instanceof Refusal || error instanceof DcsError)) throw error;
    return { ...NOTHING, outcome: 'failed', error: error.message };
  }
}

/** Waits until the cluster is healthy and `candidate` can lead again; what was in the way last. */
async function untilWhole(
  session: Session,
  { options, situation }: Course,
  candidate: string,
): Promise<string[]> {
  session.io.err(`Waiting until the cluster is whole and ${printable(candidate)} can lead again`);
  const { ttl, loopWait } = situation.view.config?.settings ?? DEFAULT_SETTINGS;
  const timeoutMs = Math.max(60, 2 * ttl + 3 * loopWait) * 1000;
  let inTheWay = ['the DCS did not answer'];
  await waitUntil(session, { timeoutMs, everyMs: 500 }, async () => {
    const view = await readAgain(session, options.cluster, options.group);
    if (!view) return undefined;
    inTheWay = obstacles(await lookAt(session, view), candidate);
    return inTheWay.length === 0 ? true : undefined;
  });
  return inTheWay;
}
