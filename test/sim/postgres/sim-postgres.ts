import type { Server } from '../../../src/agent/ports.ts';
import type { JobOutcome, JobSpec } from '../../../src/ha/job.ts';
import type { SlotChange } from '../../../src/ha/plan.ts';
import type { ValueChange } from '../../../src/model/member.ts';
import type { PostgresView, Source, SourceReport, SyncNames } from '../../../src/model/postgres.ts';
import { delayed, Process } from '../process.ts';
import { Instance, type InstanceOptions } from './instance.ts';
import { begin } from './jobs.ts';
import { changeSlot, pinnedBytes } from './slots.ts';
import { Toolbox } from './tools.ts';
import { look, lookAtFiles, report } from './view.ts';
import type { WalRecord } from './wal.ts';
import type { PostgresHost, PostgresWorld } from './world.ts';

/** Milliseconds: a query, a query that hangs, an attempt to connect. */
const QUERY = 2;
const HANG = 3_000;
const CONNECT_TIMEOUT = 3_000;
const CANCEL = 50;

/**
 * A simulated PostgreSQL, as its agent, its guard and its host see it. Clients and checkers look at
 * the `instance` itself.
 */
export class SimPostgres implements Server {
  readonly instance: Instance;
  /** What a clone without a source restores; undefined: there is no backup. */
  backup: WalRecord | undefined;
  /** What the data directories ended with that were renamed, in order. */
  readonly renamed: WalRecord[] = [];
  /** What was removed: nothing here does so. */
  readonly removed: readonly string[] = [];
  readonly #host: PostgresHost;
  readonly #world: PostgresWorld;
  readonly #tools: Toolbox;
  /** All programs of the host but the agent: they stand still, and die, with it. */
  #system: Process;
  #seen: { readonly version: number; readonly view: PostgresView } | undefined;

  constructor(options: InstanceOptions) {
    this.#host = options.host;
    this.#world = options.world;
    this.instance = new Instance(options);
    this.#system = new Process(`${options.host.name} system`);
    this.#tools = new Toolbox(this.instance, this.#system);
  }

  // What the agent does.

