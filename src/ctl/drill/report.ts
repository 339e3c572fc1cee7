import { longestOutage, lostRows } from '../../ha/drill/outage.ts';
import { judgeDrill } from '../../ha/drill/verdict.ts';
import type {
  DrillCheck,
  DrillLeg,
  DrillMember,
  DrillReport,
  DrillStep,
  DrillWrites,
} from '../../model/drill.ts';
import { formatPostgresVersion } from '../inspect/member-versions.ts';
import { memberRows } from '../list/members.ts';
import { OWN_VERSION } from '../own-version.ts';
import type { DrillOptions } from './options.ts';
import { asTheySay, type Sight } from './preflight.ts';
import type { Probe } from './probe.ts';
import type { ProbeTable } from './probe-table.ts';

/** What a report is made of, whether or not the drill was held. */
export interface Subject {
  readonly options: DrillOptions;
  readonly intervalMs: number;
  readonly maxOutageMs: number | null;
  readonly startedAt: Date;
  readonly before: Sight & { readonly checks: readonly DrillCheck[] };
}

/** What was found while it was held. */
export interface Found {
  readonly legs: readonly DrillLeg[];
  readonly probe: Probe | undefined;
  readonly table: ProbeTable | undefined;
  readonly present: ReadonlySet<number> | undefined;
  readonly left: string | null;
  readonly after: Sight | undefined;
  /** When the drill began, on the monotonic clock. */
  readonly zeroMs: number;
}

/** The report of a drill that was not begun: only looked at, or refused. */
export function reportWithoutDrill(subject: Subject): DrillReport {
  return {
    ...frame(subject),
    ...{ after: null, legs: [], calmGapMs: null, reads: null, writes: null, steps: [] },
    ...{ rtoMs: null, rpoRows: null, passed: null, reasons: [] },
  };
}

/** The report of a drill that was held, with its verdict. */
export function reportOf(subject: Subject, found: Found): DrillReport {
  const { legs, probe, table, left, zeroMs } = found;
  const writes = table && probe ? writesOf(probe, found.present) : null;
  const { maxOutageMs, options } = subject;
  const verdict = judgeDrill({
    ...{ legs, writes, maxOutageMs },
    probe: options.probe,
    left: left !== null,
  });
  const started = zeroMs + (legs[0]?.fromMs ?? 0);
  const calm = probe && longestOutage(probe.answers, { fromMs: zeroMs, toMs: started });
  const base = frame(subject);
  return {
    ...base,
    probe: { ...base.probe, table: table?.name ?? null, left },
    after: found.after ? membersOf(found.after) : null,
    legs,
    calmGapMs: calm?.ms ?? null,
    reads: probe ? probe.reads() : null,
    writes,
    steps: stepsOf(legs, options.probe === 'read' ? 'read' : 'write'),
    ...verdict,
  };
}

function frame({ options, intervalMs, maxOutageMs, startedAt, before }: Subject) {
  return {
    cluster: before.view.scope,
    group: options.group ?? null,
    dryRun: options.dryRun,
    startedAt: startedAt.toISOString(),
    pgherd: OWN_VERSION,
    synchronousMode: before.view.config?.settings.synchronousMode ?? 'off',
    probe: { kind: options.probe, intervalMs, table: null, left: null },
    maxOutageMs,
    checks: before.checks,
    before: membersOf(before),
  };
}

function writesOf(probe: Probe, present: ReadonlySet<number> | undefined): DrillWrites {
  const { acknowledged, failedWrites } = probe;
  return {
    acknowledged: acknowledged.length,
    failed: failedWrites,
    lost: present ? lostRows(acknowledged, present) : null,
  };
}

function membersOf(sight: Sight): DrillMember[] {
  return memberRows(asTheySay(sight)).map((row) => {
    const report = sight.reports.get(row.member);
    const status = report?.ok ? report.status : undefined;
    return {
      member: row.member,
      role: row.role,
      state: row.state,
      timeline: row.timeline,
      lagBytes: row.receive?.lag ?? row.overall?.lag ?? null,
      postgresql: formatPostgresVersion(status?.serverVersion),
      agent: status?.version ?? null,
    };
  });
}

/** What happened when, from what was measured. */
function stepsOf(legs: readonly DrillLeg[], what: 'write' | 'read'): DrillStep[] {
  return legs.flatMap(({ from, newLeader, outcome, outage, fromMs, toMs }) => {
    const steps: DrillStep[] = [{ atMs: fromMs, text: `the switchover from ${from} is asked for` }];
    if (outage?.before) {
      const text = `the last ${what} on ${outage.before} is answered`;
      steps.push({ atMs: outage.fromMs, text });
    }
    if (outage?.after) {
      const text = `the first ${what} on ${outage.after} is answered`;
      steps.push({ atMs: outage.toMs, text });
    }
    const end = outcome === 'done' ? `${newLeader ?? 'it'} leads, and all members follow` : outcome;
    steps.push({ atMs: toMs, text: outcome === 'done' ? end : `it is given up: ${end}` });
    return steps.sort((one, other) => one.atMs - other.atMs);
  });
}
