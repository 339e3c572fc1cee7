import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import { compareText, dumpJson, pythonNumber, pythonRound } from '../../../src/model/python.ts';

describe('pythonNumber', () => {
  it.each([
    [1, '1'],
    [-0, '0'],
    [2 ** 53, '9007199254740992'],
    [10n ** 30n, '1000000000000000000000000000000'],
    [new WholeFloat(-0), '-0.0'],
    [new WholeFloat(1e15), '1000000000000000.0'],
    [new WholeFloat(1e16), '1e+16'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [5e-324, '5e-324'],
  ])('prints %s as %s', (value, text) => {
    expect(pythonNumber(value)).toBe(text);
  });
});

describe('pythonRound', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [0.49, 0],
    [0.51, 1],
  ])('rounds %s to %s', (value, wanted) => {
    expect(pythonRound(value) + 0).toBe(wanted);
  });
});

describe('dumpJson', () => {
  it('refuses what is no JSON', () => {
    expect(() => dumpJson({ a: () => 1 }, { item: ',', key: ':' })).toThrow('not JSON: function');
  });
});

describe('compareText', () => {
  it('orders as the code points do', () => {
    const points = (text: string) => [...text].map((one) => one.codePointAt(0) ?? 0);
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [left, right] = [points(one), points(other)];
        const at = left.findIndex((point, index) => point !== right[index]);
        const first = at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
        expect(Math.sign(compareText(one, other))).toBe(Math.sign(first));
      }),
    );
  });
});
