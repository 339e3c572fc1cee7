import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SyncNames } from '../../../src/model/postgres.ts';
import { formatSyncNames, parseSyncNames } from '../../../src/model/sync-names.ts';

it.each<[SyncNames, string]>([
  [{ kind: 'off' }, ''],
  [{ kind: 'first', count: 1, names: ['pg2'] }, 'pg2'],
  [{ kind: 'first', count: 1, names: ['*'] }, '*'],
  [{ kind: 'first', count: 2, names: ['pg2', 'pg3'] }, '2 (pg2,pg3)'],
  [{ kind: 'any', count: 1, names: ['pg2'] }, 'ANY 1 (pg2)'],
  [{ kind: 'any', count: 2, names: ['a', 'b', 'c'] }, 'ANY 2 (a,b,c)'],
  [{ kind: 'first', count: 1, names: ['any'] }, '"any"'],
  [{ kind: 'first', count: 2, names: ['First', 'ANY'] }, '2 ("First","ANY")'],
  [{ kind: 'first', count: 1, names: ['pg-2'] }, '"pg-2"'],
  [{ kind: 'first', count: 1, names: ['PG2'] }, 'PG2'],
  [{ kind: 'first', count: 1, names: ['a"b'] }, '"a""b"'],
  [{ kind: 'first', count: 1, names: ['1'] }, '"1"'],
  [{ kind: 'first', count: 1, names: ['bär'] }, '"bär"'],
  [{ kind: 'first', count: 1, names: ['x'.repeat(70)] }, 'x'.repeat(70)],
])('%j is %s', (names, text) => {
  expect(formatSyncNames(names)).toBe(text);
  expect(parseSyncNames(text)).toEqual(names);
});

it.each<[string, SyncNames]>([
  ['  ', { kind: 'off' }],
  [' a , "b c" ', { kind: 'first', count: 1, names: ['a', 'b c'] }],
  ['FiRsT 2(a,*)', { kind: 'first', count: 2, names: ['a', '*'] }],
  ['any 1 (1, "2")', { kind: 'any', count: 1, names: ['1', '2'] }],
  ['2', { kind: 'first', count: 1, names: ['2'] }],
  ['bär', { kind: 'first', count: 1, names: ['bär'] }],
  // PostgreSQL takes none of these, so they are never in effect.
  ...['a,', '2 (,)', 'ANY 1 (a', 'first', 'a b', 'ANY 1 (a b)', '"a', '0 (a)', '2 ()'].map(
    (text): [string, SyncNames] => [text, { kind: 'text', text }],
  ),
])('%j means %j', (text, names) => {
  expect(parseSyncNames(text)).toEqual(names);
});

it('what is written is read as the same, whatever the names are', () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }),
    fc.constantFrom('any', 'FIRST', '*', '1', 'a"b', '""', 'x'.repeat(64), ',', '(', ')', ' '),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('first' as const, 'any' as const),
      fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (kind, names, count) => {
        const setting = { kind, count, names };
        expect(parseSyncNames(formatSyncNames(setting))).toEqual(setting);
      },
    ),
  );
});

it('no text is an error', () => {
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => void parseSyncNames(text)));
});
