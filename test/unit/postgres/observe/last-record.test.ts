import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseWalRecord,
  recordEnd,
  walFileName,
} from '../../../../src/postgres/observe/last-record.ts';

const SIZES = { walPage: 8192, walSegment: 16 * 1024 * 1024 };

describe('a line of pg_waldump', () => {
  it.each([
    [
      'rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/0151CAB0, prev' +
        ' 0/0151C938, desc: CHECKPOINT_SHUTDOWN redo 0/151CAB0; tli 1; oldest running xid 0; shutdown',
      { lsn: 0x151cab0, previous: 0x151c938, length: 114 },
    ],
    [
      // PostgreSQL 19 pads LSNs otherwise (P#3653).
      'rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 1/00000028, prev' +
        ' 0/FFFFFF80, desc: SWITCH ',
      { lsn: 2 ** 32 + 0x28, previous: 0xffffff80, length: 24, description: 'SWITCH' },
    ],
    [
      'rmgr: Heap        len (rec/tot):     59/  8159, tx:        732, lsn: 0/2000100, prev 0/20000C8,' +
        ' desc: INSERT off 1, blkref #0: rel 1663/5/16384 blk 0 FPW',
      { length: 8159 },
    ],
  ])('is understood: %s', (line, record) => {
    expect(parseWalRecord(line)).toMatchObject(record);
  });

  it.each(['', 'pg_waldump: error: x', 'rmgr: XLOG len (rec/tot): 1/1'])('is not: %j', (line) => {
    expect(parseWalRecord(line)).toBeUndefined();
  });
});

describe('the end of a record', () => {
  it.each([
    [0x151cab0, 114, 0x151cb28],
    [0x3000028, 114, 0x30000a0],
    // To the very end of a page, and one byte more.
    [0x3000028, 8192 - 40, 0x3002000],
    [0x3000028, 8192 - 40 + 1, 0x3002000 + 24 + 8],
    // Over the end of a file.
    [0x3ffffe0, 40, 0x4000000 + 40 + 8],
  ])('of %i with %i bytes is %i', (lsn, length, end) => {
    expect(recordEnd({ lsn, length }, SIZES)).toBe(end);
  });

  it('is behind it, aligned, and only headers further', () => {
    const lsn = fc.integer({ min: 1, max: 2 ** 20 }).map((page) => page * 8192 + 40);
    fc.assert(
      fc.property(lsn, fc.integer({ min: 24, max: 100_000 }), (at, length) => {
        const end = recordEnd({ lsn: at, length }, SIZES);
        expect(end % 8).toBe(0);
        expect(end).toBeGreaterThanOrEqual(at + length);
        expect(end).toBeLessThan(at + length + 8 + 40 * (Math.ceil(length / 8192) + 1));
      }),
    );
  });
});

it('the file of a position has its name', () => {
  const at = { timeline: 3, lsn: 0x1_0200_0060, walSegment: SIZES.walSegment };
  expect(walFileName(at)).toBe('000000030000000100000002');
  expect(walFileName({ ...at, walSegment: 2 ** 30 })).toBe('000000030000000100000000');
});
