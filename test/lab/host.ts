import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentProgram } from '../harness/agent-programs.ts';
import { ended, sendSignal } from '../harness/processes.ts';
import type { LabAddress, LabNetwork } from './network.ts';

export interface LabHostOptions {
  readonly address: LabAddress;
  readonly network: LabNetwork;
  /** Of this host only: configuration, data, sockets, log. */
  readonly directory: string;
  readonly program: AgentProgram;
  readonly configFile: string;
  /** The programs of PostgreSQL. */
  readonly binaries: string;
}

/** A host of the lab with its agent and its PostgreSQL, and what may befall them. */
export class LabHost {
  readonly name: string;
  readonly address: LabAddress;
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly #options: LabHostOptions;
  #agent: ChildProcess | undefined;
  #supervisor: NodeJS.Timeout | undefined;

  constructor(options: LabHostOptions) {
    this.#options = options;
    this.name = options.address.name;
    this.address = options.address;
    this.directory = options.directory;
    this.configFile = options.configFile;
    this.logFile = join(options.directory, 'agent.log');
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  /** Another number: another directory. */
  get dataInode(): number | undefined {
    return existsSync(this.dataDirectory) ? statSync(this.dataDirectory).ino : undefined;
  }

  /** Where its PostgreSQL has its Unix socket. */
  get socketDirectory(): string {
    return this.directory;
  }

  get restUrl(): string {
    return `http://${this.address.ip}:8008`;
  }

  get agentPid(): number | undefined {
    return this.#agent?.pid;
  }

  get agentRuns(): boolean {
    const agent = this.#agent;
    return agent !== undefined && agent.exitCode === null && agent.signalCode === null;
  }

  /** Starts the agent, as the user postgres, on this host. */
  start(): void {
    this.#agent = this.spawnAgent(this.configFile);
  }

  /** The program, as the user postgres, with any file: an agent that nobody here looks after. */
  spawnAgent(configFile: string): ChildProcess {
    const { address, program } = this.#options;
    const log = openSync(this.logFile, 'a');
    const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
    const argv = ['netns', 'exec', address.namespace, 'setpriv', ...user, ...program.argv];
    const agent = spawn('ip', [...argv, configFile], {
      cwd: this.directory,
      env: {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        HOME: this.directory,
        LC_ALL: 'C.UTF-8',
        ...program.env,
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return agent;
  }

  /** From now on an agent that has ended is started again after so long, as systemd would do. */
  supervise(ms: number): void {
    this.#supervisor = setInterval(() => {
      if (this.agentRuns) return;
      clearInterval(this.#supervisor);
      this.#supervisor = setTimeout(() => {
        this.start();
        this.supervise(ms);
      }, ms);
    }, 20);
  }

  /** Ends the agent in good order, and PostgreSQL with it. */
  async stop(): Promise<void> {
    this.unsupervise();
    sendSignal(this.#agent?.pid, 'SIGTERM');
    if (this.#agent) await ended(this.#agent);
  }

  unsupervise(): void {
    clearInterval(this.#supervisor);
    clearTimeout(this.#supervisor);
  }

  killAgent(): void {
    sendSignal(this.#agent?.pid, 'SIGKILL');
  }

  freezeAgent(): void {
    sendSignal(this.#agent?.pid, 'SIGSTOP');
  }

  /** One that its guard has killed meanwhile is started again, as systemd would do. */
  thawAgent(): void {
    if (this.agentRuns) sendSignal(this.#agent?.pid, 'SIGCONT');
    else this.start();
  }

  /** SIGKILL to the postmaster: its processes end by themselves. */
  killPostmaster(): void {
    sendSignal(this.postmaster, 'SIGKILL');
  }

  /** The power goes out: everything on the host ends at once, and its cable is dead. */
  crash(): void {
    this.unsupervise();
    this.#options.network.unplug(this.address);
    this.#options.network.killAll(this.address);
  }

  /** The power is back; nothing runs. */
  powerOn(): void {
    this.#options.network.plug(this.address);
  }

  get postmaster(): number | undefined {
    const file = join(this.dataDirectory, 'postmaster.pid');
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return pid > 1 && existsSync(`/proc/${pid}`) ? pid : undefined;
  }

  /** Processes of the host, with their command lines. */
  processes(): readonly { readonly pid: number; readonly command: string }[] {
    const { namespace } = this.address;
    const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
    return pids
      .split('\n')
      .filter(Boolean)
      .map((pid) => ({ pid: Number(pid), command: commandOf(Number(pid)) }));
  }

  /** `GET` on its REST API; undefined when it does not answer. */
  async get(path: string): Promise<{ status: number; body: string } | undefined> {
    try {
      const signal = AbortSignal.timeout(2000);
      const reply = await fetch(`${this.restUrl}/${path}`, { signal });
      return { status: reply.status, body: await reply.text() };
    } catch {
      return undefined;
    }
  }

  /** SQL as the superuser by the Unix socket; rows as lists. */
  async sql(text: string): Promise<unknown[][]> {
    const { Client } = (await import('pg')).default;
    const client = new Client({
      host: this.socketDirectory,
      user: 'postgres',
      database: 'postgres',
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query({ text, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }

  /**
   * Starts PostgreSQL by itself, as the primary that it was, without network and agent, runs SQL
   * that nobody else gets, and stops it again.
   */
  async writeAlone(sql: string): Promise<void> {
    const { binaries } = this.#options;
    const pgCtl = (...args: string[]): void => {
      const argv = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
      execFileSync(
        'setpriv',
        [...argv, join(binaries, 'pg_ctl'), '-D', this.dataDirectory, ...args],
        {
          cwd: this.directory,
          stdio: 'ignore',
        },
      );
    };
    const log = join(this.directory, 'alone.log');
    pgCtl('start', '-w', '-l', log, '-o', `-c listen_addresses='' -k ${this.socketDirectory}`);
    // Nobody is there to wait for.
    await this.sql(`SET synchronous_commit = 'local'; ${sql}`);
    pgCtl('stop', '-w', '-m', 'fast');
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  logTail(lines = 40): string {
    return lastLines(this.log(), lines);
  }

  /** What PostgreSQL said last, in the file that the agent keeps beside its data directory. */
  postgresLogTail(lines = 40): string {
    const file = join(`${this.dataDirectory}.pgherd`, 'postgres.log');
    return existsSync(file) ? lastLines(readFileSync(file, 'utf8'), lines) : `there is no ${file}`;
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
