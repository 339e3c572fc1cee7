import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Client } from 'pg';
import { guardPaths, killGuard } from '../../src/fence/guard-process.ts';
import { agentClock } from '../../src/system/agent-clock.ts';
import { freePorts } from '../harness/ports.ts';
import {
  atExit,
  ended,
  giveToServerUser,
  isRoot,
  sendSignal,
  startServer,
  waitFor,
} from '../harness/processes.ts';
import { postgresBinaries } from '../harness/servers.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The time by which deadlines go. */
export const { monotonic } = agentClock();

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
function startAsServerUser(argv: readonly string[], path = '/usr/bin:/bin'): ChildProcess {
  const user = isRoot() ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return spawn('setpriv', [...user, '--', 'env', '-i', `PATH=${path}`, ...argv], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** What the stand-in agent said last, and the process itself. */
export class StandIn {
  readonly process: ChildProcess;
  /** All of its lines. */
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

/** The state of a process in /proc: `T` frozen, `Z` dead but not fetched; undefined: gone. */
export function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** True while the process can do something, or could if it were thawed. */
export function isAlive(pid: number): boolean {
  return !/^[ZX]?$/.test(stateOf(pid) ?? '');
}

/** One PostgreSQL, and the directories of the agent and guard beside it. */
export class Node {
  readonly data: string;
  readonly state: string;
  port = 0;
  postmaster: ChildProcess | undefined;
  readonly #directory: string;

  constructor(directory: string, name: string) {
    this.#directory = join(directory, name);
    this.data = join(this.#directory, 'the data');
    this.state = join(this.#directory, 'state');
    mkdirSync(this.#directory);
    giveToServerUser(this.#directory);
    atExit(() => {
      killGuard(guardPaths(this.state, this.data));
      sendSignal(this.postmaster?.pid, 'SIGKILL');
    });
  }

  /** Makes the cluster, or copies one that was made. */
  make(): void {
    const user = isRoot() ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
    const initdb = join(postgresBinaries(), 'initdb');
    const options = ['-D', this.data, '-U', 'postgres', '-A', 'trust', '--no-sync'];
    execFileSync('setpriv', [...user, '--', initdb, ...options], { cwd: '/', stdio: 'ignore' });
  }

  /** Starts PostgreSQL and resolves when it takes writes. */
  async startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.launchPostgres(settings);
    await waitFor('PostgreSQL', async () => {
      await this.query('SELECT 1');
      return true;
    });
  }

  launchPostgres(settings: Readonly<Record<string, string>> = {}): void {
    const all = { fsync: 'off', listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const options = Object.entries({ ...all, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    this.postmaster = startServer({
      command: join(postgresBinaries(), 'postgres'),
      args: ['-D', this.data, '-p', String(this.port), ...options],
      env: { LC_ALL: 'C.UTF-8' },
      cwd: '/',
      logFile: join(this.#directory, 'postgres.log'),
    });
  }

  async choosePort(): Promise<void> {
    [this.port = 0] = await freePorts(1);
  }

  async query(text: string): Promise<unknown[]> {
    const client = await this.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  async connect(): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: this.port,
      user: 'postgres',
      database: 'postgres',
    });
    // The fence cuts it.
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** Processes that work in the data directory of now, frozen ones too. */
  servers(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && isAlive(pid) && worksIn(pid, this.data));
  }

  /** Those of them that run this program. */
  workersNamed(name: string): number[] {
    return this.servers().filter((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.includes(`(${name})`);
    });
  }

  async stopPostgres(): Promise<void> {
    sendSignal(this.postmaster?.pid, 'SIGQUIT');
    await waitFor('the end of PostgreSQL', async () => this.servers().length === 0);
  }

  /** Undefined: none was ever started. */
  guardPid(): number | undefined {
    try {
      const [pid] = readFileSync(guardPaths(this.state, this.data).pid, 'utf8').split(' ');
      return Number(pid);
    } catch {
      return undefined;
    }
  }

  guardLog(): string {
    return readFileSync(guardPaths(this.state, this.data).log, 'utf8');
  }
}

function worksIn(pid: number, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === directory;
  } catch {
    // It has ended since.
    return false;
  }
}

/** A client that commits in its one session, as fast as it can, until the session is cut. */
export class Writer {
  acknowledged = 0;
  /** When the last commit was sent that was acknowledged. */
  lastSent = 0;
  /** When the session was cut; undefined: it is not. */
  cutAt: number | undefined;
  readonly ended: Promise<void>;

  constructor(client: Client) {
    this.ended = this.#write(client).catch(() => {
      this.cutAt = monotonic();
    });
  }

  async #write(client: Client): Promise<void> {
    await client.query('CREATE TABLE IF NOT EXISTS written (id bigserial PRIMARY KEY)');
    for (;;) {
      const sent = monotonic();
      await client.query('INSERT INTO written DEFAULT VALUES');
      this.acknowledged += 1;
      this.lastSent = sent;
    }
  }
}
