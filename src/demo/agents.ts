import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { configFile, type Plan } from './plan.ts';
import type { Program } from './program.ts';
import type { RunAs } from './run-as.ts';

/** As in contrib/pgherd-agent.service. */
const AGENT_ENV = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=1' };

/** The agents of a demo: processes of their own, as on three machines. */
export class Agents {
  readonly #plan: Plan;
  readonly #program: Program;
  readonly #user: RunAs | undefined;
  readonly #running = new Map<string, ChildProcess>();

  constructor(parts: { plan: Plan; program: Program; user: RunAs | undefined }) {
    this.#plan = parts.plan;
    this.#program = parts.program;
    this.#user = parts.user;
  }

  /** Starts the agent of a node; returns before PostgreSQL runs. */
  start(name: string): void {
    const { directory } = this.#plan;
    const [node, script] = this.#program;
    const log = openSync(this.logFile(name), 'a');
    const child = spawn(node, [script, 'agent', configFile(this.#plan, name)], {
      // Away from the terminal's Ctrl-C: the demo ends them itself.
      detached: true,
      cwd: directory,
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: directory, LC_ALL: 'C', ...AGENT_ENV },
      stdio: ['ignore', log, log],
      ...(this.#user ? { uid: this.#user.uid, gid: this.#user.gid } : {}),
    });
    closeSync(log);
    // One that could not be started has no process id, and so counts as ended.
    child.on('error', () => {});
    child.unref();
    this.#running.set(name, child);
  }

  isRunning(name: string): boolean {
    const child = this.#running.get(name);
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Those that have ended though nobody wanted it. */
  ended(): string[] {
    return [...this.#running.keys()].filter((name) => !this.isRunning(name));
  }

  /** SIGKILL to the agent and to its postmaster, at the same moment; the guard stays. */
  kill(name: string): void {
    this.#running.get(name)?.kill('SIGKILL');
    this.#running.delete(name);
    const postmaster = this.#postmaster(name);
    if (postmaster !== undefined) process.kill(postmaster, 'SIGKILL');
  }

  logFile(name: string): string {
    return `${this.#plan.directory}/${name}.log`;
  }

  /** The last lines of an agent's log. */
  logTail(name: string, lines = 5): string[] {
    try {
      return readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-lines);
    } catch {
      // There is none yet, which is as good as an empty one.
      return [];
    }
  }

  #postmaster(name: string): number | undefined {
    const file = `${this.#plan.directory}/${name}/postmaster.pid`;
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  }
}
