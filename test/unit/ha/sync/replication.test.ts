import { describe, expect, it } from 'vitest';
import { nextSyncStep } from '../../../../src/ha/sync/next-step.ts';
import {
  overlaps,
  type Replication,
  safeCount,
  safeQuorum,
} from '../../../../src/ha/sync/replication.ts';

/** `1 of b c` as `/sync`, `2 of b c d` as names, and so on. */
function state(halves: {
  sync: string;
  names: string;
  confirmed?: string;
  wanted: string;
}): Replication {
  const [quorum, voters] = part(halves.sync);
  const [count, names] = part(halves.names);
  const [wantedCount, wanted] = part(halves.wanted);
  const confirmed = (halves.confirmed ?? '').split(' ').filter(Boolean);
  return { voters, quorum, names, count, confirmed, wanted, wantedCount };
}

function part(text: string): [number, string[]] {
  const [number, names = ''] = text.split(' of ');
  return [Number(number), names.split(' ').filter(Boolean)];
}

/** All steps to the end, when whoever is wanted and named is confirmed. */
function steps(mode: 'on' | 'quorum', from: Parameters<typeof state>[0]): string[] {
  let now = state(from);
  const done: string[] = [];
  for (;;) {
    const confirmed = now.names.filter((name) => now.wanted.includes(name));
    const step = nextSyncStep(mode, { ...now, confirmed });
    if (step.kind === 'wait' || step.kind === 'done') return [...done, step.kind];
    done.push(
      step.kind === 'write-sync'
        ? `/sync ${wordsOf(step.quorum, step.voters)}`
        : `names ${wordsOf(step.count, step.names)}`,
    );
    now = { ...now, ...step };
  }
}

function wordsOf(number: number, names: readonly string[]): string {
  return `${number} of ${names.join(' ')}`.trim();
}

describe('overlap of who elects and who confirms', () => {
  it.each([
    ['1 of b c', '1 of b c', true],
    ['0 of b c', '1 of b c', false],
    ['0 of b c', '2 of b c', true],
    ['1 of b c', '1 of b c d', false],
    ['2 of b c d', '1 of b c', true],
    ['0 of ', '0 of ', true],
    ['0 of ', '1 of b c', true],
    ['0 of B', '1 of b', true],
    ['-1 of ', '1 of b', false],
  ])('/sync %s with names %s: %s', (sync, names, expected) => {
    expect(overlaps(state({ sync, names, wanted: '0 of ' }))).toBe(expected);
  });
});

describe('the smallest quorum that is safe', () => {
  const before = { sync: '1 of b c d', names: '2 of b c d', wanted: '0 of ' };

  it('counts confirmed standbys', () => {
    const now = state({ sync: '0 of ', names: '1 of b c', confirmed: 'c', wanted: '0 of ' });
    expect(safeQuorum(now, ['b', 'c'])).toBe(1);
    expect(safeQuorum({ ...now, confirmed: [] }, ['b', 'c'])).toBeUndefined();
  });

  it('counts what /sync vouches for, but for those that leave it', () => {
    // Two of b, c, d have any commit: one of them at least is c or d.
    expect(safeQuorum(state({ ...before, names: '2 of c d' }), ['c', 'd'])).toBe(1);
    // b has it anyway, and one more of them.
    expect(safeQuorum(state({ ...before, confirmed: 'b' }), ['c', 'd'])).toBe(1);
  });

  it('vouches for nothing when the names in effect do not hold it', () => {
    const broken = state({ sync: '0 of b c', names: '1 of b c', confirmed: 'b', wanted: '0 of ' });
    expect(safeQuorum(broken, ['b', 'c'])).toBe(1);
    expect(safeQuorum({ ...broken, confirmed: [] }, ['b', 'c'])).toBeUndefined();
  });

  it('is 0 when nobody but the leader may lead', () => {
    expect(safeQuorum(state(before), [])).toBe(0);
  });
});

describe('the smallest count that is safe', () => {
  it('grows with who may elect', () => {
    const now = state({ sync: '1 of b c', names: '1 of b c', wanted: '0 of ' });
    expect(safeCount(now, ['b', 'c'])).toBe(1);
    expect(safeCount(now, ['b', 'd'])).toBe(2);
    expect(safeCount(now, ['d'])).toBeUndefined();
  });

  it('is 0 when nobody but the leader may lead', () => {
    expect(safeCount(state({ sync: '0 of ', names: '1 of b', wanted: '0 of ' }), [])).toBe(0);
  });
});

