import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobSpec } from '../../ha/job.ts';
import type { Source } from '../../model/postgres.ts';
import { dataVersion } from '../conf/conf-files.ts';
import { type ControlData, readControlData } from '../control-data.ts';
import { readPidFile } from '../postmaster.ts';
import { findProcess, isAlive, type ProcessIdentity, waitForExit } from '../process-table.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import type { CallbackRole, Callbacks } from './hooks/callbacks.ts';
import { lastLines } from './hooks/run-hook.ts';
import { clearPlaceholders } from './placeholders.ts';
import { killOrphans } from './server-processes.ts';

type StartJob = JobSpec & { readonly kind: 'start' };

/** Starts the server, tells the callbacks, and ends when it takes connections. */
export async function start(spec: StartJob, run: JobRun): Promise<void> {
  const { callbacks } = run;
  const role = roleOf(spec.as, spec.from);
  try {
    await startWith(spec, run, () => callbacks.call(startEvent(callbacks.role, role), role));
  } catch (error) {
    const { role: before } = callbacks;
    const gone = !run.signal.aborted && (await run.server.find()) === undefined;
    // Whatever follows the primary around must let go of a node that cannot be one.
    if (gone && (before === 'primary' || before === 'standby_leader')) {
      callbacks.call('on_role_change', 'demoted');
    }
    throw error;
  }
}

/** The same without a word to the callbacks. */
export function startQuietly(spec: Omit<StartJob, 'kind'>, run: JobRun): Promise<void> {
  return startWith(spec, run, () => {});
}

/**
 * Starts the server, and calls `announce` when it takes connections: before the job ends, or some
 * time after a job that did not wait so long.
 */
export async function startWith(
  spec: Omit<StartJob, 'kind'>,
  run: JobRun,
  announce: () => void,
): Promise<void> {
  const control = await checkStart(spec.as, run);
  const standby = spec.as === 'standby';
  if (standby && control) await clearPlaceholders(run.config().dataDir, timelineOf(control));
  const options = await run.configuration.prepareStart({
    role: spec.as,
    from: spec.from,
    controlFile: standby ? control?.settings : undefined,
  });
  stopIfCancelled(run);
  const forbidden = run.forbids({ kind: 'start', ...spec });
  if (forbidden !== undefined) fail(forbidden);
  run.session.close();
  const postmaster = await run.server.launch(options);
  // A standby that waits for its source may have to be told of another; a primary only recovers.
  const { pgCtlTimeout } = run.config();
  try {
    await waitUntilReady(postmaster, run, standby ? pgCtlTimeout : Number.POSITIVE_INFINITY);
  } catch (error) {
    void whenReady(postmaster, run, announce);
    throw error;
  }
  await settle(run);
  announce();
}

/** Without a job: a server that was told to start goes on by itself. */
async function whenReady(
  postmaster: ProcessIdentity,
  run: JobRun,
  announce: () => void,
): Promise<void> {
  while (isAlive(postmaster)) {
    if (await isReady(postmaster, run)) {
      await settle(run);
      announce();
      return;
    }
    await delay(UNATTENDED_MS, undefined, { ref: false });
  }
}

async function settle({ configuration, log }: JobRun): Promise<void> {
  try {
    await configuration.afterStart();
  } catch (error) {
    // It runs: what it cannot be asked now is nobody's failure.
    log(`after the start: ${String(error)}`);
  }
}

/** The role as callbacks are told it; who follows another cluster leads a standby cluster. */
export function roleOf(as: 'primary' | 'standby', from: Source | undefined): CallbackRole {
  if (as === 'primary') return 'primary';
  return from?.name === '' ? 'standby_leader' : 'replica';
}

/** A server that comes back as something else has changed its role (Patroni: follow). */
function startEvent(before: CallbackRole | undefined, role: CallbackRole) {
  const changed = before !== undefined && before !== role && role !== 'primary';
  return changed ? 'on_role_change' : 'on_start';
}

/** Tells the callbacks that a running standby was pointed elsewhere (Patroni: follow). */
export function tellFollow(callbacks: Callbacks, from: Source | undefined): void {
  const role = roleOf('standby', from);
  const changed = callbacks.role !== undefined && callbacks.role !== role;
  callbacks.call(changed ? 'on_role_change' : 'on_reload', role);
}

/** Ends the job where the data must not be started so; else what their control file says. */
async function checkStart(as: StartJob['as'], run: JobRun): Promise<ControlData | undefined> {
  const config = run.config();
  const { dataDir } = config;
  const running = await run.server.find();
  // One that was killed takes a moment to go.
  if (running && !(await waitForExit([running], { timeoutMs: DYING_MS }))) {
    fail('the server runs already');
  }
  const pidFile = await readPidFile(dataDir);
  if (pidFile?.standalone && findProcess(pidFile.pid)?.name === 'postgres') {
    fail('another program works on the data directory');
  }
  // Sessions of a postmaster that was killed would keep a new one from starting.
  if (!(await killOrphans(dataDir))) fail('processes of PostgreSQL cannot be killed');
  if (run.markers.has('rewinding')) fail('the data directory is half-rewound');
  if (run.markers.has('bootstrapping')) fail('the data directory is unfinished');
  if ((await dataVersion(dataDir)) === undefined) fail('there is no cluster in the data directory');
  const control = await readControlData(config, dataDir);
  if (!control.ok) run.log(control.failure);
  if (as === 'standby') return control.ok ? control.data : undefined;
  if (!control.ok) fail(control.failure);
  // Without a promotion it would go on with the timeline that others write to.
  if (STANDBY_STATES.includes(control.data.state)) fail('the directory is that of a standby');
  if (existsSync(join(dataDir, 'backup_label'))) {
    fail('the directory is a copy that was never started');
  }
  return control.data;
}

const DYING_MS = 1000;

const STANDBY_STATES: readonly string[] = ['shut down in recovery', 'in archive recovery'];

/** The timeline that these data have come to. */
function timelineOf({ checkpointTimeline, minRecoveryTimeline }: ControlData): number {
  return Math.max(checkpointTimeline, minRecoveryTimeline);
}

const FIRST_LOOK_MS = 5;
const LONGEST_PAUSE_MS = 200;
const UNATTENDED_MS = 1000;

/** Resolves when the postmaster takes connections; ends the job when it has ended, or in time. */
export async function waitUntilReady(
  postmaster: ProcessIdentity,
  run: JobRun,
  limit: number,
): Promise<void> {
  const deadline = performance.now() + limit * 1000;
  let pause = FIRST_LOOK_MS;
  while (!(await isReady(postmaster, run))) {
    if (!isAlive(postmaster)) fail(await whyItEnded(run));
    stopIfCancelled(run);
    if (performance.now() > deadline) fail(`PostgreSQL is still starting after ${limit} s`);
    await delay(pause);
    pause = Math.min(pause * 1.2, LONGEST_PAUSE_MS);
  }
}

async function isReady({ pid }: ProcessIdentity, run: JobRun): Promise<boolean> {
  const pidFile = await readPidFile(run.config().dataDir);
  return pidFile?.pid === pid && pidFile.status === 'ready';
}

async function whyItEnded({ server, log }: JobRun): Promise<string> {
  const lines = lastLines(await server.logTail());
  for (const line of lines) log(`postgres: ${line}`, 'warning');
  const fatal = lines.findLast((line) => /\b(?:FATAL|PANIC): /.test(line));
  const reason = fatal?.replace(/^.*?\b(?:FATAL|PANIC): +/, '');
  return reason === undefined ? 'PostgreSQL did not start' : `PostgreSQL did not start: ${reason}`;
}
