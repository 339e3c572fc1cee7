import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { expectShape } from '../unit/schema.ts';
import { waitFor } from './processes.ts';
import { type Output, runPgherd } from './run.ts';

/** The script that a user runs, as it was built last. */
export const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** The whole environment of a run, unless a test adds to it: nothing of this machine gets in. */
export const BARE_ENV: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** `open`: a pipe to which nothing is ever written. `closed`: /dev/null. */
  readonly stdin?: 'open' | 'closed';
  readonly cwd?: string;
}

/** A pgherd that runs. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when stdout or stderr has what `pattern` finds. */
  shows(pattern: RegExp): Promise<void>;
  readonly ended: Promise<Output>;
}

/** Starts pgherd without waiting for its end; it is killed after a minute at the latest. */
export function startPgherd(args: readonly string[], options: StartOptions = {}): RunningCli {
  const started = performance.now();
  const child = spawn(process.execPath, [RUN_JS, ...args], {
    env: { ...BARE_ENV, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: [options.stdin === 'open' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Output>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, ...said, ms: performance.now() - started });
    });
  });
  return {
    child,
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    shows: async (pattern) => {
      const there = (): boolean => pattern.test(said.stdout + said.stderr);
      const over = (): boolean => there() || child.exitCode !== null;
      await waitFor(`${pattern} in the output`, async () => over(), 30_000).catch(() => {});
      if (!there()) {
        throw new Error(`No ${pattern} in:\nstdout: ${said.stdout}\nstderr: ${said.stderr}`);
      }
    },
    ended,
  };
}

/** What one failure must look like. */
export interface ExpectedFailure {
  readonly code: number;
  /** Tested on the sentence, without `Error: ` before it. */
  readonly sentence: RegExp;
  /** Tested on the hint; absent: there may be one. */
  readonly hint?: RegExp;
}

/**
 * Fails unless the command ended as a failure should: the exit code, exactly one `Error:` line that
 * is a sentence, the hint, and no trace of the program's inside. Returns the sentence.
 */
export function expectFailure(output: Output, expected: ExpectedFailure): string {
  const whole = `exit code ${output.code}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`;
  const errors = output.stderr.split('\n').filter((line) => line.startsWith('Error: '));
  expect(errors, whole).toHaveLength(1);
  const sentence = (errors[0] ?? '').slice('Error: '.length);
  expect(sentence, whole).toMatch(expected.sentence);
  expect(sentence, whole).toMatch(/[^.\s]$/);
  if (expected.hint) {
    const hint = /^HINT: (.*)$/m.exec(output.stderr)?.[1];
    expect(hint, whole).toMatch(expected.hint);
  }
  expect(output.code, whole).toBe(expected.code);
  expectNoInside(output);
  return sentence;
}

/** Fails when the output shows something of the program's inside: a stack trace, `undefined`. */
export function expectNoInside({ stdout, stderr }: Pick<Output, 'stdout' | 'stderr'>): void {
  const text = `${stdout}\n${stderr}`;
  expect(text).not.toMatch(/^ {4}at /m);
  expect(text).not.toMatch(/\bundefined\b|\[object |\bNaN\b|\bnode:internal|mistake of its own/);
  expect(text).not.toMatch(/UnhandledPromise|DeprecationWarning|ExperimentalWarning/);
}

/** The envelope of `--json`, as far as every command has the same. */
export interface PrintedEnvelope {
  readonly command: string;
  readonly outcome: string;
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

const EXIT_CODES: Readonly<Record<string, readonly number[]>> = {
  done: [0],
  failed: [1, 2, 130],
  unknown: [3],
  unhealthy: [4],
};

/**
 * Fails unless stdout is exactly one JSON document, the envelope of `command` with data as
 * `schemas/` promises, and the exit code fits its outcome. Returns it.
 */
export function expectEnvelope(output: Output, command: string): PrintedEnvelope {
  const whole = `exit code ${output.code}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`;
  let printed: PrintedEnvelope;
  try {
    printed = JSON.parse(output.stdout);
  } catch {
    throw new Error(`stdout is not one JSON document: ${whole}`);
  }
  expectShape('envelope', printed);
  expect(printed.command, whole).toBe(command);
  if (printed.data !== null) expectShape(command, printed.data);
  expect(EXIT_CODES[printed.outcome], whole).toContain(output.code);
  expect(printed.error !== null, whole).toBe(/failed|unknown/.test(printed.outcome));
  expectNoInside(output);
  return printed;
}

/** Runs pgherd with nothing on stdin. */
export function pgherd(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Output> {
  return runPgherd(args, { env, timeoutMs: 60_000 });
}
