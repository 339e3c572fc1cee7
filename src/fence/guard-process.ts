import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDurably } from '../system/durable-file.ts';
import { type GuardPaths, startTicks } from './guard-protocol.ts';

/** A guard that has not said "ready" by then, in milliseconds, will not. It may wait 5 s for the
 * lock of one that was killed. */
const READY_WITHIN_MS = 10_000;
/** bash, flock and mkfifo are found there when the agent has no PATH. */
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';

/** What a new guard begins with. */
export interface Launch {
  readonly paths: GuardPaths;
  readonly script: string;
  readonly dataDirectory: string;
  /** Milliseconds as /proc/uptime counts; undefined: nothing is guarded yet. */
  readonly deadline: number | undefined;
}

/** Where the guard of this data directory lives. The directory is named by path, not by inode. */
export function guardPaths(stateDirectory: string, dataDirectory: string): GuardPaths {
  const name = createHash('sha256').update(canonical(dataDirectory)).digest('hex').slice(0, 12);
  const directory = resolve(stateDirectory, `guard-${name}`);
  return {
    directory,
    commands: join(directory, 'commands'),
    life: join(directory, 'life'),
    pid: join(directory, 'pid'),
    log: join(directory, 'guard.log'),
    release: join(directory, 'release'),
  };
}

/** The same for two ways of writing a path; what it leads to may be replaced. */
function canonical(path: string): string {
  const whole = resolve(path);
  const parent = dirname(whole);
  return join(existsSync(parent) ? realpathSync(parent) : parent, basename(whole));
}

/** The program of the guard: beside this file, or at the top of the bundle. */
export function guardScript(): string {
  const beside = fileURLToPath(new URL('./guard.sh', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../guard.sh', import.meta.url));
}

/**
 * Starts a guard that will outlive this process: in a session of its own, away from the terminal
 * and from signals to the agent's group. Resolves when it is on watch; rejects with the reason.
 */
export async function launchGuard(launch: Launch): Promise<void> {
  const { paths, script, dataDirectory, deadline } = launch;
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 });
  chmodSync(paths.directory, 0o700);
  const log = openSync(paths.log, 'a', 0o600);
  const data = resolve(dataDirectory);
  const child = spawn('bash', [script, paths.directory, data, String(deadline ?? 0)], {
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? USUAL_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  child.unref();
  await ready(child);
}

/** Tells the guard, now or later, which program gives the lock of a dead agent away. */
export function nameReleaser({ directory, release }: GuardPaths, words: readonly string[]): void {
  if (words.some((word) => word.includes('\n'))) throw new Error('a word of two lines');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeDurably(release, words.map((word) => `${word}\n`).join(''));
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('the guard did not get ready'));
    }, READY_WITHIN_MS);
    const end = (problem?: string): void => {
      clearTimeout(timer);
      child.stdout?.destroy();
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    child.once('error', ({ message }) => end(`the guard cannot be started: ${message}`));
    child.stdout?.on('data', (chunk) => {
      said += String(chunk);
      if (said === 'ready\n') end();
    });
    child.stdout?.once('end', () => {
      const reason = /^error (.*)$/m.exec(said)?.[1];
      end(reason ?? 'the guard ended at once; its log says why');
    });
  });
}

/**
 * Kills the guard of this directory, frozen or not, without asking; another process that has got
 * its number since is left alone. Without a guard it does nothing.
 */
export function killGuard({ pid: file }: GuardPaths): void {
  if (!existsSync(file)) return;
  const [pid = '', start] = readFileSync(file, 'utf8').trim().split(' ');
  try {
    const stat = readFileSync(`/proc/${Number(pid)}/stat`, 'utf8');
    if (startTicks(stat) === start) process.kill(Number(pid), 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** The process has ended: before the look, or between the look and the signal. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOENT|ESRCH)$/.test(String(error.code));
}
