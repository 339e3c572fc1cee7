import type { DrillCheck, DrillLeg, DrillMember, DrillReport } from '../../model/drill.ts';
import { printable } from '../../system/text.ts';
import { type Block, renderMarkdown, renderText } from './blocks.ts';

/** The report of a drill that was held, for people. No newline at the end. */
export function renderDrill(report: DrillReport, format: 'text' | 'markdown'): string {
  const blocks = drillBlocks(report);
  return format === 'markdown' ? renderMarkdown(blocks) : renderText(blocks);
}

/** One line for each thing that was looked at before. */
export function checkLines(checks: readonly DrillCheck[]): string[] {
  return checks.map(({ check, verdict, message }) => printable(`${verdict}: ${check}: ${message}`));
}

function drillBlocks(report: DrillReport): Block[] {
  return [
    { kind: 'title', level: 1, text: `Drill of cluster ${report.cluster}: ${verdict(report)}` },
    { kind: 'lines', lines: [...report.reasons.map(({ message }) => message), ...facts(report)] },
    { kind: 'title', level: 2, text: 'Switchovers' },
    legTable(report),
    ...(report.reads ? readBlocks(report.reads) : []),
    { kind: 'title', level: 2, text: 'How it was measured' },
    { kind: 'lines', lines: methods(report) },
    { kind: 'title', level: 2, text: 'What happened' },
    stepTable(report),
    { kind: 'title', level: 2, text: 'The cluster before' },
    memberTable(report.before),
    { kind: 'title', level: 2, text: 'The cluster after' },
    report.after ? memberTable(report.after) : { kind: 'lines', lines: ['it could not be read'] },
    { kind: 'title', level: 2, text: 'What was looked at before' },
    { kind: 'lines', lines: checkLines(report.checks) },
  ];
}

function verdict({ passed }: DrillReport): string {
  if (passed === null) return 'not known how it ended';
  return passed ? 'passed' : 'not passed';
}

function facts(report: DrillReport): string[] {
  const { maxOutageMs, rtoMs, rpoRows, writes, probe } = report;
  const limit = maxOutageMs === null ? 'no limit was given' : `limit ${maxOutageMs} ms`;
  const open = report.legs.some(({ outage }) => outage?.ended === false);
  const rows = writes ? ` of ${writes.acknowledged} acknowledged` : '';
  return [
    `RTO: ${open ? 'at least ' : ''}${known(rtoMs, 'ms')} (${limit})`,
    `RPO: ${known(rpoRows, 'rows lost')}${rpoRows === null ? '' : rows}`,
    `Date: ${report.startedAt}`,
    `Versions: pgherd ${report.pgherd}, ${versions(report.before)}`,
    `Synchronous mode: ${report.synchronousMode}`,
    ...(probe.left === null ? [] : [`LEFT BEHIND, run this on the leader: ${probe.left}`]),
  ];
}

function versions(members: readonly DrillMember[]): string {
  const all = (pick: (member: DrillMember) => string | null): string =>
    [...new Set(members.flatMap((member) => pick(member) ?? []))].sort().join(' and ') || 'unknown';
  return `PostgreSQL ${all((one) => one.postgresql)}, agents ${all((one) => one.agent)}`;
}

function legTable({ legs, probe }: DrillReport): Block {
  const what = probe.kind === 'read' ? 'reads' : 'writes';
  return {
    kind: 'table',
    columns: ['From', 'To', 'Outcome', `No ${what} for`, 'As the members saw it', 'Took'],
    alignment: ['l', 'l', 'l', 'r', 'r', 'r'],
    rows: legs.map((leg) => [
      leg.from,
      leg.newLeader ?? leg.candidate ?? '',
      leg.error === null ? leg.outcome : `${leg.outcome}: ${leg.error}`,
      probedOutage(leg),
      known(leg.reportedOutageMs, 'ms'),
      `${leg.toMs - leg.fromMs} ms`,
    ]),
  };
}

function probedOutage({ outage }: DrillLeg): string {
  if (!outage) return 'not measured';
  return outage.ended ? `${outage.ms} ms` : `at least ${outage.ms} ms`;
}

function readBlocks(reads: NonNullable<DrillReport['reads']>): Block[] {
  const table: Block = {
    kind: 'table',
    columns: ['Member', 'Answered', 'Failed', 'Longest gap'],
    alignment: ['l', 'r', 'r', 'r'],
    rows: reads.map(({ member, answered, failed, longestGapMs }) => [
      member,
      String(answered),
      String(failed),
      known(longestGapMs, 'ms'),
    ]),
  };
  return [{ kind: 'title', level: 2, text: 'Reads' }, table];
}

function methods({ probe, calmGapMs, writes }: DrillReport): string[] {
  const members = 'As the members saw it: their REST APIs were asked who accepts writes';
  if (probe.kind === 'none') return [members, 'RPO was not measured: nothing was written'];
  const pace = `every ${probe.intervalMs} ms, which is the resolution`;
  const before = `In quiet before, the longest gap was ${known(calmGapMs, 'ms')}`;
  const reads = `Reads: each member was asked ${pace}`;
  if (probe.kind === 'read') {
    const through = 'RTO: the longest time between two reads that a primary answered';
    return [through, reads, before, members, 'RPO was not measured: nothing was written'];
  }
  return [
    `RTO: the longest time between two acknowledged writes, one ${pace}`,
    `RPO: acknowledged rows that the leader does not have in the end`,
    `Writes without an acknowledgement: ${writes?.failed ?? 0}`,
    ...[reads, before, members],
    `Table: ${probe.table ?? 'none'}${probe.left === null ? ', dropped' : ', NOT dropped'}`,
  ];
}

function stepTable({ steps }: DrillReport): Block {
  return {
    kind: 'table',
    columns: ['After', 'What'],
    alignment: ['r', 'l'],
    rows: steps.map(({ atMs, text }) => [`${atMs} ms`, text]),
  };
}

function memberTable(members: readonly DrillMember[]): Block {
  return {
    kind: 'table',
    columns: ['Member', 'Role', 'State', 'TL', 'Lag in B', 'PostgreSQL', 'Agent'],
    alignment: ['l', 'l', 'l', 'r', 'r', 'l', 'l'],
    rows: members.map((one) => [
      one.member,
      one.role,
      one.state,
      one.timeline === null ? '' : String(one.timeline),
      one.lagBytes === null ? '' : String(one.lagBytes),
      one.postgresql ?? 'unknown',
      one.agent ?? 'unknown',
    ]),
  };
}

function known(value: number | null, unit: string): string {
  return value === null ? 'not measured' : `${value} ${unit}`;
}
