import type { FenceSight, Monotonic } from '../ha/facts.ts';
import { uptimeMs } from '../system/agent-clock.ts';
import { GuardLink } from './guard-link.ts';
import { guardPaths, guardScript, killGuard, launchGuard, nameReleaser } from './guard-process.ts';
import { GUARD_VERSION, type GuardPaths, type GuardReport } from './guard-protocol.ts';

/**
 * When nothing was heard for so long, in milliseconds, a look asks. A guard that dies is heard of
 * at once, and one that has a primary to watch answers every renewal, which is more often.
 */
const FRESH_MS = 12_000;
/** A guard that is being started counts as alive for so long at the most, in milliseconds. */
const STARTING_MS = 5000;

export interface GuardOptions {
  /** What this agent keeps for the one after it; the guard has a directory of its own there. */
  readonly stateDirectory: string;
  readonly dataDirectory: string;
  /** On the scale of /proc/uptime, as `agentClock` is. */
  readonly monotonic: () => Monotonic;
  /** The guard died, or has stopped PostgreSQL, or works again: the agent should look. */
  readonly onChange: () => void;
  /** For the log: one sentence. */
  readonly say: (text: string) => void;
  /** The guard's program; by default the one that came with this file. */
  readonly script?: string;
  /**
   * A program and its arguments, which the guard runs when this agent is dead and no PostgreSQL is
   * left: it gives the lock away. Without it the lease ends by itself.
   */
  readonly releaser?: readonly string[];
}

/**
 * The agent's end of the guard process (`guard.sh`), which outlives it and is found again by the
 * agent after it. Every call returns at once; `ready` and `close` may be waited for.
 */
