import { describe, expect, it } from 'vitest';
import { epochSeconds, pythonTime } from '../../../src/wire/time.ts';

describe('pythonTime', () => {
  it.each([
    ['2026-11-23 03:46:34.4796+00', '2026-11-23 03:46:34.479600+00:00'],
    ['2026-11-23 03:46:34+05:30', '2026-11-23 03:46:34+05:30'],
    ['2026-11-23 03:46:34.479631+00:00', '2026-11-23 03:46:34.479631+00:00'],
    ['noon', 'noon'],
  ])('%s → %s', (text, expected) => {
    expect(pythonTime(text)).toBe(expected);
  });
});

describe('epochSeconds', () => {
  it.each([
    ['1970-01-01 00:00:00+00', 0],
    ['2026-11-23 03:46:34.479631+00:00', 1795405594.479631],
    ['2026-11-23 04:46:34.479631+01', 1795405594.479631],
    ['2026-11-23 03:46:34', undefined],
    ['noon', undefined],
  ])('%s → %s', (text, expected) => {
    expect(epochSeconds(text)).toBe(expected);
  });
});