describe('quorum mode, step by step', () => {
  it.each([
    ['the first standbys', '0 of ', '0 of ', '1 of b c', ['names 1 of b c', '/sync 1 of b c']],
    ['one more', '1 of b c', '1 of b c', '1 of b c d', ['/sync 2 of b c d', 'names 1 of b c d']],
    ['one less', '2 of b c d', '1 of b c d', '1 of b c', ['names 1 of b c', '/sync 1 of b c']],
    [
      'a larger node count',
      '1 of b c',
      '1 of b c',
      '2 of b c',
      ['names 2 of b c', '/sync 0 of b c'],
    ],
    [
      'a smaller node count',
      '0 of b c',
      '2 of b c',
      '1 of b c',
      ['/sync 1 of b c', 'names 1 of b c'],
    ],
    ['nobody is left', '1 of b c', '1 of b c', '0 of ', ['/sync 0 of', 'names 0 of']],
    [
      'two of three go at once, and commits waited for two',
      '1 of b c d',
      '2 of b c d',
      '1 of b',
      ['names 2 of b c', '/sync 0 of b', 'names 1 of b'],
    ],
    [
      'one goes and another comes',
      '1 of b c',
      '1 of b c',
      '1 of b d',
      ['names 1 of b', '/sync 1 of b d', 'names 1 of b d'],
    ],
    [
      'all go and another comes',
      '0 of b',
      '1 of b',
      '1 of c',
      ['/sync 0 of', 'names 1 of c', '/sync 0 of c'],
    ],
  ])('%s', (_, sync, names, wanted, expected) => {
    expect(steps('quorum', { sync, names, wanted })).toEqual([...expected, 'done']);
  });

  it('is never negative when a standby joins and leaves quickly (P#3278)', () => {
    const joining = state({ sync: '1 of b c', names: '1 of b', wanted: '1 of b' });
    expect(nextSyncStep('quorum', { ...joining, confirmed: ['b'] })).toEqual({
      kind: 'write-sync',
      voters: ['b'],
      quorum: 0,
    });
  });

  it('waits for a confirmation before it trusts a new standby', () => {
    const named = state({ sync: '0 of ', names: '1 of b', wanted: '1 of b' });
    expect(nextSyncStep('quorum', named)).toEqual({ kind: 'wait' });
  });

  it('takes back what the names in effect do not hold (P#2877)', () => {
    const broken = state({ sync: '0 of b', names: '0 of ', wanted: '1 of b' });
    expect(nextSyncStep('quorum', broken)).toEqual({ kind: 'write-sync', voters: [], quorum: 0 });
  });
});

describe('mode on, step by step', () => {
  it.each([
    ['the first standby', '0 of ', '0 of ', '1 of b', ['names 1 of b', '/sync 0 of b']],
    ['one more', '0 of b', '1 of b', '2 of b c', ['names 2 of b c', '/sync 0 of b c']],
    ['one less', '0 of b c', '2 of b c', '1 of b', ['/sync 0 of b', 'names 1 of b']],
    ['another', '0 of b', '1 of b', '1 of c', ['/sync 0 of', 'names 1 of c', '/sync 0 of c']],
    ['nobody is left', '0 of b', '1 of b', '0 of ', ['/sync 0 of', 'names 0 of']],
    [
      'after quorum mode',
      '1 of b c',
      '1 of b c',
      '1 of b',
      ['/sync 0 of', 'names 1 of b', '/sync 0 of b'],
    ],
  ])('%s', (_, sync, names, wanted, expected) => {
    expect(steps('on', { sync, names, wanted })).toEqual([...expected, 'done']);
  });

  it('waits for a confirmation before a new standby is in /sync', () => {
    const named = state({ sync: '0 of b', names: '2 of b c', wanted: '2 of b c' });
    expect(nextSyncStep('on', named)).toEqual({ kind: 'wait' });
  });

  it('takes out of /sync who is not among the names in effect (P#2877)', () => {
    const broken = state({ sync: '0 of b c', names: '1 of b', confirmed: 'b', wanted: '2 of b c' });
    expect(nextSyncStep('on', broken)).toEqual({ kind: 'write-sync', voters: ['b'], quorum: 0 });
  });
});

it('an unsafe step is a mistake of ours, and is never made', () => {
  const nonsense = state({ sync: '0 of b', names: '1 of b', confirmed: 'b', wanted: '0 of b' });
  expect(() => nextSyncStep('quorum', nonsense)).toThrow(/unsafe .* after write-sync: 1 of \(b\)/);
});
