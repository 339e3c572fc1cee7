import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { guardPaths } from '../../../src/fence/guard-process.ts';
import {
  commandLine,
  GUARD_VERSION,
  parseReport,
  startTicks,
} from '../../../src/fence/guard-protocol.ts';
import { fenceDeadline } from '../../../src/ha/lease.ts';

const script = readFileSync(
  fileURLToPath(new URL('../../../src/fence/guard.sh', import.meta.url)),
  'utf8',
);
const constant = (name: string): string =>
  new RegExp(`^${name}=(\\S+)`, 'm').exec(script)?.[1] ?? '';

describe('the guard and the agent agree', () => {
  it('on the version', () => {
    expect(constant('VERSION')).toBe(GUARD_VERSION);
  });

  it('that PostgreSQL is killed well before the shortest lease ends', () => {
    const until = 1_000_000;
    const margin = until - fenceDeadline(until, 10);
    expect(Number(constant('KILL_AFTER'))).toBeLessThanOrEqual(margin - 1000);
    expect(Number(constant('QUIT_AFTER'))).toBeLessThan(Number(constant('KILL_AFTER')));
  });

  it('on every command', () => {
    expect(commandLine('ab.1', { kind: 'deadline', at: 5000 })).toBe('ab.1 deadline 5000\n');
    expect(commandLine('ab.2', { kind: 'disarm' })).toBe('ab.2 disarm\n');
    expect(commandLine('ab.3', { kind: 'replace', script: '/a b/guard.sh' })).toBe(
      'ab.3 replace /a b/guard.sh\n',
    );
    for (const word of ['deadline\\ *)', 'disarm)', 'exit)', 'replace\\ *)']) {
      expect(script).toContain(`    ${word}`);
    }
  });
});

describe('a report', () => {
  it('is read when it answers us', () => {
    expect(parseReport('armed ab.7 123 1 5000', 'ab')).toEqual({
      state: 'armed',
      command: 7,
      pid: 123,
      version: '1',
      deadline: 5000,
    });
    expect(parseReport('idle ab.8 123 1 0', 'ab')?.deadline).toBeUndefined();
  });

  it('is nothing to us when it answers another, or when it is none', () => {
    expect(parseReport('fenced cd.7 123 1 5000', 'ab')).toBeUndefined();
    expect(parseReport('idle - 123 1 0', 'ab')).toBeUndefined();
    expect(parseReport('nonsense', 'ab')).toBeUndefined();
    expect(parseReport('', 'ab')).toBeUndefined();
  });
});

it('a process is known by its start, whatever its name looks like', () => {
  const numbers = Array.from({ length: 48 }, (_, at) => at + 5).join(' ');
  expect(startTicks(`12 (a) S (b) ) S 1 ${numbers}`)).toBe('22');
});

it('a guard has its place by the path of the data directory', () => {
  const place = (data: string): string => guardPaths('/state', data).directory;
  expect(place('/tmp/a')).toBe(place('/tmp/../tmp/a/'));
  expect(place('/tmp/a')).not.toBe(place('/tmp/b'));
  expect(place('/tmp/a')).toMatch(/^\/state\/guard-[0-9a-f]{12}$/);
  expect(place('/nowhere/at/all')).toMatch(/^\/state\/guard-/);
});
