import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assign,
  type ConfigMap,
  inOrderOf,
  sameConfig,
  splitAssignment,
} from '../../../../src/ctl/edit/change.ts';
import type { Json } from '../../../../src/model/json.ts';

describe('splitAssignment', () => {
  it('splits at the first =, and the path at its dots', () => {
    expect(splitAssignment('ttl=30')).toEqual({ path: ['ttl'], text: '30' });
    expect(splitAssignment(' slots.a.type = a=b')).toEqual({
      path: ['slots', 'a', 'type'],
      text: ' a=b',
    });
  });
  it('takes all behind postgresql.parameters as one name', () => {
    expect(splitAssignment('postgresql.parameters.auto_explain.log=1').path).toEqual([
      'postgresql',
      'parameters',
      'auto_explain.log',
    ]);
  });
  it.each(['ttl', '=5', 'a..b=1', '', 'postgresql.parameters.=1'])('refuses %j', (pair) => {
    expect(() => splitAssignment(pair)).toThrow(/^Invalid parameter setting/);
  });
});

describe('assign', () => {
  const set = (config: ConfigMap, path: string, value: Json) =>
    assign(config, { path: path.split('.'), value });

  it('sets, makes the maps on the way, and keeps the rest and its order', () => {
    expect(set({ b: 1, a: 2 }, 'b', 3)).toEqual({ b: 3, a: 2 });
    expect(Object.keys(set({ b: 1, a: 2 }, 'b', 3))).toEqual(['b', 'a']);
    expect(set({ a: 5 }, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } });
  });
  it('null removes, and a map that becomes empty goes too', () => {
    expect(set({ a: 1, b: 2 }, 'a', null)).toEqual({ b: 2 });
    expect(set({ a: { b: { c: 1 } }, d: 1 }, 'a.b.c', null)).toEqual({ d: 1 });
    expect(set({ d: 1 }, 'a.b', null)).toEqual({ d: 1 });
  });
  it('does not change what it was given', () => {
    const before = { a: { b: 1 } };
    set(before, 'a.b', 2);
    expect(before).toEqual({ a: { b: 1 } });
  });
  it('takes __proto__ for a key like any other', () => {
    const after = set({}, '__proto__.polluted', 1);
    expect(Object.hasOwn(after, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('inOrderOf', () => {
  it('keeps the order of what was there, new keys behind', () => {
    const before = { z: 1, a: { y: 1, b: 2 } };
    const edited = { a: { b: 3, c: 4, y: 1 }, k: 1, z: 1 };
    expect(JSON.stringify(inOrderOf(before, edited))).toBe('{"z":1,"a":{"y":1,"b":3,"c":4},"k":1}');
  });
  it('changes nothing but the order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(inOrderOf(one as Json, other as Json)).toEqual(other);
      }),
    );
  });
});

describe('sameConfig', () => {
  it('looks at values and not at their order', () => {
    expect(sameConfig({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toBe(true);
    expect(sameConfig({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(sameConfig({ a: 1 }, { a: '1' })).toBe(false);
    expect(sameConfig({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameConfig({ a: 1, b: 2 }, { a: 1 })).toBe(false);
  });
});
