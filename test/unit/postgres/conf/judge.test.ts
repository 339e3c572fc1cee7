import { describe, expect, it } from 'vitest';
import { acceptable, complaintLines } from '../../../../src/postgres/conf/judge.ts';

const settings = new Map([
  ['work_mem', '10kB'],
  ['max_stack_depth', '1TB'],
  ['cpu_tuple_cost', '-0.5'],
  ['foo', '1'],
  ['timezone', 'nowhere'],
  ['port', '5432'],
]);

describe('acceptable', () => {
  it('moves what is out of range to its end', () => {
    const { settings: accepted, warnings } = acceptable(settings, [
      '10 kB is outside the valid range for parameter "work_mem" (64 .. 2147483647)',
      '1073741824 kB is outside the valid range for parameter "max_stack_depth" (100 kB .. 2097151 kB)',
      '-0.5 is outside the valid range for parameter "cpu_tuple_cost" (0 .. 1.79769e+308)',
    ]);
    expect(accepted.get('work_mem')).toBe('64');
    expect(accepted.get('max_stack_depth')).toBe('2097151');
    expect(accepted.get('cpu_tuple_cost')).toBe('0');
    expect(warnings[0]).toMatch(/^parameter work_mem is 64 instead: 10 kB is outside/);
  });

  it('leaves out what is unknown or wrong', () => {
    const { settings: accepted, warnings } = acceptable(settings, [
      'unrecognized configuration parameter "foo" in file "/x/postgresql.conf" line 3',
      'invalid value for parameter "TimeZone": "nowhere"',
      'invalid value for parameter "TimeZone": "nowhere"',
    ]);
    expect([...accepted.keys()]).toEqual(['work_mem', 'max_stack_depth', 'cpu_tuple_cost', 'port']);
    expect(warnings).toHaveLength(2);
  });

  it('can do nothing about what is not ours', () => {
    const line = 'unrecognized configuration parameter "bar" in file "/x/base.conf" line 3';
    expect(acceptable(settings, [line, 'could not open file'])).toEqual({ settings, warnings: [] });
  });
});

describe('complaintLines', () => {
  it('are PostgreSQL’s messages without what is said of the file as a whole', () => {
    const stderr = [
      '2026-01-01 00:00:00.000 GMT [1] LOG:  unrecognized configuration parameter "foo"',
      'LOG:  skipping missing configuration file "/x/postgresql.auto.conf"',
      'HINT:  none',
      'FATAL:  configuration file "/x" contains errors',
    ].join('\n');
    expect(complaintLines(stderr)).toEqual(['unrecognized configuration parameter "foo"']);
  });
});
