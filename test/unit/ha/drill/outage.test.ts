import { describe, expect, it } from 'vitest';
import { type Answered, longestOutage, lostRows } from '../../../../src/ha/drill/outage.ts';

const at = (member: string, ...times: number[]): Answered[] =>
  times.map((atMs) => ({ atMs, member }));

describe('the longest outage', () => {
  it('lies between two answers, and knows who gave them', () => {
    const answers = [...at('pg1', 0, 10, 20), ...at('pg2', 520.2, 530)];
    expect(longestOutage(answers, { fromMs: 0, toMs: 540 })).toEqual({
      ...{ ms: 501, fromMs: 20, toMs: 520.2 },
      ...{ before: 'pg1', after: 'pg2', ended: true },
    });
  });

  it('begins with the last answer before the span', () => {
    const answers = [...at('pg1', 0, 90), ...at('pg2', 300, 310, 320)];
    expect(longestOutage(answers, { fromMs: 100, toMs: 320 })?.ms).toBe(210);
  });

  it('does not look before the span', () => {
    const answers = [...at('pg1', 0, 900, 910), ...at('pg2', 960, 970)];
    expect(longestOutage(answers, { fromMs: 910, toMs: 970 })?.ms).toBe(50);
  });

  it('has not ended when nothing was answered any more', () => {
    const answers = at('pg1', 0, 10, 20);
    expect(longestOutage(answers, { fromMs: 0, toMs: 1020 })).toEqual({
      ...{ ms: 1000, fromMs: 20, toMs: 1020 },
      ...{ before: 'pg1', after: null, ended: false },
    });
  });

  it('is a gap that ended where the rest of the span is shorter', () => {
    const answers = [...at('pg1', 0), ...at('pg2', 500)];
    expect(longestOutage(answers, { fromMs: 0, toMs: 900 })).toMatchObject({
      ms: 500,
      ended: true,
    });
    expect(longestOutage(answers, { fromMs: 0, toMs: 1001 })).toMatchObject({ ended: false });
  });

  it('was not measured without any answer', () => {
    expect(longestOutage([], { fromMs: 0, toMs: 1000 })).toBeNull();
    expect(longestOutage(at('pg1', 2000), { fromMs: 0, toMs: 1000 })).toBeNull();
  });
});

describe('lost rows', () => {
  it('are those acknowledged that are not there; others do not count', () => {
    expect(lostRows([1, 2, 3], new Set([1, 3, 4]))).toBe(1);
    expect(lostRows([1, 2], new Set())).toBe(2);
    expect(lostRows([], new Set([7]))).toBe(0);
  });
});