export class GuardFence {
  readonly #options: GuardOptions;
  readonly #paths: GuardPaths;
  readonly #script: string;
  #life: 'dead' | 'starting' | 'alive' | 'silent' = 'dead';
  #link: GuardLink | undefined;
  /** Until when PostgreSQL may run; `unknown`: what a guard was told before us still holds. */
  #wish: Monotonic | 'none' | 'unknown' = 'unknown';
  /** The last command by which the guard has to do something else. */
  #changed = 0;
  #fenced = false;
  #heardAt = Number.NEGATIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#paths = guardPaths(options.stateDirectory, options.dataDirectory);
    this.#script = options.script ?? guardScript();
  }

  /**
   * What is known of the guard: its death at once, its silence two seconds after it was told or
   * asked something. One that is being started counts as alive for the moments that this takes.
   */
  sight(): Pick<FenceSight, 'guard' | 'fenced'> {
    const now = this.#options.monotonic();
    const old = now - this.#heardAt > FRESH_MS;
    if (this.#life === 'alive' && old && !this.#link?.isWaiting) this.#link?.send({ kind: 'ping' });
    const starting = this.#life === 'starting' && now - this.#startedAt < STARTING_MS;
    const works = this.#life === 'alive' || starting;
    return { guard: works ? 'alive' : 'dead', fenced: this.#fenced };
  }

  /** From `deadline` on PostgreSQL is stopped, unless a later deadline comes before. */
  extend(deadline: Monotonic): void {
    this.#wish = deadline;
    if (deadline > this.#options.monotonic()) this.#fenced = false;
    this.#tell();
  }

  /** Nothing is guarded any more. */
  disarm(): void {
    this.#wish = 'none';
    this.#fenced = false;
    this.#tell();
  }

  /**
   * Takes over the guard that an agent before this one has left, or starts one. A guard that does
   * not answer, or is of another version, is replaced by one that has the same deadline. Where one
   * works nothing is done. What went wrong is said, and seen as `dead`.
   */
  start(): void {
    if (this.#life === 'alive' || this.#life === 'starting') return;
    const frozen = this.#life === 'silent';
    this.#life = 'starting';
    this.#startedAt = this.#options.monotonic();
    this.#starting = this.#bringUp(frozen).catch((error: unknown) => {
      this.#drop();
      this.#become('dead', textOf(error));
    });
  }

  /** Resolves when the last `start` has come to its end, good or bad. */
  ready(): Promise<void> {
    return this.#starting;
  }

  /**
   * Lets go of the guard, which ends if it was disarmed last. An armed one stays on watch, for the
   * agent after this one.
   */
  async close(): Promise<void> {
    await this.#starting;
    if (this.#wish === 'none') this.#link?.send({ kind: 'exit' });
    this.#drop();
    this.#life = 'dead';
  }

  /** Ends a guard that was left here, armed or not: there shall be none. */
  dismiss(): void {
    try {
      this.#connect();
    } catch (error) {
      this.#options.say(textOf(error));
    }
    this.disarm();
    this.#link?.send({ kind: 'exit' });
    this.#drop();
  }

  async #bringUp(frozen: boolean): Promise<void> {
    this.#nameReleaser();
    const report = (frozen ? undefined : await this.#find()) ?? (await this.#launch());
    if (this.#wish === 'unknown') this.#wish = report.deadline ?? 'unknown';
    else this.#tell();
    this.#become('alive', `the guard is on watch, process ${report.pid}`);
  }

  /** A guard of this version, or one that has become so; undefined: there is none that works. */
  async #find(): Promise<GuardReport | undefined> {
    const found = await this.#connect()?.ask({ kind: 'ping' });
    if (!found || found.version === GUARD_VERSION) return found;
    // Should it fail, the next guard has the same deadline.
    if (this.#wish === 'unknown') this.#wish = found.deadline ?? 'unknown';
    const next = await this.#link?.ask({ kind: 'replace', script: this.#script });
    return next?.version === GUARD_VERSION ? next : undefined;
  }

  /** A new guard, in the place of one that may be there. Rejects with the reason why not. */
  async #launch(): Promise<GuardReport> {
    this.#drop();
    killGuard(this.#paths);
    const { dataDirectory, monotonic } = this.#options;
    const wish = this.#wish;
    // A deadline that has passed would stop whatever runs now, also a standby.
    const deadline = typeof wish === 'number' && wish > monotonic() ? uptimeMs(wish) : undefined;
    await launchGuard({ paths: this.#paths, script: this.#script, dataDirectory, deadline });
    const report = await this.#connect()?.ask({ kind: 'ping' });
    if (!report) throw new Error('the guard was started, and does not answer');
    return report;
  }

  #nameReleaser(): void {
    try {
      nameReleaser(this.#paths, this.#options.releaser ?? []);
    } catch (error) {
      // The guard guards without it.
      this.#options.say(`the guard cannot give the lock away: ${textOf(error)}`);
    }
  }

  #connect(): GuardLink | undefined {
    this.#changed = 0;
    this.#link = GuardLink.open(this.#paths, {
      report: (report) => this.#heard(report),
      silent: () => this.#lost('silent', 'the guard does not answer'),
      died: () => this.#lost('dead', 'the guard has died'),
    });
    return this.#link;
  }

  #drop(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #tell(): void {
    const wish = this.#wish;
    if (!this.#link || wish === 'unknown') return;
    this.#changed = this.#link.send(
      wish === 'none' ? { kind: 'disarm' } : { kind: 'deadline', at: uptimeMs(wish) },
    );
  }

  #heard({ state, command }: GuardReport): void {
    this.#heardAt = this.#options.monotonic();
    if (this.#life === 'silent') {
      // While it did not read, commands may have been lost.
      this.#tell();
      this.#become('alive', 'the guard answers again');
    }
    // Older than what it was told since: not true any more.
    if (command < this.#changed) return;
    const fenced = state === 'fenced';
    if (fenced === this.#fenced) return;
    this.#fenced = fenced;
    if (fenced) {
      // At once, whatever the ticks are at: it kills an agent that stands still.
      this.#link?.send({ kind: 'ping' });
      this.#options.say('the deadline has passed: the guard stops PostgreSQL');
    }
    this.#options.onChange();
  }

  #lost(life: 'dead' | 'silent', why: string): void {
    if (life === 'dead') {
      this.#drop();
      this.#fenced = false;
    }
    // Otherwise whoever starts it takes care.
    if (this.#life !== 'starting') this.#become(life, why);
  }

  #become(life: 'dead' | 'alive' | 'silent', why: string): void {
    this.#life = life;
    this.#options.say(why);
    this.#options.onChange();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
