import type { PostgresView, Source } from '../../../src/model/postgres.ts';
import { Process } from '../process.ts';
import { isClean, wasStandby } from './data.ts';
import type { Instance } from './instance.ts';
import { contains } from './wal.ts';

/** Tells how something ended; undefined: well. */
export type Done = (failure?: string) => void;

type Milestone = 'running' | 'promoted' | 'gone';

/**
 * The life of a server from start to end: what PostgreSQL goes through by itself, whatever becomes
 * of the agent that told it to.
 */
export class Postmaster {
  readonly #instance: Instance;
  state: PostgresView['state'] = 'stopped';
  /** Another process after each start; undefined: there is none. */
  process: Process | undefined;
  /** When it was started. */
  bornAt = 0;
  #promoting = false;
  #draining = false;
  /** It has recovered what there was, and needs more before it takes connections. */
  #hungry = false;
  #waiters: { readonly milestone: Milestone; readonly done: Done }[] = [];

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  get promoting(): boolean {
    return this.#promoting;
  }

  /** It waits for WAL before it takes connections. */
  get hungry(): boolean {
    return this.#hungry;
  }

  /** It takes connections. */
  get serves(): boolean {
    return this.state === 'running' && this.process?.frozen === false;
  }

  /** What it is while it runs; what the control file says while it does not. */
  get role(): 'primary' | 'standby' {
    if (!this.#instance.hasData) return 'standby';
    const { standbySignal, controlState } = this.#instance.data;
    const standby = this.process === undefined ? wasStandby(controlState) : standbySignal;
    return standby ? 'standby' : 'primary';
  }

  /** Calls back at the milestone, or with a failure when the server is gone before. */
  await(milestone: Milestone, done: Done): void {
    this.#waiters.push({ milestone, done });
  }

  /** Starts it; the caller has checked that the directory may be started so. */
  start(as: 'primary' | 'standby', source: Source | undefined): void {
    const { data, random, faults, name, world } = this.#instance;
    this.process = new Process(`${name} postgres`);
    this.bornAt = world.scheduler.now;
    data.standbySignal = as === 'standby';
    data.source = as === 'standby' ? source : undefined;
    const clean = isClean(data.controlState);
    if (as === 'standby') data.controlState = 'in archive recovery';
    else if (!clean) data.controlState = 'in crash recovery';
    const recovery = clean ? 0 : random.int(1_000, 3_000);
    this.#enter('starting');
    this.after(random.int(300, 2_000) + recovery + faults.takeSlowStart(), () => this.#open(clean));
  }

  #open(clean: boolean): void {
    if (this.state !== 'starting') return;
    const { data, faults, receiver } = this.#instance;
    if (faults.take('start') || this.#instance.isDiskFull) {
      this.exit();
      return;
    }
    data.backupLabel = false;
    data.replayed = data.flushed;
    receiver.hasReceived = false;
    if (data.standbySignal) {
      receiver.start();
      this.#hungry = true;
      this.#instance.touch();
      this.received();
      return;
    }
    this.#serve(clean);
  }

  /** A standby has applied something: it may be all that it needs. */
  received(): void {
    const { data } = this.#instance;
    if (!this.#hungry || (data.needs && !contains(data.replayed, data.needs))) return;
    data.needs = undefined;
    this.#hungry = false;
    this.#serve(true);
  }

  #serve(clean: boolean): void {
    const { data } = this.#instance;
    this.#enter('running');
    if (!data.standbySignal) {
      data.controlState = 'in production';
      if (!clean) this.#instance.write({ kind: 'checkpoint' });
    }
    this.#reach('running');
  }

  /** `pg_promote`: replays what has come in, and takes the next timeline, above the one given. */
  promote(above: number): void {
    if (this.#promoting) return;
    const { receiver, random, replayDelay } = this.#instance;
    this.#promoting = true;
    const { data } = this.#instance;
    data.knownTimeline = Math.max(data.knownTimeline, above);
    receiver.stop();
    this.after(random.int(100, 500) + replayDelay, () => this.#leaveRecovery());
  }

  #leaveRecovery(): void {
    if (this.state !== 'running' || !this.#promoting) return;
    const { data, faults, receiver, random } = this.#instance;
    this.#promoting = false;
    if (faults.take('promote')) {
      receiver.start();
      this.#reach('promoted', 'the server did not promote');
      return;
    }
    if (this.#instance.isDiskFull) {
      this.exit();
      return;
    }
    data.standbySignal = false;
    data.source = undefined;
    data.controlState = 'in production';
    data.knownTimeline = Math.max(data.knownTimeline, data.flushed.timeline) + 1;
    this.#instance.write({ kind: 'promote', timeline: data.knownTimeline });
    // The first checkpoint of a new timeline is spread over some time.
    this.after(random.int(1_000, 60_000), () => this.#firstCheckpoint());
    this.#instance.on.promote?.(data.knownTimeline);
    this.#reach('promoted');
  }

  #firstCheckpoint(): void {
    const { flushed } = this.#instance.data;
    if (this.state !== 'running' || this.#instance.isDiskFull) return;
    if (flushed.checkpoint.timeline === flushed.timeline) return;
    this.#instance.write({ kind: 'checkpoint' });
  }

  /** Fast shutdown: from now on nobody writes. It ends when connected standbys have all WAL. */
  shutDown(): void {
    if (this.process === undefined || this.state === 'stopping') return;
    const wasStarting = this.state === 'starting';
    const { data, senders, receiver, random } = this.#instance;
    this.#enter('stopping');
    this.#promoting = false;
    this.#hungry = false;
    senders.dismissClients();
    receiver.stop();
    if (!wasStarting && !data.standbySignal) data.controlState = 'shutting down';
    this.after(random.int(50, 500), () => this.#closeWal(wasStarting));
  }

  #closeWal(wasStarting: boolean): void {
    const { data, senders } = this.#instance;
    if (!data.standbySignal && (wasStarting || this.#instance.isDiskFull)) {
      this.exit();
      return;
    }
    if (!data.standbySignal) this.#instance.write({ kind: 'shutdown' });
    data.controlState = data.standbySignal ? 'shut down in recovery' : 'shut down';
    this.#draining = true;
    this.#instance.touch();
    senders.push();
    this.drained();
  }

  /** On its way out it looks whether the last standby has got everything. */
  drained(): void {
    if (this.#draining && this.#instance.senders.allCaughtUp) this.exit();
  }

  /** The end of all processes, at once. `silently`: the other ends of connections hear nothing. */
  exit(silently = false): void {
    if (this.process === undefined) return;
    const { senders, receiver } = this.#instance;
    this.process.kill();
    this.process = undefined;
    this.#promoting = false;
    this.#draining = false;
    this.#hungry = false;
    this.#enter('stopped');
    senders.dismissClients();
    senders.endAll(silently);
    receiver.stop(silently);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { milestone, done } of waiters) {
      if (milestone === 'gone') done();
      else done('the server has gone');
    }
  }

  /** Later, if this very postmaster still lives. */
  after(ms: number, run: () => void): void {
    if (this.process !== undefined) this.#instance.world.scheduler.after(ms, run, this.process);
  }

  #enter(state: PostgresView['state']): void {
    this.state = state;
    this.#instance.touch();
  }

  #reach(milestone: Milestone, failure?: string): void {
    const reached = this.#waiters.filter((waiter) => waiter.milestone === milestone);
    this.#waiters = this.#waiters.filter((waiter) => waiter.milestone !== milestone);
    for (const { done } of reached) done(failure);
  }
}
