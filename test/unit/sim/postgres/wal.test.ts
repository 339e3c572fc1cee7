import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  contains,
  hasCommit,
  lastCommon,
  newSystem,
  type WalRecord,
} from '../../../sim/postgres/wal.ts';

/** A tree: each number says after which of the records before it the next one is written. */
const trees = fc.array(fc.nat(), { minLength: 1, maxLength: 60 }).map((choices) => {
  const records = [newSystem('1')];
  for (const [commit, choice] of choices.entries()) {
    const parent = records[choice % records.length];
    if (parent !== undefined) records.push(append(parent, { kind: 'commit', commit }));
  }
  return records;
});

function ancestors(record: WalRecord): WalRecord[] {
  return record.parent === undefined ? [record] : [record, ...ancestors(record.parent)];
}

describe('branches of WAL', () => {
  it('a branch contains exactly what was written before its end', () => {
    fc.assert(
      fc.property(trees, (records) => {
        for (const tip of records) {
          const line = ancestors(tip);
          for (const record of records) {
            expect(contains(tip, record)).toBe(line.includes(record));
            if (record.commit !== undefined) {
              expect(hasCommit(tip, record.commit)).toBe(line.includes(record));
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('the last common record is where two branches fork', () => {
    fc.assert(
      fc.property(trees, (records) => {
        for (const one of records) {
          const line = ancestors(one);
          for (const other of records) {
            const fork = ancestors(other).find((record) => line.includes(record));
            expect(lastCommon(one, other)).toBe(fork);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('branches of different systems have nothing in common', () => {
    expect(lastCommon(newSystem('1'), newSystem('1'))).toBeUndefined();
  });
});

describe('positions and timelines', () => {
  it('counts bytes, and remembers where the last checkpoint begins', () => {
    const root = newSystem('1');
    const commit = append(root, { kind: 'commit', commit: 'a', size: 1000 });
    const checkpoint = append(commit, { kind: 'checkpoint' });
    const after = append(checkpoint, { kind: 'commit', commit: 'b' });
    expect(commit.lsn).toBe(root.lsn + 1000);
    expect(after.checkpoint).toEqual({ timeline: 1, lsn: commit.lsn });
  });

  it('a new timeline begins where the old one was left, and its number says nothing', () => {
    const root = newSystem('1');
    const old = append(root, { kind: 'commit', commit: 'a' });
    const one = append(old, { kind: 'promote', timeline: 2 });
    const other = append(root, { kind: 'promote', timeline: 2 });
    const { lsn } = old;
    expect(one.history).toMatchObject([{ timeline: 1, lsn }]);
    expect(append(one, { kind: 'checkpoint' }).history).toBe(one.history);
    expect(contains(one, other)).toBe(false);
    expect(lastCommon(one, other)).toBe(root);
  });
});
