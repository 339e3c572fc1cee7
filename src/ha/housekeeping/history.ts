import type { HistoryLine } from '../../model/cluster.ts';
import type { TimelineSwitch } from '../../model/postgres.ts';
import { dumpJson } from '../../model/python.ts';
import type { Facts, Timestamp } from '../facts.ts';
import type { DocumentWrite } from '../plan.ts';
import { knownTimeline } from '../race/known-timeline.ts';
import { BEGUN, isClaim } from '../race/timeline-claim.ts';
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
  const claim = claimAbove(facts, timeline);
  const claims = claim ? [claim] : [];
  if (timeline === 1) return isSame(claims, written) ? undefined : write(claims);
  const told = written.filter((line) => !isClaim(line));
  const last = told.at(-1);
  const latest = postgres.history.at(-1);
  const same = last?.[0] === latest?.timeline && last?.[1] === latest?.lsn && last?.length === 5;
  if (same && written.findLast(isClaim) === claim) return undefined;
  const known = new Map(told.map((line) => [line[0], line]));
  const lines = postgres.history.map((passed) => lineOf(facts, passed, known.get(passed.timeline)));
  // Without its history file PostgreSQL has nothing to tell, and what is written stays.
  if (lines.length === 0) return undefined;
  const all = [...lines, ...claims].slice(-settings.maxTimelinesHistory);
  return isSame(all, written) ? undefined : write(all);
}

/**
 * The claim that has to be told still: of a number above the own one, or of the own one where
 * numbers were passed over that others have; without a word they would be given again.
 */
function claimAbove(facts: Facts, timeline: number): HistoryLine | undefined {
  const latest = facts.postgres.history.at(-1);
  const skipped = latest !== undefined && latest.timeline + 1 < timeline;
  const least = skipped ? timeline - 1 : timeline;
  const written = facts.dcs?.view.history?.findLast(isClaim);
  if (typeof written?.[0] === 'number' && written[0] >= least) return written;
  if (!skipped) return undefined;
  return [least, latest.lsn, BEGUN, isoOf(promotionTime(facts)), facts.self.name];
}

/**
 * The `history` document with which a standby that has the lock claims its next timeline. Should it
 * promote itself and go before it comes to tell, nobody else gives the same number to another one:
 * PostgreSQL and pg_rewind take two timelines with one number for the same.
 */
export function timelineClaim(facts: Facts): DocumentWrite {
  const { postgres, dcs, settings } = facts;
  const left = Math.max(postgres.timeline ?? 0, knownTimeline(facts));
  const told = (dcs?.view.history ?? []).filter((line) => !isClaim(line));
  const line = [left, postgres.lsn, BEGUN, isoOf(facts.wall), facts.self.name];
  return write([...told, line].slice(-settings.maxTimelinesHistory));
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
