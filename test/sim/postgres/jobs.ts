import type { JobSpec } from '../../../src/ha/job.ts';
import type { Source } from '../../../src/model/postgres.ts';
import type { Process } from '../process.ts';
import { wasStandby } from './data.ts';
import type { Instance } from './instance.ts';
import { bootstrap, clone, crashRecovery, restore, rewind, type Work } from './make.ts';
import type { Done } from './postmaster.ts';
import type { Toolbox } from './tools.ts';
import type { WalRecord } from './wal.ts';

/** One long operation, as an agent does it step by step. */
export interface Operation {
  readonly instance: Instance;
  readonly tools: Toolbox;
  /** The agent. When it is dead no further step is made. */
  readonly owner: Process;
  /** What renamed data directories ended with. */
  readonly renamed: WalRecord[];
  /** What a clone without a source gets. */
  readonly backup: WalRecord | undefined;
  readonly done: Done;
  /** Later, by the agent, unless the operation was cancelled. */
  readonly step: (ms: number, run: () => void) => void;
}

/** Begins it. The function that is returned stops what can be stopped. */
export function begin(operation: Operation, job: JobSpec): () => void {
  switch (job.kind) {
    case 'bootstrap':
    case 'clone':
    case 'rewind':
    case 'crash-recovery':
      return useTool(operation, job);
    case 'start':
      start(operation, job.as, job.from);
      break;
    case 'stop':
      stop(operation, job, operation.done);
      break;
    case 'restart':
      restart(operation, job.from);
      break;
    case 'promote':
      promote(operation, job.above);
      break;
    case 'copy-slots':
      copySlots(operation, job.from, job.names);
      break;
  }
  // With these the server goes on by itself, also when the agent has died or changed its mind.
  return () => undefined;
}

type ToolJob = JobSpec & { kind: 'bootstrap' | 'clone' | 'rewind' | 'crash-recovery' };

/** Milliseconds that a tool takes. */
const TAKES: Readonly<Record<ToolJob['kind'], readonly [number, number]>> = {
  bootstrap: [3_000, 8_000],
  clone: [2_000, 20_000],
  rewind: [1_000, 5_000],
  'crash-recovery': [1_000, 3_000],
};

function useTool(operation: Operation, job: ToolJob): () => void {
  const { instance, tools, owner, done } = operation;
  const [least, most] = TAKES[job.kind];
  const ms = instance.random.int(least, most);
  return tools.run({ kind: job.kind, owner, ms, ...workOf(operation, job) }, done);
}

function workOf({ instance, renamed, backup }: Operation, job: ToolJob): Work {
  switch (job.kind) {
    case 'bootstrap':
      return bootstrap(instance, renamed);
    case 'clone':
      return job.from === undefined
        ? restore(instance, backup, renamed)
        : clone(instance, job.from, renamed);
    case 'rewind':
      return rewind(instance, job.from);
    case 'crash-recovery':
      return crashRecovery(instance);
  }
}

function start(operation: Operation, as: 'primary' | 'standby', from: Source | undefined): void {
  const { instance, done } = operation;
  const refusal = startRefusal(operation, as);
  if (refusal !== undefined) {
    operation.step(50, () => done(refusal));
    return;
  }
  instance.postmaster.await('running', done);
  instance.postmaster.start(as, from);
  // One that waits for its source goes on doing so by itself.
  if (as === 'standby') operation.step(START_TIMEOUT, () => done('PostgreSQL is still starting'));
}

/** `pg_ctl_timeout`, in ms. */
const START_TIMEOUT = 60_000;

function startRefusal({ instance, tools }: Operation, as: 'primary' | 'standby') {
  if (instance.postmaster.process !== undefined) return 'the server runs already';
  if (tools.busy) return 'another program works on the data directory';
  if (instance.directory !== 'initialized') return `the data directory is ${instance.directory}`;
  if (as === 'standby') return undefined;
  // Without a promotion it would go on with the timeline that others write to.
  if (wasStandby(instance.data.controlState)) return 'the directory is that of a standby';
  return instance.data.backupLabel ? 'the directory is a copy that was never started' : undefined;
}

type StopJob = JobSpec & { readonly kind: 'stop' };

function stop({ instance, step }: Operation, job: Omit<StopJob, 'kind'>, done: Done): void {
  const { postmaster } = instance;
  if (postmaster.process === undefined) {
    step(5, done);
    return;
  }
  postmaster.await('gone', done);
  const { process } = postmaster;
  const stopIt = (): void => postmaster.shutDown();
  const killIt = (): void => {
    if (postmaster.process === process) postmaster.exit();
  };
  if (job.mode === 'immediate') step(20, killIt);
  else if (!job.checkpoint || postmaster.state !== 'running') stopIt();
  else instance.checkpoint(() => step(1, stopIt));
  if (job.limit !== undefined) step(job.limit * 1000, killIt);
}

function restart(operation: Operation, from: Source | undefined): void {
  const { instance, step, done } = operation;
  if (!instance.hasData) {
    step(5, () => done('there is no cluster'));
    return;
  }
  const as = instance.postmaster.role;
  const gently = { mode: 'fast', checkpoint: as === 'primary', limit: undefined } as const;
  stop(operation, gently, () => step(10, () => start(operation, as, from)));
}

function promote({ instance, step, done }: Operation, above: number): void {
  if (!instance.replicates && !instance.postmaster.promoting) {
    step(5, () => done('the server is not a running standby'));
    return;
  }
  instance.postmaster.await('promoted', done);
  instance.postmaster.promote(above);
}

/** Slot files are copied while the standby is down. */
function copySlots(operation: Operation, from: Source, names: readonly string[]): void {
  const { instance, step, done } = operation;
  const source = instance.reach(from);
  const found = names.map((name) => source?.data.slots.get(name));
  if (!instance.replicates || found.some((slot) => slot === undefined)) {
    step(100, () => done(`cannot copy slots from ${from.name}`));
    return;
  }
  const copies = found.flatMap((slot) =>
    slot === undefined ? [] : [{ ...slot, usedBy: undefined }],
  );
  const gently = { mode: 'fast', checkpoint: false, limit: undefined } as const;
  stop(operation, gently, () => {
    for (const slot of copies) instance.data.slots.set(slot.name, slot);
    step(10, () => start(operation, 'standby', instance.data.source));
  });
}
