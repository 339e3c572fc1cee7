import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatLsn } from '../../../../src/model/lsn.ts';
import { historyFileName, parseHistory } from '../../../../src/postgres/observe/history.ts';

it('a history file is understood', () => {
  const text = '1\t0/3000148\tno recovery target specified\n\n2\tA/B\tbefore 2000-01-01 00:00:00\n';
  expect(parseHistory(text, 3)).toEqual([
    { timeline: 1, lsn: 0x3000148, reason: 'no recovery target specified' },
    { timeline: 2, lsn: 10 * 2 ** 32 + 11, reason: 'before 2000-01-01 00:00:00' },
  ]);
});

it('what is none of it is left out', () => {
  const text = [
    '# a comment',
    '1\t0/10\tfirst',
    'junk',
    'x\t0/20\tno number',
    '2\tnowhere\tno position',
    '1\t0/30\ta timeline cannot come back',
    '3\t0/40',
    '7\t0/50\tnot before the timeline itself',
    '\u0000',
  ].join('\n');
  expect(parseHistory(text, 7)).toEqual([
    { timeline: 1, lsn: 0x10, reason: 'first' },
    { timeline: 3, lsn: 0x40, reason: '' },
  ]);
});

it('a history may be longer than any limit (A#1139)', () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `${index + 1}\t0/${index + 1}\tx`);
  expect(parseHistory(lines.join('\n'), 5001)).toHaveLength(5000);
});

it('every history is read as it was written', () => {
  const switches = fc
    .uniqueArray(fc.integer({ min: 1, max: 2 ** 31 }), { maxLength: 20 })
    .map((numbers) => numbers.sort((a, b) => a - b))
    .chain((numbers) =>
      fc.tuple(
        ...numbers.map((timeline) =>
          fc.record({
            timeline: fc.constant(timeline),
            lsn: fc.maxSafeInteger().map(Math.abs),
            reason: fc.stringMatching(/^[a-z][a-z ]{0,20}[a-z]$/),
          }),
        ),
      ),
    );
  fc.assert(
    fc.property(switches, (list) => {
      const text = list.map(
        ({ timeline, lsn, reason }) => `${timeline}\t${formatLsn(lsn)}\t${reason}\n`,
      );
      expect(parseHistory(text.join(''), 2 ** 31 + 1)).toEqual(list);
    }),
  );
});

it('no text is an error', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseHistory(text, 9)));
});

it('its name has the number of the timeline', () => {
  expect(historyFileName(0x1a)).toBe('0000001A.history');
});
