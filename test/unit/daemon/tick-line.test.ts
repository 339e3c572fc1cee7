import { describe, expect, it } from 'vitest';
import type { TickRecord } from '../../../src/agent/ports.ts';
import { type SaidBefore, tickLine } from '../../../src/daemon/tick-line.ts';

const STEADY: TickRecord = {
  rule: 'leading.steady',
  say: 'no action. I am (pg1), the leader with the lock',
  asked: ['leading.renew'],
  did: [],
};

/** The level of each tick's line; a tick every ten seconds. */
function levels(ticks: readonly Partial<TickRecord>[], deduplicate = false): string[] {
  let said: SaidBefore | undefined;
  return ticks.map((tick, index) => {
    const result = tickLine({ ...STEADY, ...tick }, said, { now: index * 10_000, deduplicate });
    said = result.said;
    return result.line.level;
  });
}

describe('tickLine', () => {
  it('is Patroni’s sentence, and the reasons', () => {
    const options = { now: 0, deduplicate: false };
    expect(tickLine(STEADY, undefined, options).line).toEqual({
      level: 'INFO',
      message: 'no action. I am (pg1), the leader with the lock rule=leading.steady',
    });
    const busy = { ...STEADY, because: 'a b', did: ['write sync', 'publish'], problem: 'oh' };
    expect(tickLine(busy, undefined, options).line.message).toBe(
      'no action. I am (pg1), the leader with the lock rule=leading.steady because="a b" ' +
        'did="write sync, publish" problem="oh"',
    );
  });

  it('says only news for all to see, and what has not changed every five minutes', () => {
    const ticks = Array.from({ length: 62 }, () => ({}));
    const shown = levels(ticks).flatMap((level, index) => (level === 'INFO' ? [index] : []));
    expect(shown).toEqual([0, 30, 60]);
    expect(levels(ticks, true).filter((level) => level === 'INFO')).toHaveLength(1);
  });

  it('takes no routine and no countdown for news, but a deed', () => {
    expect(levels([{}, { did: ['publish'] }, { did: ['publish', 'sync-slots'] }])).toEqual([
      ...['INFO', 'DEBUG', 'DEBUG'],
    ]);
    const starting = (left: string) => ({
      say: `still starting up, ${left} seconds until timeout`,
    });
    expect(levels([starting('297.4'), starting('287.4'), {}])).toEqual(['INFO', 'DEBUG', 'INFO']);
    expect(levels([{}, { did: ['write sync'] }, {}, { rule: 'other' }])).toEqual([
      ...['INFO', 'INFO', 'INFO', 'INFO'],
    ]);
  });

  it('warns of a deed that failed, once a minute while it goes on', () => {
    const failed = { did: ['write sync: conflict'] };
    expect(levels([{}, ...Array.from({ length: 8 }, () => failed)])).toEqual([
      ...['INFO', 'WARNING', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'WARNING', 'DEBUG'],
    ]);
    expect(levels([{ did: ['exit 1: system ID mismatch'] }])).toEqual(['INFO']);
  });

  it('warns of a standby that needs somebody, also when the log is deduplicated', () => {
    const stuck = { rule: 'following.stuck' };
    expect(levels([{}, ...Array.from({ length: 7 }, () => stuck)], true)).toEqual([
      ...['INFO', 'WARNING', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'WARNING'],
    ]);
  });

  it('calls a mistake of ours an error, also when the log is deduplicated', () => {
    const broken = { problem: 'TypeError: x' };
    expect(levels([broken, broken, ...Array.from({ length: 5 }, () => broken)], true)).toEqual([
      ...['ERROR', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'DEBUG', 'ERROR'],
    ]);
  });
});
