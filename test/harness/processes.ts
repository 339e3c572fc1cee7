import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

// Whatever this process started ends with it, also after Ctrl-C or a failed test.
const cleanups = new Set<() => void>();

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

process.on('exit', cleanUp);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // `on`, not `once`: Ctrl-C comes twice, from the terminal and from the tool that started us, and
  // the second one must not end the cleaning up.
  process.on(signal, () => {
    cleanUp();
    process.exit(code);
  });
}

/** Runs `cleanup` when this process ends, unless the function that it returns was called before. */
export function atExit(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Takes stdout and stderr. */
  readonly logFile: string;
  /** Run as the user of this process, root or not: for programs that do not mind. */
  readonly asRoot?: boolean;
}

/**
 * Starts a server; as the user `postgres` when this process is root, since PostgreSQL refuses to
 * run as root. The kernel ends it (SIGTERM) when this process dies in whatever way.
 */
export function startServer(options: ProcessOptions): ChildProcess {
  const log = openSync(options.logFile, 'a');
  const user =
    isRoot() && !options.asRoot ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  const child = spawn(
    'setpriv',
    [...user, '--pdeathsig=TERM', '--', options.command, ...options.args],
    { env: { ...options.env }, cwd: options.cwd, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  return child;
}

/** True when servers have to run as another user than this process. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Gives a file or a directory to the user that servers run as. */
export function giveToServerUser(path: string): void {
  if (isRoot()) execFileSync('chown', ['-R', 'postgres:', path]);
}

/** Sends a signal; a process that is gone is no error. */
export function sendSignal(pid: number | undefined, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the process has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

/** Asks again and again until the answer is neither false nor undefined; throws at the deadline. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let trouble = '';
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      trouble = `: ${String(error)}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}${trouble}`);
}
