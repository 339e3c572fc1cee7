import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PatroniInstall } from './servers.ts';

/** What a program said, and how it ended. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end, in milliseconds. */
  readonly ms: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin gives; nothing by default. */
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

/** Python that is `patronictl`, for an installed and for an unpacked Patroni alike. */
export const PATRONICTL =
  "import sys; from patroni.ctl import ctl; sys.argv[0] = 'patronictl'; ctl(prog_name='patronictl')";

const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Runs the patronictl of this Patroni. */
export function runPatronictl(
  install: PatroniInstall,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Output> {
  const pythonPath = install.unpacked ? { PYTHONPATH: install.modules } : {};
  return runProgram(['/usr/bin/python3', '-c', PATRONICTL, ...args], {
    ...options,
    env: { ...pythonPath, ...options.env },
  });
}

/** Runs the pgherd that was built last, on the Node that runs this. */
export function runPgherd(args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return runProgram([process.execPath, RUN_JS, ...args], options);
}

/** Runs a program with a small, fixed environment; it is killed after `timeoutMs` (2 minutes). */
export function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [command = '', ...args] = argv;
  const started = performance.now();
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: '/nonexistent',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // The program may end without reading its stdin.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr, ms: performance.now() - started });
    });
  });
}
