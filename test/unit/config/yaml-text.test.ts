import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml, YamlError } from '../../../src/config/yaml-text.ts';
import type { Json } from '../../../src/model/json.ts';
import { WholeFloat } from '../../../src/model/json.ts';

const parse = (text: string): Json => parseYaml(text, { source: 'x.yml' });

function errorOf(text: string): YamlError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('scalars without quotes are what PyYAML makes of them', () => {
  // Every expectation was taken from PyYAML 6.0.3.
  it.each<[string, Json]>([
    ['yes', true],
    ['No', false],
    ['ON', true],
    ['off', false],
    ['tRUE', 'tRUE'],
    ['y', 'y'],
    ['n', 'n'],
    ['~', null],
    ['', null],
    ['Null', null],
    ['0', 0],
    ['-0', 0],
    ['010', 8],
    ['08', '08'],
    ['0o17', '0o17'],
    ['1_000', 1000],
    ['0x1F', 31],
    ['-0b11', -3],
    ['1:30', 90],
    ['-1:30', -90],
    ['1:60', '1:60'],
    ['190:20:30.15', 685230.15],
    ['12345678901234567890', 12345678901234567890n],
    ['1e3', '1e3'],
    ['1.5e+3', new WholeFloat(1500)],
    ['.5', 0.5],
    ['5.', new WholeFloat(5)],
    ['1.0', new WholeFloat(1)],
    ['-.inf', Number.NEGATIVE_INFINITY],
    ['.NaN', Number.NaN],
    ['2001-01-01', '2001-01-01'],
    ['2001-12-14 21:59:43.10 -5', '2001-12-14 21:59:43.10 -5'],
    ['10.0.0.1:2379', '10.0.0.1:2379'],
    ['host:5432', 'host:5432'],
    ['500MB', '500MB'],
    ['!!str 12', '12'],
    ['!!int "0x10"', 16],
    ['!!float 3', new WholeFloat(3)],
    ['!!null x', null],
    ['! 5', 5],
    ['"yes"', 'yes'],
    ["'010'", '010'],
  ])('%s', (text, value) => {
    expect(parse(`k: ${text}`)).toEqual({ k: value });
  });

  it('are as keys the text that Python makes of them', () => {
    expect(Object.keys(parse('{1.0: a, 1.5: b, 7: c, true: d}') as object).sort()).toEqual([
      '1.0',
      '1.5',
      '7',
      'true',
    ]);
  });
});

describe('maps and lists', () => {
  it('takes the last of two equal keys', () => {
    expect(parse('a: 1\nb: 2\na: 3')).toEqual({ a: 3, b: 2 });
  });

  it('merges with <<: own keys win, and the first of several maps wins', () => {
    const text = 'x: &x {p: 1, q: 2}\nz:\n  q: 9\n  <<: [*x, {p: 5, r: 6}]';
    expect(parse(text)).toEqual({ x: { p: 1, q: 2 }, z: { p: 1, r: 6, q: 9 } });
  });

  it('leaves a quoted << alone', () => {
    expect(parse('"<<": 1')).toEqual({ '<<': 1 });
  });

  it('makes keys text, as JSON needs them', () => {
    expect(parse('1: a\nyes: b\n~: c\n? x\n')).toEqual({ '1': 'a', true: 'b', null: 'c', x: null });
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = parse('__proto__: {polluted: 1}\na: {__proto__: {polluted: 1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect('polluted' in (value as { a: object }).a).toBe(false);
  });

  it.each([
    ['', null],
    ['# only a comment\n', null],
    ['text', 'text'],
    ['- a\n- b', ['a', 'b']],
    ['\ufeffa: 1', { a: 1 }],
    ['%YAML 1.2\n---\na: 010', { a: 8 }],
    ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
  ])('reads %j', (text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe('refusals name line and column', () => {
  it.each([
    ['a: 1\nb: c: d', 2, 4, 'a key inside a value on the same line'],
    ['a:\n\t- b', 2, 1, 'tabs are not allowed'],
    ['a: [1, 2', 1, 9, 'flow sequence'],
    ['a: "x', 1, 6, 'missing closing'],
    ['--- 1\n--- 2', 2, 1, 'there is more than one document'],
    ['a: *b', 1, 4, 'the alias *b has no anchor before it'],
    ['a: &a [*a]', 1, 8, 'the alias *a refers to itself'],
    ['a: !!python/object:os.system x', 1, 30, 'the tag !!python/object:os.system is not allowed'],
    ['a: !!python/object/apply:os.system [x]', 1, 36, '!!python/object/apply:os.system is not'],
    ['a: !foo {b: 1}', 1, 9, 'the tag !foo is not allowed'],
    ['a: !!int x', 1, 10, '"x" does not fit its tag'],
    ['? [a]\n: b', 1, 3, 'a list or a map cannot be a key'],
    ['<<: 1', 1, 1, '<< needs a map'],
    ['a: 1\nb: \u0007', 2, 4, 'control characters are not allowed'],
  ])('%j', (text, line, column, reason) => {
    const error = errorOf(text);
    expect({ line: error.line, column: error.column }).toEqual({ line, column });
    expect(error.reason).toContain(reason);
    expect(error.message).toContain(`x.yml is not valid YAML: line ${line}, column ${column}: `);
  });

  it('refuses an alias bomb quickly', () => {
    const levels = 'bcdefghi'.split('');
    const text = levels.reduce((sum, name, index) => {
      const before = 'abcdefgh'[index];
      return `${sum}${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`;
    }, 'a: &a [x, x, x, x, x, x, x, x, x]\n');
    expect(errorOf(text).reason).toBe('aliases repeat too much');
  });

  it.each(['['.repeat(100_000), `${'a: {'.repeat(5000)}${'}'.repeat(5000)}`])(
    'refuses what is nested too deeply',
    (text) => {
      expect(errorOf(text).reason).toContain('nested too deeply');
    },
  );

  it('throws nothing but YamlError, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...['a', ': ', '\n', ' ', '- ', '[', ']', '{', '}', ',', '&x ', '*x', '<<', '!!int ', '"'],
      ...["'", '|', '>', '#', '%', '? ', '\t', '---', '...', '0x', '1:2', '\u0000', '\ud800'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (words) => {
        try {
          parse(words.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(YamlError);
        }
      }),
    );
  });
});
