import { isDeepStrictEqual } from 'node:util';
import type { Job, JobOutcome, JobSpec } from '../ha/job.ts';
import type { AgentClock, Server } from './ports.ts';

/** What the jobs need of their agent. */
export interface JobsContext {
  readonly server: Server;
  readonly clock: AgentClock;
  /** Why this job must not begin now; undefined: it may. */
  readonly forbids: (spec: JobSpec) => string | undefined;
  readonly ended: () => void;
}

/** The one long operation on PostgreSQL: never two at a time. */
export class Jobs {
  readonly #context: JobsContext;
  #current: Job | undefined;
  #abort = new AbortController();
  /** Begins when the one that was aborted for it has ended. */
  #next: JobSpec | undefined;

  constructor(context: JobsContext) {
    this.#context = context;
  }

  /** The job that runs, or the last one, until it is forgotten. */
  get current(): Job | undefined {
    return this.#current;
  }

  get promoting(): boolean {
    return this.#next?.kind === 'promote' || (this.#running && this.#isNow('promote'));
  }

  get #running(): boolean {
    return this.#current !== undefined && this.#current.outcome === undefined;
  }

  #isNow(kind: JobSpec['kind']): boolean {
    return this.#current?.spec.kind === kind;
  }

  /**
   * Begins a job and returns at once; with `preempt` after the one that runs, which is aborted.
   * Returns why it does not, or undefined.
   */
  start(spec: JobSpec, preempt: boolean): string | undefined {
    if (!this.#running) return this.#begin(spec);
    if (!preempt) return `${this.#current?.spec.kind} is running`;
    // What is being done already is not begun anew with every tick.
    if (this.#next === undefined && isDeepStrictEqual(this.#current?.spec, spec)) return undefined;
    this.#next = spec;
    this.#abort.abort();
    return undefined;
  }

  /** Aborts the running job, if any, and whatever was to come after it. */
  cancel(): void {
    this.#next = undefined;
    if (this.#running) this.#abort.abort();
  }

  /** Forgets this job, which has ended and was looked at; another one since then stays. */
  forget(job: Job | undefined): void {
    if (job?.outcome !== undefined && this.#current === job) this.#current = undefined;
  }

  #begin(spec: JobSpec): string | undefined {
    const forbidden = this.#context.forbids(spec);
    if (forbidden !== undefined) return forbidden;
    this.#abort = new AbortController();
    this.#current = { spec, startedAt: this.#context.clock.monotonic(), outcome: undefined };
    void this.#run(this.#current, this.#abort.signal);
    return undefined;
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    this.#end(job, await outcomeOf(this.#context.server, job.spec, signal));
  }

  #end(job: Job, outcome: JobOutcome): void {
    this.#current = { ...job, outcome };
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) {
      const failure = this.#begin(next);
      // It was promised to a tick that is over: that it was not begun is its outcome.
      if (failure !== undefined) this.#current = refused(next, job.startedAt, failure);
    }
    this.#context.ended();
  }
}

function refused(spec: JobSpec, startedAt: number, failure: string): Job {
  return { spec, startedAt, outcome: { ok: false, cancelled: false, failure } };
}

/** An error that a job dies of is its outcome too: the rules deal with it. */
async function outcomeOf(server: Server, spec: JobSpec, signal: AbortSignal): Promise<JobOutcome> {
  try {
    return await server.run(spec, signal);
  } catch (error) {
    return { ok: false, cancelled: signal.aborted, failure: String(error) };
  }
}
