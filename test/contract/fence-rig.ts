import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  atExit,
  ended,
  giveToServerUser,
  isRoot,
  sendSignal,
  waitFor,
} from '../harness/processes.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** As an agent would be installed: a bundle, with the guard's program beside it. */
export async function buildAgent(directory: string): Promise<string> {
  const outfile = join(directory, 'agent.mjs');
  await build({
    entryPoints: [here('fence-agent.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  copyFileSync(here('../../src/fence/guard.sh'), join(directory, 'guard.sh'));
  return outfile;
}

/** A temporary directory that belongs to the user that servers run as. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-fence-'));
  giveToServerUser(directory);
  atExit(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A child of this process, as the user that servers run as, with this PATH. */
export function startAsServerUser(argv: readonly string[], path = '/usr/bin:/bin'): ChildProcess {
  const user = isRoot() ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return spawn('setpriv', [...user, '--', 'env', '-i', `PATH=${path}`, ...argv], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** What the stand-in agent said last, and the process itself. */
export class StandIn {
  readonly process: ChildProcess;
  /** All of its lines, and what it complained of. */
  readonly said: string[] = [];
  sight = '';
  /** The last deadline that the guard may know of. */
  deadline = 0;
  #ready = 0;

  constructor(argv: readonly string[], path?: string) {
    this.process = startAsServerUser(argv, path);
    const forget = atExit(() => sendSignal(this.process.pid, 'SIGKILL'));
    this.process.once('exit', forget);
    let rest = '';
    this.process.stdout?.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#hear(line);
    });
    this.process.stderr?.on('data', (chunk) => this.said.push(String(chunk)));
    // It may be dead when it is told something.
    this.process.stdin?.on('error', () => {});
  }

  tell(order: string): void {
    this.process.stdin?.write(`${order}\n`);
  }

  /** Starts or takes over the guard; resolves with what is seen then. */
  async start(): Promise<string> {
    const before = this.#ready;
    this.tell('start');
    await waitFor('the guard', async () => this.#ready > before);
    return this.sight;
  }

  /** Feeds the guard with deadlines so many milliseconds ahead. */
  async feed(ms: number): Promise<void> {
    const before = this.deadline;
    this.tell(`feed ${ms}`);
    await waitFor('a deadline', async () => this.deadline > before);
  }

  async kill(): Promise<void> {
    sendSignal(this.process.pid, 'SIGKILL');
    await ended(this.process);
  }

  #hear(line: string): void {
    this.said.push(line);
    const [kind, guard, state, deadline] = line.split(' ');
    this.sight = `${guard} ${state}`;
    if (kind === 'deadline') this.deadline = Number(deadline);
    if (kind === 'ready') this.#ready += 1;
  }
}
