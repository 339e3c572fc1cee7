import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export interface ProgramCall {
  /** A path, or a name that is looked for in PATH. */
  readonly path: string;
  readonly args: readonly string[];
  /** Over the few variables that every child gets (`childEnvironment`). */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: `/`. */
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** Aborted: the program is ended, and all that it started. */
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  /** Called with each whole line of standard output and standard error, as it comes. */
  readonly onLine?: (line: string) => void;
  /**
   * The kernel ends the program when this process dies, however it does: for tools that write to a
   * data directory, where the next agent must find nobody at work (P#3232).
   */
  readonly diesWithAgent?: boolean;
}

/** How a program ended. */
export interface ProgramResult {
  /** Undefined: it did what it was asked for. Else why not, in one line, without its output. */
  readonly failure: string | undefined;
  /** `failed`: an exit code, or a signal that was not ours; `not-started`: it cannot be run. */
  readonly end: 'done' | 'failed' | 'timed-out' | 'cancelled' | 'not-started';
  /** Undefined: it did not start, or a signal ended it. */
  readonly code: number | undefined;
  /** The last kilobytes of each. */
  readonly stdout: string;
  readonly stderr: string;
}

const TAIL = 16_384;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 3000;
/** A child that left its pipes to a program in the background does not keep us waiting. */
const DRAIN_MS = 200;
const SETPRIV = '/usr/bin/setpriv';

/**
 * Runs a program to its end; no shell is involved. Never rejects. When it is aborted or takes too
 * long its process group gets SIGTERM, after a few seconds SIGKILL, and the answer comes when the
 * program is gone and nothing of its group is left running.
 */
export function runProgram(call: ProgramCall): Promise<ProgramResult> {
  if (call.signal?.aborted) return Promise.resolve(notRun('cancelled', 'cancelled'));
  return new Promise((resolve) => {
    const child = start(call);
    const output = { stdout: new Tail(call.onLine), stderr: new Tail(call.onLine) };
    child.stdout?.on('data', (chunk: Buffer) => output.stdout.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.stderr.add(chunk));
    const ending = new Ending(child);
    const cancel = (): void => ending.begin('cancelled');
    const timer = call.timeoutMs && setTimeout(() => ending.begin('timed-out'), call.timeoutMs);
    call.signal?.addEventListener('abort', cancel, { once: true });
    let settled = false;
    const settle = (result: Omit<ProgramResult, 'stdout' | 'stderr'>): void => {
      if (settled) return;
      settled = true;
      if (timer) clearTimeout(timer);
      call.signal?.removeEventListener('abort', cancel);
      ending.finish();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ ...result, stdout: output.stdout.end(), stderr: output.stderr.end() });
    };
    child.on('error', ({ message }) => {
      const failure = `${call.path}: ${message}`;
      if (child.pid === undefined) settle({ failure, end: 'not-started', code: undefined });
    });
    child.once('exit', (code, signal) => {
      const result = resultOf(call, ending, { code, signal });
      const late = setTimeout(() => settle(result), DRAIN_MS);
      child.once('close', () => {
        clearTimeout(late);
        settle(result);
      });
    });
    feed(child, call.stdin);
  });
}

/** Programs that do not run on a terminal see English, and nothing of the agent's secrets. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|LD_LIBRARY_PATH|KRB5\w*|SSL_CERT_\w+)$/;

/**
 * The variables of this process that its children may see (P#1407, P#3590): what says where things
 * are, and nothing that changes what libpq or systemd do.
 */
export function childEnvironment(): Record<string, string> {
  const passed = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  return Object.fromEntries(passed);
}

function start(call: ProgramCall): ChildProcess {
  const bound = call.diesWithAgent === true && existsSync(SETPRIV);
  const [path, ...args] = bound
    ? [SETPRIV, '--pdeathsig', 'KILL', '--', call.path, ...call.args]
    : [call.path, ...call.args];
  return spawn(path ?? call.path, args, {
    cwd: call.cwd ?? '/',
    env: { ...childEnvironment(), ...call.env },
    stdio: [call.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // A process group of its own: what it starts can be ended with it.
    detached: true,
  });
}

function feed(child: ChildProcess, text: string | undefined): void {
  // A program that does not read its input to the end is none of our business.
  child.stdin?.on('error', () => {});
  child.stdin?.end(text);
}

/** How we end a program that does not end by itself. */
class Ending {
  readonly #child: ChildProcess;
  #kill: NodeJS.Timeout | undefined;
  reason: 'cancelled' | 'timed-out' | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  begin(reason: 'cancelled' | 'timed-out'): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#signal('SIGTERM');
    this.#kill = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
  }

  /** The program itself is gone; the rest of its group goes now. */
  finish(): void {
    clearTimeout(this.#kill);
    if (this.reason !== undefined) this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || pid <= 1) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }
}

function resultOf(
  { path, timeoutMs }: ProgramCall,
  { reason }: Ending,
  exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
): Omit<ProgramResult, 'stdout' | 'stderr'> {
  const code = exit.code ?? undefined;
  if (reason === 'cancelled') return { failure: 'cancelled', end: reason, code };
  if (reason === 'timed-out') {
    return { failure: `${path} took more than ${(timeoutMs ?? 0) / 1000} s`, end: reason, code };
  }
  if (code === 0) return { failure: undefined, end: 'done', code };
  const how = code === undefined ? `was ended by ${exit.signal}` : `ended with code ${code}`;
  return { failure: `${path} ${how}`, end: 'failed', code };
}

function notRun(end: ProgramResult['end'], failure: string): ProgramResult {
  return { failure, end, code: undefined, stdout: '', stderr: '' };
}

/** The end of a stream of text, and its lines one by one. */
class Tail {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #line = '';

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    this.#text = (this.#text + text).slice(-TAIL);
    if (!this.#onLine) return;
    // Progress of PostgreSQL's tools overwrites itself with carriage returns.
    const lines = (this.#line + text).split(/[\r\n]+/);
    this.#line = (lines.pop() ?? '').slice(-TAIL);
    for (const line of lines) if (line !== '') this.#onLine(line);
  }

  end(): string {
    if (this.#onLine && this.#line !== '') this.#onLine(this.#line);
    this.#line = '';
    return this.#text;
  }
}
