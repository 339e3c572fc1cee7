import { describe, expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import {
  booleanOf,
  integerOf,
  quantityOf,
  readableQuantity,
  scalarText,
  unitsFor,
} from '../../../src/model/parameter-values.ts';

describe('booleanOf', () => {
  it.each(['on', 'true', 'YES', '1', 1, true])('%j is true', (value) => {
    expect(booleanOf(value)).toBe(true);
  });
  it.each(['off', 'False', 'no', '0', 0, false])('%j is false', (value) => {
    expect(booleanOf(value)).toBe(false);
  });
  it.each(['y', 'maybe', 2, '', null, []])('%j is neither', (value) => {
    expect(booleanOf(value)).toBeUndefined();
  });
});

describe('integerOf', () => {
  it('takes numbers and their text, nothing else', () => {
    expect([30, '30', ' -1 ', 7n].map(integerOf)).toEqual([30, 30, -1, 7]);
    expect(['30s', 1.5, true, null, '', {}].map(integerOf)).toEqual(Array(6).fill(undefined));
  });
});

describe('quantityOf', () => {
  it.each([
    ['30min', 's', 1800],
    ['1GB', 'MB', 1024],
    ['1GB', '8kB', 131_072],
    [100, '8kB', 100],
    ['0x10', undefined, 16],
    ['010', undefined, 8],
    ['1.5GB', 'MB', 1536],
    [new WholeFloat(100), undefined, 100],
    ['200 ms', 's', 0],
  ])('%j in %s is %d', (value, unit, expected) => {
    expect(quantityOf(value, unit)).toBe(expected);
  });
  it.each([
    ['500ABC', undefined],
    ['5MB', undefined],
    ['5MB', 's'],
    ['5mb', 'kB'],
    [true, undefined],
    ['', undefined],
  ])('%j is no quantity in %s', (value, unit) => {
    expect(quantityOf(value, unit)).toBeUndefined();
  });
  it('keeps a fraction only where one is wanted', () => {
    expect(quantityOf('0.2', undefined, true)).toBe(0.2);
    expect(quantityOf('0.2', undefined)).toBe(0);
  });
});

it('scalarText writes values as Patroni would', () => {
  expect([true, false, 5, 'x', null, []].map(scalarText)).toEqual([
    'on',
    'off',
    '5',
    'x',
    undefined,
    undefined,
  ]);
});

it('unitsFor names the units of memory or of time', () => {
  expect(unitsFor('8kB')).toBe('B, kB, MB, GB, TB');
  expect(unitsFor('ms')).toBe('us, ms, s, min, h, d');
});

describe('readableQuantity', () => {
  it.each([
    [1024, 'kB', '1MB'],
    [1025, 'kB', '1025kB'],
    [16384, '8kB', '128MB'],
    [4, '256MB', '1GB'],
    [300, 's', '5min'],
    [86_400, 's', '1d'],
    [5, 'ms', '5ms'],
    [4.2, 'ms', '4200us'],
    [0, 'kB', '0'],
    [-1, 'ms', '-1'],
    [7, 'unknown', '7'],
  ])('%s in %s is %s', (number, unit, text) => {
    expect(readableQuantity(number, unit)).toBe(text);
  });
});
