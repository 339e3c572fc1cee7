import { randomBytes } from 'node:crypto';
import type { DrillCheck, DrillReport } from '../../model/drill.ts';
import { printable } from '../../system/text.ts';
import { askCredentials } from '../inspect/sql-target.ts';
import { readCluster, requireGroup } from '../read-cluster.ts';
import { checkLines, renderDrill } from '../render/drill-report.ts';
import { done, failed, type Result, unknown } from '../result.ts';
import type { Session } from '../session.ts';
import { readAgain } from '../wait.ts';
import { askConsent, requireConsent } from './consent.ts';
import { parseDuration } from './duration.ts';
import { runLegs } from './legs.ts';
import { lookAround, lookAt, type Situation } from './look-around.ts';
import type { DrillOptions } from './options.ts';
import type { Sight } from './preflight.ts';
import { probeTable } from './probe-table.ts';
import { type Found, reportOf, reportWithoutDrill, type Subject } from './report.ts';
import { withProbe } from './with-probe.ts';

/**
 * A switchover as an exercise, on a real cluster: looks whether it is safe, asks, switches over
 * (and back), measures what clients would have met, clears away, and reports. `done` only when all
 * of it went well and each outage was within the limit.
 */
export async function drill(session: Session, options: DrillOptions): Promise<Result<DrillReport>> {
  const limits = limitsOf(options);
  requireConsent(session, options);
  const startedAt = session.clock.now();
  const view = await readCluster(session, options.cluster, options.group);
  requireGroup(view, options.group);
  const credentials = options.probe === 'none' ? {} : await askCredentials(session, options);
  const token = randomBytes(6).toString('hex');
  const before = await lookAround(session, view, { options, credentials, token });
  const subject: Subject = { options, ...limits, startedAt, before };
  const refusals = before.checks.filter(({ verdict }) => verdict === 'refused');
  if (refusals.length > 0 || options.dryRun) return onlyLooked(session, subject, refusals);
  for (const line of checkLines(before.checks)) session.io.err(line);
  const report = await hold(session, subject, { before, token });
  session.io.out(renderDrill(report, options.format));
  return resultOf(report);
}

/** Durations of the command line, in milliseconds. */
function limitsOf({ interval, maxOutage }: DrillOptions) {
  const flag = '--interval';
  const intervalMs = parseDuration(interval, { flag, leastMs: 5, mostMs: 10_000 });
  const most = { flag: '--max-outage', leastMs: 1, mostMs: 3_600_000 };
  return {
    intervalMs,
    maxOutageMs: maxOutage === undefined ? null : parseDuration(maxOutage, most),
  };
}

function onlyLooked(
  session: Session,
  subject: Subject,
  refusals: readonly DrillCheck[],
): Result<DrillReport> {
  const report = reportWithoutDrill(subject);
  for (const line of checkLines(report.checks)) session.io.out(line);
  if (refusals.length === 0) {
    session.io.out('Dry run: a drill could be held, nothing was changed');
    return done(report);
  }
  const reasons = refusals.map(({ message }) => printable(message)).join('; ');
  const message = `No drill of cluster ${printable(report.cluster)} now: ${reasons}`;
  const hint = 'pgherd health shows what is wrong with a cluster';
  const byHealth = refusals.some(({ check }) => check === 'health');
  return failed(report, { code: 'preflight', message, ...(byHealth ? { hint } : {}) });
}

async function hold(
  session: Session,
  subject: Subject,
  { before, token }: { readonly before: Situation; readonly token: string },
): Promise<DrillReport> {
  const { options } = subject;
  const { targets, schema, database } = before;
  const writes = options.probe === 'write' && schema !== undefined;
  const table = writes ? probeTable(schema, token) : undefined;
  const leader = before.view.leader ?? '';
  await askConsent(session, options, {
    ...{ leader, candidate: options.candidate, table: table?.name },
    sessions: database?.sessions ?? null,
  });
  const zeroMs = session.clock.monotonic();
  const course = { options, situation: before, leader, zeroMs };
  const { cluster: scope, group } = options;
  const nothing = { probe: undefined, present: undefined, left: null };
  let found: Omit<Found, 'after'>;
  if (options.probe === 'none') {
    const legs = await runLegs(session, { ...course, probe: undefined });
    found = { ...nothing, legs, table, zeroMs };
  } else {
    const probing = { scope, group, targets, table, intervalMs: subject.intervalMs };
    const { value, ...probed } = await withProbe(session, probing, (probe) =>
      runLegs(session, { ...course, probe }),
    );
    found = { ...probed, legs: value, table, zeroMs };
  }
  return reportOf(subject, { ...found, after: await lookAgain(session, options) });
}

async function lookAgain(session: Session, options: DrillOptions): Promise<Sight | undefined> {
  const view = await readAgain(session, options.cluster, options.group);
  return view && lookAt(session, view);
}

function resultOf(report: DrillReport): Result<DrillReport> {
  if (report.passed) return done(report);
  const [first] = report.reasons;
  const cluster = printable(report.cluster);
  const reasons = report.reasons.map(({ message }) => printable(message)).join('; ');
  const code = first?.code ?? 'drill-failed';
  const { left } = report.probe;
  const leftHint = left === null ? undefined : `run this on the leader: ${left}`;
  if (report.passed === null) {
    const hint = leftHint ?? `it may still be going on: pgherd list ${cluster} shows it`;
    return unknown(report, { code, message: `How the drill ended is not known: ${reasons}`, hint });
  }
  const hint = leftHint ?? `pgherd list ${cluster} shows how the cluster is now`;
  return failed(report, { code, message: `The drill was not passed: ${reasons}`, hint });
}
