import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import { compactJson, parseJson, parseOrNothing } from '../../../src/wire/json-text.ts';

interface Case {
  data: string;
  compact: string;
}
const corpus = JSON.parse(
  readFileSync(new URL('../../fixtures/python-text.json', import.meta.url), 'utf8'),
) as Case[];

describe('compactJson', () => {
  it('prints what Python prints, for every case of the corpus', () => {
    expect(corpus.length).toBeGreaterThan(300);
    for (const { data, compact } of corpus) expect(compactJson(parseJson(data))).toBe(compact);
  });

  it('gives back what Patroni wrote, number by number', () => {
    for (const text of [
      '{"ttl":30,"a":1.0,"b":1e+16,"c":0.1,"d":12345678901234567890,"e":-0.0,"f":1e-07}',
      '[9007199254740993,-9007199254740992,1.7976931348623157e+308,5e-324]',
      '{"text":"\\u00e9 \\ud83d\\ude00 \\u0000# \\u007f \\"\\\\","empty":{},"list":[]}',
    ]) {
      expect(compactJson(parseJson(text))).toBe(text);
    }
  });

  it('leaves out what is undefined', () => {
    expect(compactJson({ a: undefined, b: null })).toBe('{"b":null}');
  });
});

describe('parseJson', () => {
  it('reads and writes all that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(compactJson(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps a float apart from an integer', () => {
    expect(parseJson('[1.0, 1, 1e3]')).toEqual([new WholeFloat(1), 1, new WholeFloat(1000)]);
  });

  it('does not mistake text for a number', () => {
    const value = ['\u0000#1.5', '\u0000s', '1.5', ':1.5,', '\u0000'];
    expect(parseJson(`[1.5,${JSON.stringify(value).slice(1)}`)).toEqual([1.5, ...value]);
  });

  it.each(['01', '1.5.5', '{1.5: 2}', '[1.5', '00.5', 'abc1.5', '1.0 1.0', '', '-', '{"a":1.5,}'])(
    'refuses %s',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('has no way to change a prototype', () => {
    const value = parseJson('{"__proto__": {"polluted": 1.0}, "constructor": 1}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('refuses what is nested deeper than 100 levels, however deep', () => {
    expect(parseJson('['.repeat(100) + ']'.repeat(100))).toBeDefined();
    for (const depth of [101, 10_000, 100_000]) {
      expect(parseOrNothing('['.repeat(depth) + ']'.repeat(depth))).toBeUndefined();
      expect(parseOrNothing(`${'['.repeat(depth)}1.5${']'.repeat(depth)}`)).toBeUndefined();
    }
  });

  it('reads a megabyte of text beside a float', () => {
    const text = 'x\\"'.repeat(400_000);
    expect(parseJson(`{"a": 1.0, "b": "${text}"}`)).toMatchObject({ a: new WholeFloat(1) });
  });
});
