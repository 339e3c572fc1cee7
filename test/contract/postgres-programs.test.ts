import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobLog, JobRun } from '../../src/postgres/jobs/context.ts';
import { runTool } from '../../src/postgres/jobs/run-tool.ts';
import { findProcess } from '../../src/postgres/process-table.ts';
import { childEnvironment, runProgram } from '../../src/postgres/run-program.ts';
import { temporaryDirectory } from '../harness/postgres.ts';
import { waitFor } from '../harness/processes.ts';

const sh = (script: string): { path: string; args: string[] } => ({
  path: '/bin/sh',
  args: ['-c', script],
});

/** The number in a file, once it is there. */
async function pidIn(file: string): Promise<number> {
  return waitFor(file, async () => Number(readFileSync(file, 'utf8')) || undefined);
}

const isGone = (pid: number) => async (): Promise<boolean> => findProcess(pid) === undefined;

/** A run of a job with a program of this text under the name of `pg_rewind`, and its log. */
function toolRun(script: string): { run: JobRun; lines: string[] } {
  const binDir = temporaryDirectory();
  writeFileSync(join(binDir, 'pg_rewind'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const lines: string[] = [];
  const log: JobLog = (line, level = 'info') => void lines.push(`${level} ${line}`);
  const config = () => ({ binDir, binNames: {} });
  const run = { config, log, signal: new AbortController().signal } as Partial<JobRun>;
  return { run: run as JobRun, lines };
}

describe('a tool of PostgreSQL', () => {
  it('that does well says little, and what it prints is for who looks for details', async () => {
    const { run, lines } = toolRun(
      'echo pg_rewind: servers diverged; echo "  1/9 kB (1%)"; echo x',
    );
    const seen: string[] = [];
    const call = {
      name: 'pg_rewind',
      args: [],
      onLine: (line: string) => seen.push(line),
    } as const;
    expect(await runTool(run, call)).toMatchObject({ failure: undefined });
    expect(lines).toEqual([
      ...['info pg_rewind begins', 'debug pg_rewind: servers diverged', 'debug pg_rewind: x'],
      'info pg_rewind ended well',
    ]);
    expect(seen).toEqual(['pg_rewind: servers diverged', '  1/9 kB (1%)', 'x']);
  });

  it('that fails leaves its last words as warnings', async () => {
    const { run, lines } = toolRun('for i in 1 2 3 4 5 6 7; do echo "error $i" >&2; done; exit 1');
    const { failure } = await runTool(run, { name: 'pg_rewind', args: [] });
    expect(failure).toMatch(/pg_rewind ended with code 1$/);
    expect(lines.filter((line) => /^(info|warning)/.test(line))).toEqual([
      'info pg_rewind begins',
      ...['3', '4', '5', '6', '7'].map((each) => `warning pg_rewind: error ${each}`),
    ]);
  });
});

describe('a program', () => {
  it('is run to its end, and what it says is kept', async () => {
    const result = await runProgram(sh('echo out; echo err >&2; pwd'));
    expect(result).toEqual({
      ...{ failure: undefined, end: 'done', code: 0, stdout: 'out\n/\n', stderr: 'err\n' },
    });
  });

  it('that fails is a value', async () => {
    expect(await runProgram(sh('exit 3'))).toMatchObject({
      ...{ end: 'failed', code: 3, failure: '/bin/sh ended with code 3' },
    });
    expect(await runProgram(sh('kill -9 $$'))).toMatchObject({
      ...{ end: 'failed', code: undefined, failure: '/bin/sh was ended by SIGKILL' },
    });
  });

  it('that cannot be run says so', async () => {
    const result = await runProgram({ path: '/nowhere/tool', args: [] });
    expect(result).toMatchObject({ end: 'not-started', code: undefined });
    expect(result.failure).toContain('/nowhere/tool');
    const file = join(temporaryDirectory(), 'tool');
    writeFileSync(file, 'x');
    chmodSync(file, 0o600);
    expect(await runProgram({ path: file, args: [] })).toMatchObject({ end: 'not-started' });
  });

  it('gets its arguments as they are, and its input', async () => {
    const arg = `a b'"$(id)\n;*`;
    const script = 'printf %s "$1"; cat';
    const result = await runProgram({
      ...sh(script),
      args: ['-c', script, 'sh', arg],
      stdin: 'in',
    });
    expect(result.stdout).toBe(`${arg}in`);
    // Nobody reads it.
    expect(await runProgram({ ...sh('exit 0'), stdin: 'x'.repeat(1_000_000) })).toMatchObject({
      end: 'done',
    });
  });

  it('sees few variables of the agent (P#1407), and its own', async () => {
    process.env.PGHERD_CANARY = 'secret';
    process.env.NOTIFY_SOCKET = '/run/x';
    process.env.PGOPTIONS = '-c x=y';
    try {
      const { stdout } = await runProgram({ ...sh('env'), env: { LC_ALL: 'C', MINE: '1' } });
      const names = stdout.split('\n').map((line) => line.split('=')[0]);
      expect(names).toContain('MINE');
      expect(names).toContain('PATH');
      for (const name of ['PGHERD_CANARY', 'NOTIFY_SOCKET', 'PGOPTIONS']) {
        expect(names).not.toContain(name);
        expect(childEnvironment()).not.toHaveProperty(name);
      }
    } finally {
      delete process.env.PGHERD_CANARY;
      delete process.env.NOTIFY_SOCKET;
      delete process.env.PGOPTIONS;
    }
  });

  it('may say much: the end is kept, and every line is told', async () => {
    const lines: string[] = [];
    const script =
      'i=0; while [ $i -lt 5000 ]; do echo "line $i"; i=$((i+1)); done; printf "a\\rb"';
    const result = await runProgram({ ...sh(script), onLine: (line) => lines.push(line) });
    expect(lines).toHaveLength(5002);
    expect(lines.slice(-3)).toEqual(['line 4999', 'a', 'b']);
    expect(result.stdout.length).toBeLessThanOrEqual(16_384);
    expect(result.stdout.endsWith('line 4999\na\rb')).toBe(true);
  });

  it('that takes too long is ended, with all that it started', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const script = `trap '' TERM; sleep 1000 & echo $! > ${file}; wait`;
    const result = await runProgram({ ...sh(script), timeoutMs: 3000 });
    expect(result).toMatchObject({ end: 'timed-out', failure: '/bin/sh took more than 3 s' });
    await waitFor('its child to end', isGone(await pidIn(file)));
  });

  it('that is cancelled leaves nobody behind (P#3232)', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const abort = new AbortController();
    const running = runProgram({
      ...sh(`(trap '' TERM; sleep 1000) & echo $! > ${file}; wait`),
      signal: abort.signal,
    });
    const child = await pidIn(file);
    abort.abort();
    expect(await running).toMatchObject({ end: 'cancelled', failure: 'cancelled' });
    await waitFor('its child to end', isGone(child));
    expect(await runProgram({ ...sh('exit 0'), signal: abort.signal })).toMatchObject({
      end: 'cancelled',
    });
  });

  it('may leave something in the background, which is not waited for', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const begun = performance.now();
    const result = await runProgram(sh(`sleep 30 & echo $! > ${file}; echo done`));
    expect(result).toMatchObject({ end: 'done', stdout: 'done\n' });
    expect(performance.now() - begun).toBeLessThan(15_000);
    const pid = await pidIn(file);
    expect(findProcess(pid)).toBeDefined();
    process.kill(pid, 'SIGKILL');
  });

  it('ends with the agent where it is told to, however the agent ends', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const source = new URL('../../src/postgres/run-program.ts', import.meta.url).href;
    const code = `
      const { runProgram } = await import(${JSON.stringify(source)});
      await runProgram({ path: '/bin/sh', args: ['-c', 'echo $$ > ${file}; exec sleep 1000'],
        diesWithAgent: true });`;
    const agent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      cwd: new URL('../..', import.meta.url).pathname,
      stdio: 'ignore',
    });
    const pid = await pidIn(file);
    expect(findProcess(pid)).toBeDefined();
    agent.kill('SIGKILL');
    await waitFor('the program to end', isGone(pid));
  });
});
