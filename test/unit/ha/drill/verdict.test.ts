import { describe, expect, it } from 'vitest';
import { type DrillOutcome, judgeDrill } from '../../../../src/ha/drill/verdict.ts';
import type { DrillLeg, Outage } from '../../../../src/model/drill.ts';

const outage = (ms: number, ended = true): Outage => ({
  ...{ ms, ended, fromMs: 0, toMs: ms },
  ...{ before: 'pg1', after: ended ? 'pg2' : null },
});

const leg = (change: Partial<DrillLeg> = {}): DrillLeg => ({
  ...{ from: 'pg1', candidate: null, newLeader: 'pg2', outcome: 'done', error: null },
  ...{ fromMs: 0, toMs: 9, outage: outage(400), reportedOutageMs: 450 },
  ...change,
});

const judged = (change: Partial<DrillOutcome>) =>
  judgeDrill({
    probe: 'write',
    legs: [leg()],
    writes: { acknowledged: 9, failed: 1, lost: 0 },
    left: false,
    maxOutageMs: 400,
    ...change,
  });

const none = { probe: 'none', writes: null } as const;
const silent = leg({ outage: null, reportedOutageMs: null });

describe('the verdict on a drill', () => {
  it.each<[string, Partial<DrillOutcome>, boolean | null, string[]]>([
    ['all well', {}, true, []],
    ['no limit', { maxOutageMs: null, legs: [leg({ outage: outage(90_000) })] }, true, []],
    [
      'a millisecond too long',
      { legs: [leg({ outage: outage(401) })] },
      false,
      ['outage-too-long'],
    ],
    [
      'the second too long',
      { legs: [leg(), leg({ outage: outage(500) })] },
      false,
      ['outage-too-long'],
    ],
    ['not back', { legs: [leg({ outage: outage(9, false) })] }, false, ['not-resumed']],
    ['failed', { legs: [leg({ outcome: 'failed', error: 'no' })] }, false, ['switchover-failed']],
    ['unknown', { legs: [leg({ outcome: 'unknown', error: '?' })] }, null, ['switchover-unknown']],
    ['lost', { writes: { acknowledged: 9, failed: 0, lost: 1 } }, false, ['rows-lost']],
    ['unread', { writes: { acknowledged: 9, failed: 0, lost: null } }, false, ['rows-unknown']],
    ['left', { left: true }, false, ['probe-table-left']],
    ['reported too long', none, false, ['outage-too-long']],
    ['not seen, with a limit', { ...none, legs: [silent] }, false, ['not-measured']],
    ['not seen, without', { ...none, legs: [silent], maxOutageMs: null }, true, []],
  ])('%s', (_, change, passed, codes) => {
    const verdict = judged(change);
    expect(verdict.passed).toBe(passed);
    expect(verdict.reasons.map(({ code }) => code)).toEqual(codes);
  });

  it('the recovery time is the longest of all switchovers, and null where one was not seen', () => {
    const two = [leg(), leg({ outage: outage(700) })];
    expect(judged({ legs: two }).rtoMs).toBe(700);
    expect(judged({ legs: [leg(), silent] }).rtoMs).toBeNull();
    expect(judged({ ...none, legs: two }).rtoMs).toBe(450);
  });

  it('the recovery point is never 0 where nothing was written', () => {
    expect(judged({}).rpoRows).toBe(0);
    expect(judged({ probe: 'read', writes: null }).rpoRows).toBeNull();
  });
});
