import { describe, expect, it } from 'vitest';
import { historyUpdate } from '../../../../src/ha/housekeeping/history.ts';
import { isoOf } from '../../../../src/ha/housekeeping/iso-time.ts';
import { BEGUN } from '../../../../src/ha/race/timeline-claim.ts';
import type { HistoryLine } from '../../../../src/model/cluster.ts';
import { leaderFacts, NOW, primary, sees, standby } from '../facts-of.ts';

const WHY = 'no recovery target specified';
const WALL = '2026-01-01T00:00:00+00:00';

/** pg1 is on timeline `timeline`; it left timeline n at n00. */
function update(timeline: number, history: readonly HistoryLine[] | undefined, change = {}) {
  const passed = Array.from({ length: timeline - 1 }, (_, index) => ({
    timeline: index + 1,
    lsn: (index + 1) * 100,
    reason: WHY,
  }));
  const facts = leaderFacts({
    dcs: sees({ ownsLock: true, ...(history ? { history } : {}) }),
    postgres: primary({ timeline, history: passed }),
    ...change,
  });
  return historyUpdate(facts);
}

describe('historyUpdate', () => {
  it('adds the last switch, with the time and this node as the new leader', () => {
    expect(update(2, undefined)).toEqual({
      name: 'history',
      value: [[1, 100, WHY, WALL, 'pg1']],
      guard: 'any',
      asLeader: true,
    });
  });

  it('takes the time of the promotion, where it is remembered', () => {
    const memory = { promotedAt: NOW - 1500, leaseUntil: NOW + 1 };
    expect(update(2, undefined, { memory })?.value).toEqual([
      [1, 100, WHY, '2025-12-31T23:59:58.500000+00:00', 'pg1'],
    ]);
  });

  it('keeps times and leaders that the DCS knows, of the same switches', () => {
    const told = [
      [1, 100, 'before', '2025-01-01', 'pg7'],
      [2, 999, 'another cluster', '2025-02-02', 'pg8'],
      [3, 300, 'old', '2025-03-03'],
    ];
    expect(update(5, told)?.value).toEqual([
      [1, 100, WHY, '2025-01-01', 'pg7'],
      [2, 200, WHY],
      [3, 300, WHY, '2025-03-03'],
      [4, 400, WHY, WALL, 'pg1'],
    ]);
  });

  it('does nothing when the last switch is there in full', () => {
    expect(update(2, [[1, 100, WHY, WALL, 'pg2']])).toBeUndefined();
    expect(update(2, [[1, 100, WHY, WALL]])?.value).toEqual([[1, 100, WHY, WALL, 'pg1']]);
  });

  it('knows the last switch where a timeline that nobody followed was skipped', () => {
    const postgres = primary({ timeline: 3, history: [{ timeline: 1, lsn: 100, reason: WHY }] });
    const written = [
      [1, 90, WHY],
      [2, 95, WHY],
    ];
    const document = update(3, written, { postgres });
    const lines = document?.name === 'history' ? document.value : [];
    expect(lines).toEqual([
      [1, 100, WHY, WALL, 'pg1'],
      // Without it nobody would know that number 3 is taken.
      [2, 100, BEGUN, WALL, 'pg1'],
    ]);
    expect(update(3, lines, { postgres })).toBeUndefined();
  });

  it('ends its own claim, and keeps that of a number above', () => {
    const claim = [1, 100, BEGUN, '2026-01-01', 'pg1'];
    const lines = [[1, 100, WHY, WALL, 'pg1']];
    expect(update(2, [claim])?.value).toEqual(lines);
    const above = [2, 150, BEGUN, '2026-01-02', 'pg3'];
    expect(update(2, [claim, above])?.value).toEqual([...lines, above]);
    expect(update(2, [...lines, above])).toBeUndefined();
    expect(update(1, lines)?.value).toEqual([]);
    expect(update(1, [...lines, above])?.value).toEqual([above]);
    expect(update(1, [above])).toBeUndefined();
    const settings = { maxTimelinesHistory: 1 };
    expect(update(2, lines, { settings })).toBeUndefined();
    expect(update(2, [above], { settings })).toBeUndefined();
  });

  it('writes nothing when there is no history file', () => {
    expect(update(3, [], { postgres: primary({ timeline: 3 }) })).toBeUndefined();
  });

  it('empties the history of a cluster that begins anew', () => {
    expect(update(1, [[1, 100, WHY]])?.value).toEqual([]);
    expect(update(1, undefined)).toBeUndefined();
  });

  it('is cut to max_timelines_history, and else has no bound', () => {
    const limited = update(5, undefined, { settings: { maxTimelinesHistory: 2 } });
    expect(limited?.value).toHaveLength(2);
    expect(update(2000, undefined)?.value).toHaveLength(1999);
  });

  it('is for primaries, and for when the DCS answers', () => {
    expect(update(2, undefined, { postgres: standby({ timeline: 2 }) })).toBeUndefined();
    expect(update(2, undefined, { dcs: undefined })).toBeUndefined();
  });
});

describe('isoOf', () => {
  it.each([
    [0, '1970-01-01T00:00:00+00:00'],
    [1_500, '1970-01-01T00:00:01.500000+00:00'],
  ])('%s → %s', (wall, text) => {
    expect(isoOf(wall)).toBe(text);
  });
});
