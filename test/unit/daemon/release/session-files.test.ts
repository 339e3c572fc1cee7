import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSessionMemory, sessionFiles } from '../../../../src/daemon/release/session-files.ts';
import { claimForRelease, finish } from '../../../../src/dcs/kept-session.ts';
import { findProcess } from '../../../../src/postgres/process-table.ts';

let stateDir: string;
let warnings: string[];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgherd-session-'));
  warnings = [];
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function context(more: { scope?: string; name?: string } = {}) {
  const warn = (message: string) => warnings.push(message);
  return { stateDir, scope: 'demo', name: 'pg1', warn, ...more };
}

const space = readlinkSync('/proc/self/ns/pid');
const DEAD = { pid: process.pid, start: 1, space };
/** A process that lives as long as this one at least, and is another. */
const PARENT = { pid: process.ppid, start: findProcess(process.ppid)?.startTicks, space };

function leave(owner: object, id: unknown = '77'): void {
  const content = { format: 1, scope: 'demo', name: 'pg1', id, ...owner };
  writeFileSync(join(stateDir, 'session.json'), JSON.stringify(content));
}

describe('fileSessionMemory', () => {
  it('keeps an id, with whose it is, for nobody else to read', () => {
    const memory = fileSessionMemory(context());
    expect(memory.load()).toBeUndefined();
    memory.keep('7587870202223');
    const file = join(stateDir, 'session.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      ...{ format: 1, scope: 'demo', name: 'pg1', id: '7587870202223', space },
      ...{ pid: process.pid, start: findProcess(process.pid)?.startTicks },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(fileSessionMemory(context()).load()).toBe('7587870202223');
    expect(warnings).toEqual([]);
  });

  it.each([
    ['a dead agent', DEAD],
    ['an agent in another PID namespace', { ...PARENT, space: 'pid:[1]' }],
    ['an agent of an older version', {}],
  ])('goes on with the session of %s, which is its own from then on', (_, owner) => {
    leave(owner);
    expect(fileSessionMemory(context()).load()).toBe('77');
    expect(sessionFiles(context()).kept()).toEqual({ id: '77', owner: 'self' });
    expect(readdirSync(stateDir)).toEqual(['session.json']);
  });

  it('leaves the session of an agent that lives where it is', () => {
    leave(PARENT);
    expect(fileSessionMemory(context()).load()).toBeUndefined();
    expect(sessionFiles(context()).kept()).toEqual({ id: '77', owner: 'alive' });
    expect(readdirSync(stateDir)).toEqual(['session.json']);
  });

  it('takes junk and another member’s session for nothing', () => {
    fileSessionMemory(context({ name: 'pg2' })).keep('7');
    expect(fileSessionMemory(context()).load()).toBeUndefined();
    leave(DEAD, 7);
    expect(fileSessionMemory(context()).load()).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/is ignored: it is of pg2/),
      expect.stringMatching(/is ignored: it makes no sense/),
    ]);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('removes what one that died half-way has left', () => {
    writeFileSync(join(stateDir, 'session-4194305.json'), '');
    writeFileSync(join(stateDir, `session-${process.ppid}.json`), '');
    expect(fileSessionMemory(context()).load()).toBeUndefined();
    expect(readdirSync(stateDir)).toEqual([`session-${process.ppid}.json`]);
  });

  it('survives a directory that has gone', () => {
    rmSync(stateDir, { recursive: true });
    const memory = fileSessionMemory(context());
    expect(memory.load()).toBeUndefined();
    memory.keep('7');
    expect(warnings).toEqual([
      expect.stringMatching(/has company/),
      expect.stringMatching(/cannot be written/),
    ]);
  });
});

describe('claimed for release', () => {
  const claim = (id = '77') => finish(claimForRelease(sessionFiles(context()), id));

  it('is the session of a dead agent, which then nobody finds any more', () => {
    leave(DEAD);
    expect(claim()).toBe(true);
    expect(fileSessionMemory(context()).load()).toBeUndefined();
    expect(claim()).toBe(false);
  });

  it.each([
    ['of an agent that lives', PARENT],
    ['of nobody known', {}],
    ['of an agent that cannot be seen from here', { ...DEAD, space: 'pid:[1]' }],
  ])('is never a session %s', (_, owner) => {
    leave(owner);
    expect(claim()).toBe(false);
    expect(readdirSync(stateDir)).toEqual(['session.json']);
    expect(sessionFiles(context()).kept()?.id).toBe('77');
  });

  it('is never another session than the one that was seen', () => {
    leave(DEAD);
    expect(claim('76')).toBe(false);
    expect(sessionFiles(context()).kept()?.id).toBe('77');
  });

  it('is not put back where an agent has put its own by then', () => {
    leave(DEAD);
    const place = sessionFiles(context());
    place.take();
    place.keep('78');
    place.giveBack();
    expect(place.kept()).toEqual({ id: '78', owner: 'self' });
    expect(readdirSync(stateDir)).toEqual(['session.json']);
  });
});
