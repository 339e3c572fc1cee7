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
}

/** After SIGINT PostgreSQL has so long until it is killed. */
const KILL_AFTER = 2000;
/** A fenced guard looks so often whether PostgreSQL runs again. */
const PATROL = 40;

/**
 * The guard of one host: a process apart, which outlives its agent. From its deadline on it stops
 * PostgreSQL, and whatever PostgreSQL is started later, until it is disarmed or gets a deadline in
 * the future.
 */
export class SimGuard implements Fence {
  /** True time. */
  startedAt = 0;
  readonly #parts: GuardParts;
  #process: Process | undefined;
  #deadline: Monotonic | undefined;
  /** Since when it has been stopping PostgreSQL; undefined: it is not. */
  #fencing: { readonly since: Monotonic } | undefined;
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
  }

  extend(deadline: Monotonic): void {
    if (this.#process === undefined) return;
    this.#deadline = deadline;
    if (deadline > this.#parts.clock.monotonic()) this.#fencing = undefined;
    this.#setAlarm(deadline);
  }

  disarm(): void {
    this.#deadline = undefined;
    this.#fencing = undefined;
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
    const fencing = { since: now };
    this.#fencing = fencing;
    // A host that was suspended may wake up long after the deadline: then there is no time left.
    const grace = Math.max(KILL_AFTER - late, 0);
    if (grace > 0 && postgres.running()) postgres.fenceFast();
    this.#later(clock.trueMs(grace), () => this.#patrol(fencing));
  }

  /** Kills what runs, again and again, as long as this fencing lasts. */
  #patrol(fencing: { readonly since: Monotonic }): void {
    if (this.#fencing !== fencing) return;
    const { postgres } = this.#parts;
    if (postgres.running()) postgres.fenceKill();
    this.#later(PATROL, () => this.#patrol(fencing));
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
