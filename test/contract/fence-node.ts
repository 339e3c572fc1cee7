import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { guardPaths, killGuard } from '../../src/fence/guard-process.ts';
import { agentClock } from '../../src/system/agent-clock.ts';
import { freePorts } from '../harness/ports.ts';
import {
  atExit,
  giveToServerUser,
  isRoot,
  sendSignal,
  startServer,
  waitFor,
} from '../harness/processes.ts';
import { postgresBinaries } from '../harness/servers.ts';

/** The time by which deadlines go. */
export const { monotonic } = agentClock();

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

  /** Takes a copy of the cluster of another node, and a port of its own. */
  async copy(other: Node): Promise<void> {
    await promisify(execFile)('cp', ['-a', other.data, this.data]);
    await this.choosePort();
  }

  /** Makes the cluster. */
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
    const all = {
      fsync: 'off',
      shared_buffers: '1MB',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    };
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

  /** Ends all that runs here, in any state. */
  async kill(): Promise<void> {
    killGuard(guardPaths(this.state, this.data));
    for (const pid of this.servers()) sendSignal(pid, 'SIGKILL');
    await waitFor('the end of PostgreSQL', async () => this.servers().length === 0);
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

  postgresLog(): string {
    return readFileSync(join(this.#directory, 'postgres.log'), 'utf8');
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

/** A client that commits in its one session, again and again, until the session is cut. */
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
      await delay(2);
    }
  }
}
