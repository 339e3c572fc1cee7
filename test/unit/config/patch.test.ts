import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePatch } from '../../../src/config/patch.ts';
import { type Json, WholeFloat } from '../../../src/model/json.ts';

describe('mergePatch', () => {
  it.each<[string, Record<string, Json>, Record<string, Json>, Record<string, Json>]>([
    ['adds', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['replaces', { a: 1 }, { a: 2 }, { a: 2 }],
    ['removes with null', { a: 1, b: 2 }, { a: null, c: null }, { b: 2 }],
    ['merges maps', { a: { b: 1, c: 2 } }, { a: { c: 3, b: null } }, { a: { c: 3 } }],
    ['replaces lists', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['replaces a map by a scalar', { a: { b: 1 } }, { a: 1 }, { a: 1 }],
    ['replaces a scalar by a map, nulls and all', { a: 1 }, { a: { b: null } }, { a: { b: null } }],
    ['keeps what reads the same', { a: '10', b: true }, { a: 10, b: 'True' }, { a: '10', b: true }],
    ['keeps a float that reads the same', { a: '1.0' }, { a: new WholeFloat(1) }, { a: '1.0' }],
    ['tells 1.0 from 1', { a: 1 }, { a: new WholeFloat(1) }, { a: new WholeFloat(1) }],
    ['tells true from 1', { a: true }, { a: 1 }, { a: 1 }],
    ['takes large numbers', { a: 1 }, { a: 2n ** 64n }, { a: 2n ** 64n }],
  ])('%s', (_, target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('is harmless with __proto__ and with names that objects inherit', () => {
    const patch = Object.fromEntries([
      ['__proto__', { polluted: true }],
      ['constructor', { a: 1 }],
    ]);
    const result = mergePatch({}, patch);
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it('keeps the order of what was there', () => {
    expect(Object.keys(mergePatch({ z: 1, a: 2 }, { b: 1, z: 3 }))).toEqual(['z', 'a', 'b']);
  });
});

describe('mergePatch, for all maps', () => {
  const key = fc.constantFrom('a', 'b', 'c', '__proto__');
  const { map } = fc.letrec<{ map: Record<string, Json>; value: Json }>((tie) => ({
    map: fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom('0', '1', 'x'),
      fc.boolean(),
      fc.array(fc.integer({ max: 2 }), { maxLength: 2 }),
      tie('map'),
    ),
  }));

  it('doing it twice changes nothing more', () => {
    fc.assert(
      fc.property(map, map, (target, patch) => {
        const once = mergePatch(target, patch);
        // A map that was new still holds its nulls; merging it again takes them out.
        fc.pre(!holdsNull(once));
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it('an empty patch changes nothing, and neither argument is changed', () => {
    fc.assert(
      fc.property(map, map, (target, patch) => {
        const before = structuredClone([target, patch]);
        mergePatch(target, patch);
        expect([target, patch]).toEqual(before);
        expect(mergePatch(target, {})).toEqual(target);
      }),
    );
  });

  it('a key with null is gone, a key not in the patch stays', () => {
    fc.assert(
      fc.property(map, map, (target, patch) => {
        const result = mergePatch(target, patch);
        for (const [name, value] of Object.entries(patch)) {
          expect(Object.hasOwn(result, name)).toBe(value !== null);
        }
        for (const [name, value] of Object.entries(target)) {
          if (!Object.hasOwn(patch, name)) expect(result[name]).toEqual(value);
        }
      }),
    );
  });
});

function holdsNull(value: Json): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.values(value).some(holdsNull);
}
