import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INIT_SCRIPT } from '../../src/daemon/init.ts';
import { waitFor } from '../harness/processes.ts';

// The init as process 1 of a pid namespace; where there may be none, as any process, without orphans.

const AGENT = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'init-agent.ts')];
const NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const namespaces = canUnshare();

function canUnshare(): boolean {
  try {
    execFileSync('unshare', [...NAMESPACE.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-init-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const said = (): string => {
  const file = join(folder, 'said');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

/** Starts an init, and a shell in its namespace that can send it signals by their names. */
async function start(command: readonly string[]): Promise<(signal: string) => void> {
  const [program = '', ...args] = namespaces ? [...NAMESPACE, ...command] : command;
  child = spawn(program, args, { stdio: 'ignore' });
  await waitFor('the agent to be there', async () => said().includes('ready'));
  // `unshare` itself waits outside of the namespace: its child is process 1.
  const outer = child.pid;
  const inner = namespaces
    ? readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim()
    : String(outer);
  return (signal) => process.kill(Number(inner), signal);
}

const init = (...agent: string[]): string[] => [
  '/bin/bash',
  '-c',
  INIT_SCRIPT,
  'pgherd-init',
  ...agent,
];
const codeOf = (process: ChildProcess | undefined): Promise<number | null> =>
  new Promise((resolve) => process?.once('exit', resolve));

describe('the init of a container', () => {
  it('forwards signals, reaps orphans, and ends as the agent does', async () => {
    const send = await start(init(...AGENT, join(folder, 'said')));
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR2']) {
      send(signal);
      await waitFor(signal, async () => said().includes(signal));
    }
    const code = codeOf(child);
    send('SIGTERM');
    expect(await code).toBe(9);
    expect(said()).toContain(`zombies 0`);
  });

  it.each([
    ['exit 3', 3],
    ['kill -KILL $$', 137],
  ])('ends as the agent does: %s', async (script, code) => {
    const [program = '', ...args] = init('/bin/sh', '-c', script);
    child = spawn(program, args, { stdio: 'ignore' });
    expect(await codeOf(child)).toBe(code);
  });
});
