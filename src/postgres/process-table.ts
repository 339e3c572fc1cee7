import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** One process and no other, ever: a number is given to another process some day. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in ticks since the host was (proc(5), `starttime`). */
  readonly startTicks: number;
}

/** What the kernel says of a process. */
export interface ProcessEntry extends ProcessIdentity {
  /** The name of the program, cut off after 15 characters. */
  readonly name: string;
  /** `Z`: it has ended, and its parent has not asked how; `T`: it was stopped. */
  readonly state: string;
  readonly parent: number;
}

// All of this is read from memory: no disk that hangs can hang it, and it takes microseconds.

/** Looks a process up; undefined: there is none, or it has ended. A thread is no process. */
export function findProcess(pid: number): ProcessEntry | undefined {
  const entry = readEntry(pid);
  if (entry === undefined || entry.state === 'Z' || entry.state === 'X') return undefined;
  return entry;
}

/** Reads one line of `/proc/PID/stat` (proc(5)); undefined when it is none. */
export function parseProcessStat(text: string): ProcessEntry | undefined {
  // A name may have blanks and brackets in it.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const pid = Number.parseInt(text, 10);
  const startTicks = Number(fields[19]);
  if (open < 0 || close < open || !Number.isInteger(pid) || !Number.isInteger(startTicks)) {
    return undefined;
  }
  const [state = '', parent] = fields;
  return { pid, startTicks, name: text.slice(open + 1, close), state, parent: Number(parent) };
}

/** True when `pid` is a thread of another process: /proc answers for those as well (P#681). */
export function isThread(pid: number): boolean {
  return /^Tgid:\s*(\d+)$/m.exec(readProc(`${pid}/status`) ?? '')?.[1] !== String(pid);
}

/** True while this very process lives, and has not ended without being asked how (A#1173). */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  return findProcess(pid)?.startTicks === startTicks;
}

/** Sends a signal to this very process; false: it is gone, or it is not ours to signal. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  // To 0 and below it would go to whole groups of processes (A#921).
  if (identity.pid <= 1 || !isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The processes that this one started, and that have not ended. */
export function childrenOf({ pid }: ProcessIdentity): ProcessIdentity[] {
  // Not every kernel has this list.
  const list = readProc(`${pid}/task/${pid}/children`);
  const pids = list === undefined ? allPids() : list.split(' ').filter(Boolean).map(Number);
  return pids
    .map(findProcess)
    .filter((entry) => entry !== undefined)
    .filter((entry) => entry.parent === pid)
    .map(({ pid: child, startTicks }) => ({ pid: child, startTicks }));
}

export interface WaitLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const FIRST_LOOK_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** Resolves when all of them have ended: true; or when the time is over, or aborted: false. */
export async function waitForExit(
  processes: readonly ProcessIdentity[],
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: WaitLimits = {},
): Promise<boolean> {
  const begun = performance.now();
  let pause = FIRST_LOOK_MS;
  for (;;) {
    // The kernel tells nobody but the parent that a process has ended; one look is a few µs.
    if (!processes.some(isAlive)) return true;
    if (signal?.aborted || performance.now() - begun >= timeoutMs) return false;
    await sleep(pause, signal);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

function readEntry(pid: number): ProcessEntry | undefined {
  const text = readProc(`${pid}/stat`);
  return text === undefined ? undefined : parseProcessStat(text);
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Undefined: there is no such process, or it went away while it was looked at. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return undefined;
  }
}
