import type { HistoryLine } from '../../model/cluster.ts';
import type { TimelineSwitch } from '../../model/postgres.ts';
import { dumpJson } from '../../model/python.ts';
import type { Facts, Timestamp } from '../facts.ts';
import type { DocumentWrite } from '../plan.ts';
import { isoOf } from './iso-time.ts';

/**
 * The `history` document of a primary that leads, when it lacks the last switch of timelines.
 * PostgreSQL knows where timelines were left; when, and for whom, is only written in the DCS.
 */
export function historyUpdate(facts: Facts): DocumentWrite | undefined {
  const { postgres, dcs, settings } = facts;
  const { timeline } = postgres;
  if (!dcs || timeline === undefined || postgres.role !== 'primary') return undefined;
  const written = dcs.view.history ?? [];
  if (timeline === 1) return written.length > 0 ? write([]) : undefined;
  const last = written.at(-1);
  const latest = postgres.history.at(-1);
  if (last?.[0] === latest?.timeline && last?.[1] === latest?.lsn && last?.length === 5) return;
  const known = new Map(written.map((line) => [line[0], line]));
  const kept = postgres.history.slice(-settings.maxTimelinesHistory);
  const lines = kept.map((passed) => lineOf(facts, passed, known.get(passed.timeline)));
  // Without its history file PostgreSQL has nothing to tell, and what is written stays.
  return lines.length === 0 || isSame(lines, written) ? undefined : write(lines);
}

function lineOf(facts: Facts, passed: TimelineSwitch, known: HistoryLine | undefined): HistoryLine {
  const { timeline, lsn, reason } = passed;
  // The same number with another end is another timeline, of a cluster that was.
  const told = known?.[1] === lsn ? known.slice(3, 5) : [];
  // Not always the number before: one that nobody followed is skipped.
  if (passed !== facts.postgres.history.at(-1)) return [timeline, lsn, reason, ...told];
  return [
    timeline,
    lsn,
    reason,
    told[0] ?? isoOf(promotionTime(facts)),
    told[1] ?? facts.self.name,
  ];
}

/** Unknown when an agent was started since: then the time of writing has to do. */
function promotionTime({ wall, now, memory }: Facts): Timestamp {
  return memory.promotedAt === undefined ? wall : wall - (now - memory.promotedAt);
}

function isSame(one: readonly HistoryLine[], other: readonly HistoryLine[]): boolean {
  const text = (lines: readonly HistoryLine[]) => dumpJson(lines, { item: ',', key: ':' });
  return text(one) === text(other);
}

function write(value: readonly HistoryLine[]): DocumentWrite {
  return { name: 'history', value, guard: 'any', asLeader: true };
}
