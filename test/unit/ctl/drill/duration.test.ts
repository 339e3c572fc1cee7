import { expect, it } from 'vitest';
import { parseDuration } from '../../../../src/ctl/drill/duration.ts';

const limits = { flag: '--x', leastMs: 5, mostMs: 120_000 };

it.each([
  ['500ms', 500],
  ['5 s', 5000],
  ['2.5s', 2500],
  ['2min', 120_000],
  ['30', 30_000],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text, limits)).toBe(ms);
});

it.each(['', 's', '4ms', '121s', '1h', '1 2s', '-5s', '1e3', 'NaN'])('"%s" is none', (text) => {
  expect(() => parseDuration(text, limits)).toThrow('--x wants a duration from 5 ms to 120 s');
});
