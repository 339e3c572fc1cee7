import { existsSync } from 'node:fs';
import type { JobSpec } from '../../ha/job.ts';
import { confFiles } from '../conf/conf-files.ts';
import { connect } from '../connect.ts';
import { readPidFile } from '../postmaster.ts';
import {
  childrenOf,
  isAlive,
  type ProcessIdentity,
  signalProcess,
  waitForExit,
} from '../process-table.ts';
import { localTarget } from '../session.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import type { CallbackRole } from './hooks/callbacks.ts';
import { runHook } from './hooks/run-hook.ts';
import { killOrphans } from './server-processes.ts';

export type StopSpec = Omit<JobSpec & { readonly kind: 'stop' }, 'kind'>;

/** A checkpoint that took longer has left much to do for the one of the shutdown. */
const LONG_CHECKPOINT_MS = 500;
/** PostgreSQL itself kills what has not ended 5 s after an immediate shutdown began. */
const IMMEDIATE_MS = 10_000;

/** Stops the server, tells the callbacks, and ends when no process of it is left. */
export async function stop(spec: StopSpec, run: JobRun): Promise<void> {
  if (await stopQuietly(spec, run)) run.callbacks.call('on_stop', presentRole(run));
}

/** The same without a word to the callbacks; true when there was something to stop. */
export async function stopQuietly(spec: StopSpec, run: JobRun): Promise<boolean> {
  const postmaster = await run.server.find();
  if (postmaster === undefined) {
    await endOrphans(run);
    return false;
  }
  if (spec.checkpoint) await checkpoint(run, spec.limit);
  const { beforeStop } = run.config();
  // What is stopped at once may write beside a new primary: no program comes before that.
  if (beforeStop !== undefined && spec.mode === 'fast') {
    const { signal, log } = run;
    await runHook({ what: 'before_stop', command: beforeStop, signal, log });
  }
  stopIfCancelled(run);
  await shutDown(postmaster, spec, run);
  await endOrphans(run);
  run.session.close();
  return true;
}

/**
 * Writes the dirty pages while clients still work; twice when it took long, so that little is left
 * for the shutdown. What fails here is left for the shutdown too.
 */
async function checkpoint(run: JobRun, limit: number | undefined): Promise<void> {
  const config = run.config();
  const pidFile = await readPidFile(config.dataDir);
  if (pidFile?.status !== 'ready') return;
  const timeoutMs = limit === undefined ? MAX_TIMER_MS : limit * 1000;
  try {
    const target = localTarget(config, pidFile);
    const connection = await connect({ ...target, timeoutMs: 3000 });
    const close = (): void => connection.close();
    run.signal.addEventListener('abort', close, { once: true });
    try {
      const begun = performance.now();
      await connection.query('CHECKPOINT', { timeoutMs });
      const took = performance.now() - begun;
      if (took > LONG_CHECKPOINT_MS) await connection.query('CHECKPOINT', { timeoutMs });
    } finally {
      run.signal.removeEventListener('abort', close);
      close();
    }
  } catch (error) {
    run.log(`checkpoint before the stop: ${String(error)}`);
  }
}

/** The longest that Node's timers take; weeks. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Fast, then immediate, then by force; each step gets `limit`. */
async function shutDown(
  postmaster: ProcessIdentity,
  { mode, limit }: StopSpec,
  run: JobRun,
): Promise<void> {
  const { signal } = run;
  const timeoutMs = limit === undefined ? {} : { timeoutMs: limit * 1000 };
  if (mode === 'fast') {
    const processes = [postmaster, ...childrenOf(postmaster)];
    signalProcess(postmaster, 'SIGINT');
    if (await waitForExit(processes, { ...timeoutMs, signal })) return;
    stopIfCancelled(run);
    run.log(`PostgreSQL did not stop in ${limit} s: immediate shutdown`);
  }
  const processes = [postmaster, ...childrenOf(postmaster)];
  signalProcess(postmaster, 'SIGQUIT');
  if (await waitForExit(processes, { timeoutMs: IMMEDIATE_MS, ...timeoutMs, signal })) return;
  stopIfCancelled(run);
  run.log('PostgreSQL did not stop at once: it is killed');
  if (!(await kill(postmaster))) fail('PostgreSQL cannot be killed');
}

/** Without a postmaster nobody ends the rest. */
async function endOrphans(run: JobRun): Promise<void> {
  if (!(await killOrphans(run.config().dataDir))) fail('processes of PostgreSQL cannot be killed');
}

/** SIGKILL to the postmaster and all its processes; true when they are gone. */
async function kill(postmaster: ProcessIdentity): Promise<boolean> {
  // Stopped first, it starts no process that would be overlooked.
  signalProcess(postmaster, 'SIGSTOP');
  const processes = [postmaster, ...childrenOf(postmaster)];
  for (const each of processes) signalProcess(each, 'SIGKILL');
  return (await waitForExit(processes, { timeoutMs: IMMEDIATE_MS })) || !processes.some(isAlive);
}

/** The role that callbacks know, or that the data directory says. */
function presentRole({ callbacks, config }: JobRun): CallbackRole {
  const standby = existsSync(confFiles(config()).standbySignal);
  return callbacks.role ?? (standby ? 'replica' : 'primary');
}

const AT_ONCE = { mode: 'immediate', checkpoint: false, limit: undefined } as const;

/**
 * Ends whatever runs on the data directory, at once, for a job that makes it anew. It is done also
 * when the job was cancelled: nothing may be left at work there.
 */
export async function stopAtOnce(run: JobRun): Promise<void> {
  await stop(AT_ONCE, { ...run, signal: new AbortController().signal });
}

/** The same without a word to the callbacks. */
export async function stopAtOnceQuietly(run: JobRun): Promise<void> {
  await stopQuietly(AT_ONCE, { ...run, signal: new AbortController().signal });
}
