import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** One run of a program. */
export interface Run {
  readonly ms: number;
  /** The most memory it had at once (resident), in KiB, as the kernel counted it. */
  readonly peakKib: number;
}

/**
 * Starts each program and waits for it. It is Python because Node cannot ask the kernel for the
 * peak memory of one child; the same small parent starts ours and theirs.
 */
const STOPWATCH = `
import json, os, sys, time
null = os.open(os.devnull, os.O_RDWR)
files = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
for line in sys.stdin:
    job = json.loads(line)
    start = time.perf_counter()
    pid = os.posix_spawnp(job['argv'][0], job['argv'], job['env'], file_actions=files)
    _, status, usage = os.wait4(pid, 0)
    ms = (time.perf_counter() - start) * 1000
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({'ms': ms, 'peakKib': usage.ru_maxrss, 'code': code}), flush=True)
`;

/** Runs programs one at a time, and measures them. */
export class Stopwatch {
  readonly #python: ChildProcess;
  readonly #answers: Interface;

  constructor() {
    this.#python = spawn('/usr/bin/python3', ['-c', STOPWATCH], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (!this.#python.stdout) throw new Error('The stopwatch has no stdout');
    this.#answers = createInterface({ input: this.#python.stdout });
  }

  /** Throws when the program fails: the time of a failure is worth nothing. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#answers.once('line', resolve);
      this.#python.once('exit', () => reject(new Error('The stopwatch ended')));
    });
    this.#python.stdin?.write(`${JSON.stringify({ argv, env })}\n`);
    const run: Run & { code: number } = JSON.parse(await answer);
    this.#python.removeAllListeners('exit');
    if (run.code !== 0) throw new Error(`Exit code ${run.code}: ${argv.join(' ')}`);
    return run;
  }

  close(): void {
    this.#python.stdin?.end();
  }
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
