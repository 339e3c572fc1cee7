import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Callbacks } from '../../../../src/postgres/jobs/hooks/callbacks.ts';

describe('Callbacks', () => {
  let directory: string;
  let lines: string[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pgherd-callbacks-'));
    lines = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const program = (text: string): string => {
    const path = join(directory, 'call back.sh');
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return `'${path}' first`;
  };
  const made = (names: readonly string[], command: string): Callbacks =>
    new Callbacks({
      config: () => ({
        scope: 'demo',
        callbacks: Object.fromEntries(names.map((name) => [name, command])),
      }),
      log: (line) => lines.push(line),
    });

  it('run one after the other, each to its end, with what has happened', async () => {
    const out = join(directory, 'out');
    const command = program(`echo "begin $*" >>${out}; echo "end $2" >>${out}`);
    const callbacks = made(['on_start', 'on_role_change', 'on_stop'], command);
    callbacks.call('on_start', 'replica');
    callbacks.call('on_role_change', 'primary');
    callbacks.call('on_reload', 'primary');
    callbacks.call('on_stop', 'primary');
    await callbacks.idle();
    expect(readFileSync(out, 'utf8').split('\n')).toEqual([
      'begin first on_start replica demo',
      'end on_start',
      'begin first on_role_change primary demo',
      'end on_role_change',
      'begin first on_stop primary demo',
      'end on_stop',
      '',
    ]);
  });

  it('that fail are told, and do not keep the next from running', async () => {
    const callbacks = made(['on_start', 'on_stop'], program('echo why; echo wrong >&2; exit 3'));
    callbacks.call('on_start', 'primary');
    callbacks.call('on_stop', 'primary');
    await callbacks.idle();
    expect(lines.filter((line) => line.includes('failed: '))).toHaveLength(2);
    expect(lines).toContain('callback on_start primary: why');
    expect(lines).toContain('callback on_start primary: wrong');
  });

  it('that cannot be run are told', async () => {
    const callbacks = made(['on_start'], "'never closed");
    callbacks.call('on_start', 'primary');
    await callbacks.idle();
    expect(lines).toEqual(['callback on_start primary failed: its command cannot be read']);
  });

  it('remember the role that was told, whether or not there is a program', () => {
    const callbacks = made([], '');
    expect(callbacks.role).toBeUndefined();
    callbacks.call('on_start', 'replica');
    callbacks.call('on_reload', 'primary');
    expect(callbacks.role).toBe('replica');
  });
});
