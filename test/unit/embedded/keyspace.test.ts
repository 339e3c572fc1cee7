import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { History } from '../../../src/embedded/core/history.ts';
import { type Change, EMPTY, Keyspace, NO_END } from '../../../src/embedded/core/keyspace.ts';

function write(keys: Keyspace<string>, ...changes: Change<string>[]) {
  return keys.transaction((apply) => {
    for (const change of changes) apply(change);
  });
}

describe('keys', () => {
  test('a transaction has one revision, and each change its place', () => {
    const keys = new Keyspace<string>();
    expect(keys.revision).toBe(1);
    write(keys, { key: 'a', value: '1' }, { key: 'b', value: '2', lease: '7' });
    write(keys, { key: 'a', value: '3' });
    expect(keys.get('a')).toEqual({
      ...{ key: 'a', value: '3', created: 2, modified: 3, version: 2, lease: undefined },
    });
    expect(keys.get('b')).toMatchObject({ created: 2, modified: 2, version: 1, lease: '7' });
  });

  test('what is removed and written again is made anew', () => {
    const keys = new Keyspace<string>();
    write(keys, { key: 'a', value: '1' });
    write(keys, { key: 'a', value: undefined });
    expect(keys.get('a')).toBeUndefined();
    write(keys, { key: 'a', value: '2' });
    expect(keys.get('a')).toMatchObject({ created: 4, version: 1 });
  });

  test('removing what is not there changes nothing', () => {
    const keys = new Keyspace<string>();
    expect(write(keys, { key: 'a', value: undefined })).toEqual([]);
    expect(keys.revision).toBe(1);
  });

  test('a backup is not touched by what comes later', () => {
    const keys = new Keyspace<string>();
    write(keys, { key: 'a', value: '1' });
    const saved = keys.save();
    write(keys, { key: 'a', value: '2' }, { key: 'b', value: '3' });
    keys.load(saved);
    expect(keys.range({ key: '', end: NO_END }).map(({ value }) => value)).toEqual(['1']);
    expect(keys.revision).toBe(2);
    keys.load(EMPTY);
    expect(keys.range({ key: '', end: NO_END })).toEqual([]);
  });

  test.each([
    [{ key: 'b' }, ['b']],
    [{ key: 'bb' }, []],
    [{ key: 'b', end: 'd' }, ['b', 'c']],
    [{ key: 'ba', end: 'd' }, ['c']],
    [{ key: 'b', end: NO_END }, ['b', 'c', 'd']],
    [{ key: 'd', end: 'b' }, []],
  ])('%j is %j', (range, expected) => {
    const keys = new Keyspace<string>();
    for (const key of ['d', 'b', 'a', 'c']) write(keys, { key, value: key });
    expect(keys.range(range).map(({ key }) => key)).toEqual(expected);
  });
});

const KEYS = ['a', 'b', 'c', 'd'];
const change = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.option(fc.string(), { nil: undefined }),
});

test('every revision that is remembered can be seen as it was', () => {
  const run = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 30 });
  fc.assert(
    fc.property(run, (transactions) => {
      const keys = new Keyspace<string>();
      const history = new History<string>(4);
      const range = { key: 'b', end: NO_END };
      const seen = new Map([[keys.revision, keys.range(range)]]);
      for (const changes of transactions) {
        const events = write(keys, ...changes);
        if (events.length > 0) history.add(events);
        seen.set(keys.revision, keys.range(range));
      }
      for (const [revision, items] of seen) {
        const then = history.before(keys.range(range), range, revision);
        if (revision > history.forgotten) expect(then).toEqual(items);
        else expect(then).toBeUndefined();
      }
      // At the least so many are kept.
      expect(keys.revision - history.forgotten).toBeGreaterThanOrEqual(
        Math.min(4, keys.revision - 1),
      );
    }),
  );
});