  observe(): Promise<PostgresView> {
    const { instance } = this;
    const { scheduler } = this.#world;
    const hangs = instance.faults.hangsUntil > scheduler.now && instance.postmaster.serves;
    return delayed(scheduler, hangs ? HANG : QUERY, this.#host.agent, () => {
      instance.senders.probe();
      instance.receiver.probe();
      return hangs ? lookAtFiles(instance) : this.view();
    });
  }

  /** Its parameters are set by `setParameter`: nothing else of the configuration matters here. */
  configure(): Promise<void> {
    return Promise.resolve();
  }

  run(job: JobSpec, signal: AbortSignal): Promise<JobOutcome> {
    const { scheduler } = this.#world;
    const { agent } = this.#host;
    return new Promise((resolve) => {
      let over = false;
      const steps: { cancel(): void }[] = [];
      const end = (ms: number, outcome: JobOutcome): void => {
        if (over) return;
        over = true;
        for (const each of steps) each.cancel();
        scheduler.after(ms, () => resolve(outcome), agent);
      };
      const cancelled = { ok: false, cancelled: true, failure: 'cancelled' } as const;
      if (signal.aborted) {
        end(0, cancelled);
        return;
      }
      const stop = this.#begin(job, {
        done: (failure) =>
          end(1, failure === undefined ? { ok: true } : { ok: false, cancelled: false, failure }),
        step: (ms, run) => void (over || steps.push(scheduler.after(ms, run, agent))),
      });
      signal.addEventListener('abort', () => {
        if (over) return;
        end(CANCEL, cancelled);
        stop();
      });
    });
  }

  #begin(job: JobSpec, calls: Pick<Parameters<typeof begin>[0], 'done' | 'step'>): () => void {
    const { instance, renamed, backup } = this;
    const owner = this.#host.agent;
    return begin({ instance, tools: this.#tools, owner, renamed, backup, ...calls }, job);
  }

  setSyncNames(names: SyncNames): Promise<void> {
    return this.#query(() => {
      this.#expectRunning();
      this.instance.setSyncNames(names);
    });
  }

  follow(source: Source | undefined): Promise<void> {
    return this.#query(() => {
      if (!this.running()) throw new Error('the server does not run');
      this.instance.receiver.follow(source);
    });
  }

  syncSlots(changes: readonly SlotChange[]): Promise<void> {
    return this.#query(() => {
      this.#expectRunning();
      for (const change of changes) changeSlot(this.instance.data, change);
      this.instance.touch();
    });
  }

  checkpoint(): Promise<void> {
    const { scheduler } = this.#world;
    const { agent } = this.#host;
    return new Promise((resolve, reject) => {
      const answer = (failure?: string): void => {
        const tell = failure === undefined ? resolve : () => reject(new Error(failure));
        scheduler.after(QUERY, tell, agent);
      };
      if (this.instance.postmaster.state !== 'running') answer('the server does not run');
      else this.instance.checkpoint(answer);
    });
  }

  finishBootstrap(): Promise<void> {
    return this.#query(() => {
      const { directory, data } = this.instance;
      if (directory === 'unfinished') this.instance.install('initialized', data);
    });
  }

  inspect(source: Source): Promise<SourceReport> {
    const { scheduler, links } = this.#world;
    const { agent } = this.#host;
    return new Promise((resolve) => {
      const fail = (failure: string): void => resolve({ ok: false, failure });
      scheduler.after(CONNECT_TIMEOUT, () => fail(`no answer from ${source.name}`), agent);
      const there = this.#world.serverOf(source.name)?.instance;
      const latency = links.latency(this.instance.name, source.name);
      if (there === undefined || latency === undefined) return;
      const reply = (): void => {
        const said = report(there);
        const back = links.latency(source.name, this.instance.name);
        if (back !== undefined) scheduler.after(back, () => resolve(said), agent);
      };
      scheduler.after(latency, reply, there.postmaster.process);
    });
  }

  /** A short command: done at once, and answered a little later. */
  #query(command: () => void): Promise<void> {
    let failure: unknown;
    try {
      command();
    } catch (error) {
      failure = error;
    }
    return delayed(this.#world.scheduler, QUERY, this.#host.agent, () => {
      if (failure !== undefined) throw failure;
    });
  }

  #expectRunning(): void {
    if (this.instance.postmaster.state !== 'running') throw new Error('the server does not run');
  }

  // What the guard does.

  /** SIGINT: from now on nobody writes. */
  fenceFast(): void {
    this.instance.postmaster.shutDown();
  }

  /** SIGKILL to all that is left. */
  fenceKill(): void {
    this.instance.postmaster.exit();
  }

  running(): boolean {
    return this.instance.postmaster.process !== undefined;
  }

  /** SIGKILL of the postmaster, and with it the end of all its processes. */
  kill(): void {
    this.instance.postmaster.exit();
  }

  // What the host does.

  /** Everything stands still; once more is too often. */
  freeze(): void {
    this.#system.freeze();
    this.instance.postmaster.process?.freeze();
  }

  thaw(): void {
    this.#system.thaw();
    this.instance.postmaster.process?.thaw();
  }

  /** The power goes out: nobody is told, and nothing that was flushed is lost. */
  crash(): void {
    this.#system.kill();
    this.#system = new Process(`${this.instance.name} system`);
    this.#tools.restart(this.#system);
    this.instance.postmaster.exit(true);
  }

  // What people and checkers do.

  /** A session that is open now could write. */
  acceptsWrites(): boolean {
    return this.instance.acceptsWrites;
  }

  /** A parameter that takes a restart gets another value in the configuration. */
  setParameter(name: string, change: ValueChange): void {
    this.instance.setParameter(name, change);
  }

  /** The truth, at once, whether or not it answers. */
  view(): PostgresView {
    const { version } = this.instance;
    if (this.#seen?.version !== version) this.#seen = { version, view: look(this.instance) };
    return this.#seen.view;
  }

  /** Bytes of WAL that its slots keep. */
  get pinnedBytes(): number {
    return this.instance.hasData ? pinnedBytes(this.instance.data) : 0;
  }
}
