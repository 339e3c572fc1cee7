import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePidFile } from '../../../src/postgres/postmaster.ts';
import {
  findProcess,
  isAlive,
  isThread,
  parseProcessStat,
  signalProcess,
} from '../../../src/postgres/process-table.ts';

describe('postmaster.pid', () => {
  const lines = [
    '4711',
    '/data',
    '1700000000',
    '5432',
    '/run',
    '*',
    '  5432001  0',
    'ready   ',
    '',
  ];
  const file = {
    ...{ pid: 4711, standalone: false, dataDir: '/data', startedAt: 1_700_000_000, port: 5432 },
    ...{ socketDir: '/run', listenAddress: '*', status: 'ready' },
  };

  it('is understood', () => {
    expect(parsePidFile(lines.join('\n'))).toEqual(file);
  });

  it('is written line by line, and may be read in between', () => {
    const first = parsePidFile(lines.slice(0, 4).join('\n'));
    expect(first).toMatchObject({ pid: 4711, port: 5432, socketDir: '', status: undefined });
    expect(parsePidFile('4711')).toMatchObject({ pid: 4711, port: 0 });
  });

  it('may be of a server without postmaster', () => {
    expect(parsePidFile('-4711\n/data\n')).toMatchObject({ pid: 4711, standalone: true });
  });

  it.each(['', 'x', '0', '1', '-1', '47x', '\n4711'])('%j names no process', (text) => {
    expect(parsePidFile(text)).toBeUndefined();
  });

  it('is never an error', () => {
    fc.assert(fc.property(fc.string(), (text) => void parsePidFile(text)));
  });
});

describe('a line of /proc/PID/stat', () => {
  const rest = Array.from({ length: 18 }, (_, index) => String(index)).join(' ');

  it('is understood, whatever the program is called', () => {
    expect(parseProcessStat(`42 (a) b (c)) S 7 ${rest} 99 0`)).toEqual({
      ...{ pid: 42, name: 'a) b (c)', state: 'S', parent: 7 },
      startTicks: 17,
    });
  });

  it('is nothing when it was cut off', () => {
    expect(parseProcessStat('42 (postgres) S 7 8')).toBeUndefined();
    expect(parseProcessStat('')).toBeUndefined();
  });
});

describe('a process', () => {
  const own = findProcess(process.pid);

  it('is found, and is not one of another time', () => {
    expect(own).toMatchObject({ pid: process.pid, parent: process.ppid });
    if (own === undefined) return;
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTicks: own.startTicks + 1 })).toBe(false);
    expect(isThread(process.pid)).toBe(false);
  });

  it('that is not the one that was meant gets no signal; nor do groups, or the first one', () => {
    const startTicks = (own?.startTicks ?? 0) + 1;
    expect(signalProcess({ pid: process.pid, startTicks }, 'SIGKILL')).toBe(false);
    for (const pid of [0, 1, -1, -process.pid]) {
      expect(signalProcess({ pid, startTicks: findProcess(1)?.startTicks ?? 0 }, 'SIGTERM')).toBe(
        false,
      );
    }
  });
});
