import type { JobOutcome, JobSpec } from '../../../../src/ha/job.ts';
import type { PostgresView, Source, SyncNames } from '../../../../src/model/postgres.ts';
import { Links } from '../../../sim/links.ts';
import { SimPostgres } from '../../../sim/postgres/sim-postgres.ts';
import { type CommitId, hasCommit } from '../../../sim/postgres/wal.ts';
import { Process } from '../../../sim/process.ts';
import { Random } from '../../../sim/random.ts';
import { Scheduler } from '../../../sim/scheduler.ts';

export interface RigOptions {
  readonly seed?: number;
  readonly walKeep?: number;
}

/** A server, its agent, and what its clients were told. */
export interface Place {
  readonly name: string;
  agent: Process;
  readonly server: SimPostgres;
  readonly acked: CommitId[];
  readonly failed: CommitId[];
}

/** Servers `a`, `b`, `c` without anybody who decides: the test does what an agent would do. */
export class Rig {
  readonly scheduler = new Scheduler();
  readonly links = new Links(new Random(1));
  readonly a: Place;
  readonly b: Place;
  readonly c: Place;
  readonly #cuts: (() => void)[] = [];

  constructor({ seed = 1, ...rest }: RigOptions = {}) {
    const random = new Random(seed);
    const make = (name: string): Place => {
      const host = { name, agent: new Process(`${name} agent`) };
      const server = new SimPostgres({ host, random: random.fork(name), world: this, ...rest });
      const place: Place = Object.assign(host, { server, acked: [], failed: [] });
      server.instance.on.ack = (commit) => place.acked.push(commit);
      server.instance.on.fail = (commit) => place.failed.push(commit);
      return place;
    };
    this.a = make('a');
    this.b = make('b');
    this.c = make('c');
  }

  serverOf(name: string): SimPostgres | undefined {
    return [this.a, this.b, this.c].find((place) => place.name === name)?.server;
  }

  pass(ms: number): Promise<void> {
    return this.scheduler.runUntil(this.scheduler.now + ms);
  }

  /** The result of something that takes simulated time, at most a minute. */
  async result<T>(promise: Promise<T>): Promise<T> {
    let end: { readonly value: T } | { readonly error: unknown } | undefined;
    promise.then(
      (value) => {
        end = { value };
      },
      (error: unknown) => {
        end = { error };
      },
    );
    for (let waited = 0; end === undefined && waited < 60_000; waited += 10) await this.pass(10);
    if (end === undefined) throw new Error('no result within a minute');
    if ('error' in end) throw end.error;
    return end.value;
  }

  begin({ server }: Place, job: JobSpec): Promise<JobOutcome> {
    return server.run(job, new AbortController().signal);
  }

  job(place: Place, job: JobSpec): Promise<JobOutcome> {
    return this.result(this.begin(place, job));
  }

  /** As `job`; an error when it fails. */
  async good(place: Place, job: JobSpec): Promise<void> {
    const outcome = await this.job(place, job);
    if (!outcome.ok) throw new Error(`${job.kind} on ${place.name}: ${outcome.failure}`);
  }

  look({ server }: Place): Promise<PostgresView> {
    return this.result(server.observe());
  }

  /** A new cluster with a primary on `a`. */
  async primary(): Promise<void> {
    await this.good(this.a, { kind: 'bootstrap' });
    await this.result(this.a.server.finishBootstrap());
    await this.good(this.a, { kind: 'start', as: 'primary', from: undefined });
  }

  /** A copy of `from`, which streams from it. */
  async standby(place: Place, from: Place): Promise<void> {
    await this.good(place, { kind: 'clone', from: source(from) });
    await this.good(place, { kind: 'start', as: 'standby', from: source(from) });
    await this.pass(100);
  }

  /** A primary on `a`; `b` and `c` stream from it. */
  async cluster(): Promise<void> {
    await this.primary();
    await this.standby(this.b, this.a);
    await this.standby(this.c, this.a);
  }

  /** A primary on `b`; `a` was shut down with a commit that nobody else has. */
  async diverged(): Promise<void> {
    await this.cluster();
    this.cut(this.a, this.b);
    this.cut(this.a, this.c);
    this.a.server.instance.commit(1);
    await this.good(this.a, STOP);
    this.heal();
    await this.good(this.b, PROMOTE);
  }

  /** Cuts both directions; undone by the function that is returned, or by `heal`. */
  cut(one: Place, other: Place): () => void {
    const undo = [this.links.cut(one.name, other.name), this.links.cut(other.name, one.name)];
    this.#cuts.push(...undo);
    return () => {
      for (const end of undo) end();
    };
  }

  heal(): void {
    for (const end of this.#cuts) end();
  }

  /** The agent is killed, and another one started. */
  replaceAgent(place: Place): void {
    place.agent.kill();
    place.agent = new Process(`${place.name} agent`);
  }
}

export function source({ name }: Place, slot?: string): Source {
  const connUrl = `postgres://${name}:5432/postgres`;
  return slot === undefined ? { name, connUrl } : { name, connUrl, slot };
}

/** True when the server's branch has this commit. */
export function has({ server }: Place, commit: CommitId): boolean {
  return hasCommit(server.instance.data.flushed, commit);
}

export function first(count: number, ...names: string[]): SyncNames {
  return { kind: 'first', count, names };
}

export function any(count: number, ...names: string[]): SyncNames {
  return { kind: 'any', count, names };
}

export const STOP = { kind: 'stop', mode: 'fast', checkpoint: false, limit: undefined } as const;
export const PROMOTE = { kind: 'promote', above: 0 } as const;
export const AS_PRIMARY = { kind: 'start', as: 'primary', from: undefined } as const;
export const AS_STANDBY = { kind: 'start', as: 'standby', from: undefined } as const;
