import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentProgram } from './agent-programs.ts';
import { SUPERUSER } from './patroni-config.ts';
import { ended, sendSignal, startServer } from './processes.ts';

export interface MemberPlace {
  readonly name: string;
  readonly directory: string;
  /** Its patroni.yml: good for `patronictl -c` and for `pgherd -c`. */
  readonly configFile: string;
  readonly restUrl: string;
  readonly postgresPort: number;
  readonly program: AgentProgram;
}

/** One member of a cluster: its Patroni agent, and the PostgreSQL that the agent runs. */
export class Member {
  readonly place: MemberPlace;
  #agent: ChildProcess | undefined;

  constructor(place: MemberPlace) {
    this.place = place;
  }

  get name(): string {
    return this.place.name;
  }

  /** True from `start` until the agent has ended; also while it is frozen. */
  get isRunning(): boolean {
    return this.#agent !== undefined && this.#agent.exitCode === null && !this.#agent.signalCode;
  }

  get agentPid(): number | undefined {
    return this.#agent?.pid;
  }

  /** Starts the agent; returns before PostgreSQL runs. */
  start(): void {
    const { directory, configFile, program } = this.place;
    const [command = '', ...args] = program.argv;
    this.#agent = startServer({
      command,
      args: [...args, configFile],
      env: {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        HOME: directory,
        LC_ALL: 'C.UTF-8',
        ...program.env,
      },
      cwd: directory,
      logFile: this.#logFile,
    });
  }

  /** Stops the agent and its PostgreSQL in an orderly way. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Kills the agent (SIGKILL); PostgreSQL goes on running. */
  async killAgent(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Keeps the agent from running (SIGSTOP) until `thaw`; PostgreSQL goes on. */
  freeze(): void {
    sendSignal(this.#agent?.pid, 'SIGSTOP');
  }

  thaw(): void {
    sendSignal(this.#agent?.pid, 'SIGCONT');
  }

  /** Ends agent and PostgreSQL at once, whatever state they are in. Never waits, never throws. */
  killNow(): void {
    sendSignal(this.#agent?.pid, 'SIGKILL');
    // Immediate shutdown: PostgreSQL takes its shared memory away, which SIGKILL would leave.
    sendSignal(this.#postmaster, 'SIGQUIT');
    for (const guard of this.#guards) sendSignal(guard, 'SIGKILL');
  }

  /** Ends agent and PostgreSQL at once, and waits until both are gone. */
  async kill(): Promise<void> {
    const pid = this.#postmaster;
    this.killNow();
    if (this.#agent) await ended(this.#agent);
    for (let tries = 0; tries < 50 && pid !== undefined && existsSync(`/proc/${pid}`); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (tries === 40) sendSignal(pid, 'SIGKILL');
    }
  }

  /** Runs SQL as the superuser; rows as records. */
  async sql(text: string): Promise<Record<string, unknown>[]> {
    const { Client } = (await import('pg')).default;
    const client = new Client({
      host: '127.0.0.1',
      port: this.place.postgresPort,
      database: 'postgres',
      user: SUPERUSER.username,
      password: SUPERUSER.password,
      connectionTimeoutMillis: 5000,
    });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** SIGKILL to agent and postmaster at the same moment; the guard is left, if there is one. */
  async killBoth(): Promise<void> {
    const postmaster = this.#postmaster;
    sendSignal(this.#agent?.pid, 'SIGKILL');
    sendSignal(postmaster, 'SIGKILL');
    if (this.#agent) await ended(this.#agent);
  }

  /** The end of the agent's log, for the message of a test that failed. */
  logTail(lines = 25): string {
    if (!existsSync(this.#logFile)) return '(no log)';
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  get #logFile(): string {
    return join(this.place.directory, `${this.name}.log`);
  }

  /** Of pgherd: its guards outlive it. */
  get #guards(): number[] {
    const state = join(this.place.directory, `${this.name}.pgherd`);
    if (!existsSync(state)) return [];
    return readdirSync(state)
      .map((name) => join(state, name, 'pid'))
      .filter((file) => existsSync(file))
      .map((file) => Number.parseInt(readFileSync(file, 'utf8'), 10))
      .filter((pid) => pid > 1);
  }

  get #postmaster(): number | undefined {
    const file = join(this.place.directory, this.name, 'postmaster.pid');
    if (!existsSync(file)) return undefined;
    return Number(readFileSync(file, 'utf8').split('\n')[0]) || undefined;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.#agent) return;
    sendSignal(this.#agent.pid, signal);
    await ended(this.#agent);
  }
}
