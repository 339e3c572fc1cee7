import type { Fence } from '../../src/agent/ports.ts';
import type { FenceSight, Monotonic } from '../../src/ha/facts.ts';
import type { HostClock } from './agent-clock.ts';
import { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** What the guard does to PostgreSQL. */
interface FencedPostgres {
  /** SIGINT to the postmaster. */
  fenceFast(): void;
  /** SIGKILL to all of it. */
  fenceKill(): void;
  running(): boolean;
}

interface GuardParts {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly clock: HostClock;
  readonly postgres: FencedPostgres;
  /** The present agent, or the last one. */
  readonly agent: () => Process;
  readonly killAgent: () => void;
  /** Starts the program that gives the lock away. */
  readonly release: () => void;
}

/** After SIGINT PostgreSQL has so long until it is killed. */
const KILL_AFTER = 2000;
/** A fenced guard looks so often whether PostgreSQL runs again. */
const PATROL = 40;
/** An agent that was not heard in so many looks is frozen. */
const SILENT_LOOKS = 25;
/** So often a guard without an agent looks whether PostgreSQL still runs. */
const LOOK = 100;

/** Since PostgreSQL is being stopped. */
interface Fencing {
  readonly since: Monotonic;
  /** How long PostgreSQL may take, in ms. */
  readonly grace: number;
  /** The agent has answered the report of it. */
  heard: boolean;
  /** Looks in which it had not. */
  looks: number;
}

/**
 * The guard of one host: a process apart, which outlives its agent. From its deadline on it stops
 * PostgreSQL, and whatever PostgreSQL is started later, until it is disarmed or gets a deadline in
 * the future. When the agent is dead, or does not answer and was killed for it, and no PostgreSQL
 * runs, it has the lock given away.
 */
export class SimGuard implements Fence {
  /** True time. */
  startedAt = 0;
  /** It was told whether there is a deadline: from then on it guards. */
  informed = false;
  readonly #parts: GuardParts;
  #process: Process | undefined;
  #deadline: Monotonic | undefined;
  /** Undefined: it does not stop PostgreSQL. */
  #fencing: Fencing | undefined;
  /** Since the last command about deadlines the lock was to be given away. */
  #released = false;
  #alarm: { readonly at: Monotonic; cancel(): void } | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** The process of now; undefined: none was started, or it is dead. */
  get process(): Process | undefined {
    return this.#process;
  }

  sight(): FenceSight {
    const guard = this.#process === undefined ? 'dead' : 'alive';
    return { guard, fenced: this.#fencing !== undefined, watchdog: 'off' };
  }

  start(): void {
    if (this.#process !== undefined) return;
    this.#process = new Process(`${this.#parts.name} guard`);
    this.startedAt = this.#parts.scheduler.now;
    this.informed = false;
  }

  extend(deadline: Monotonic): void {
    if (this.#process === undefined) return;
    this.#deadline = deadline;
    this.#released = false;
    this.informed = true;
    if (deadline > this.#parts.clock.monotonic()) this.#fencing = undefined;
    this.#setAlarm(deadline);
  }

  disarm(): void {
    this.#deadline = undefined;
    this.#fencing = undefined;
    this.#released = false;
    this.informed = true;
  }

  /** The agent's end of the FIFO was closed. */
  agentDied(): void {
    if (this.#process !== undefined) this.#later(1, () => this.#lookAfterPostgres());
  }

  /** It knows nothing any more, and nobody guards until another one is started. */
  kill(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#alarm = undefined;
    this.disarm();
  }

  /** One alarm is enough: it looks at the deadline of then. An earlier deadline needs a new one. */
  #setAlarm(at: Monotonic): void {
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    this.#alarm?.cancel();
    const { clock } = this.#parts;
    // In whole milliseconds: what rounding leaves over must not make it ring again and again.
    const ms = Math.ceil(clock.trueMs(Math.max(at - clock.monotonic(), 0)));
    const { cancel } = this.#later(ms, () => {
      this.#alarm = undefined;
      this.#look();
    });
    this.#alarm = { at, cancel };
  }

  #look(): void {
    if (this.#deadline === undefined || this.#fencing !== undefined) return;
    const { clock, postgres } = this.#parts;
    const now = clock.monotonic();
    const late = now - this.#deadline;
    if (late < 0) {
      this.#setAlarm(this.#deadline);
      return;
    }
    // A host that was suspended may wake up long after the deadline: then there is no time left.
    const grace = Math.max(KILL_AFTER - late, 0);
    const fencing = { since: now, grace, heard: false, looks: 0 };
    this.#fencing = fencing;
    if (grace > 0 && postgres.running()) postgres.fenceFast();
    this.#patrol(fencing);
  }

  /** Kills what runs, again and again, as long as this fencing lasts. */
  #patrol(fencing: Fencing): void {
    if (this.#fencing !== fencing) return;
    const { postgres, clock, agent, release } = this.#parts;
    const running = postgres.running();
    if (running && clock.monotonic() - fencing.since >= fencing.grace) postgres.fenceKill();
    this.#endSilentAgent(fencing);
    if (!running && !agent().alive && !this.#released) {
      this.#released = true;
      release();
    }
    this.#later(PATROL, () => this.#patrol(fencing));
  }

  /** One that stands still could wake with an old answer of the store, and go by a lock that is gone. */
  #endSilentAgent(fencing: Fencing): void {
    const { agent, killAgent } = this.#parts;
    if (agent().alive && !agent().frozen) fencing.heard = true;
    fencing.looks += 1;
    if (!fencing.heard && fencing.looks === SILENT_LOOKS && agent().alive) killAgent();
  }

  /** The agent is dead before the deadline: without PostgreSQL there is nothing to wait for. */
  #lookAfterPostgres(): void {
    const { agent, postgres, clock } = this.#parts;
    if (agent().alive || this.#deadline === undefined || this.#fencing !== undefined) return;
    if (postgres.running()) {
      this.#later(LOOK, () => this.#lookAfterPostgres());
      return;
    }
    this.#deadline = clock.monotonic() - KILL_AFTER;
    this.#look();
  }

  #later(ms: number, run: () => void): { cancel(): void } {
    return this.#parts.scheduler.after(ms, run, this.#process);
  }
}

/** The node is configured to do without a guard. */
export const NO_GUARD: Fence = {
  sight: () => ({ guard: 'off', fenced: false, watchdog: 'off' }),
  extend: () => {},
  disarm: () => {},
  start: () => {},
};
