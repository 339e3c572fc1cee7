import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/ctl/nearest.ts';

describe('nearest', () => {
  it.each([
    ['demo1', ['demo', 'prod'], 'demo'],
    ['prdo', ['demo', 'prod'], 'prod'],
    ['DEMO', ['demo'], 'demo'],
    ['billing-prod', ['billing-pord', 'billing-test'], 'billing-pord'],
  ])('%s among %j is %s', (wanted, names, expected) => {
    expect(nearest(wanted, names)).toBe(expected);
  });

  it('suggests nothing when nothing is near', () => {
    expect(nearest('warehouse', ['demo', 'prod'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});

it('does not compare names that are far too long, letter by letter', () => {
  const long = 'x'.repeat(5_000_000);
  expect(nearest(long, ['demo', 'prod'])).toBeUndefined();
  expect(nearest('demo', [long])).toBeUndefined();
});
