import { describe, expect, it } from 'vitest';
import { postgresVersion, startTimeoutMs } from '../../../../src/ctl/restart/restart-limits.ts';

describe('startTimeoutMs', () => {
  it.each([
    ['60', 60_000],
    ['90s', 90_000],
    ['1.5 min', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
  ])('reads %s', (text, milliseconds) => {
    expect(startTimeoutMs(text)).toBe(milliseconds);
  });

  it('is nothing when it is not given', () => {
    expect(startTimeoutMs(undefined)).toBeUndefined();
  });

  it.each(['0', '-1', 'soon', '', '5 weeks', '1e3'])('refuses %j', (text) => {
    expect(() => startTimeoutMs(text)).toThrow('Timeout should be a positive number of seconds');
  });
});

describe('postgresVersion', () => {
  it.each(['15.4', '9.5.2', '10.1'])('takes %s', (text) => {
    expect(postgresVersion(text)).toBe(text);
  });

  it.each(['', undefined])('takes %j as no condition', (text) => {
    expect(postgresVersion(text)).toBeUndefined();
  });

  it.each(['15', '9.6', '1.2.3.4'])('refuses the form of %s', (text) => {
    expect(() => postgresVersion(text)).toThrow('X.Y or X.Y.Z is accepted');
  });

  it('refuses what is no version', () => {
    expect(() => postgresVersion('a.b')).toThrow('Invalid PostgreSQL version: a.b');
  });
});
