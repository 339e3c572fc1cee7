import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobSpec } from '../../ha/job.ts';
import type { Source } from '../../model/postgres.ts';
import { dataVersion } from '../conf/conf-files.ts';
import { type ControlData, readControlData } from '../control-data.ts';
import { readPidFile } from '../postmaster.ts';
import { findProcess, isAlive, type ProcessIdentity } from '../process-table.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import type { CallbackRole, Callbacks } from './hooks/callbacks.ts';
import { lastLines } from './hooks/run-hook.ts';
import { clearPlaceholders } from './placeholders.ts';

type StartJob = JobSpec & { readonly kind: 'start' };

/** Starts the server, tells the callbacks, and ends when it takes connections. */
export async function start(spec: StartJob, run: JobRun): Promise<void> {
  try {
    await startQuietly(spec, run);
  } catch (error) {
    if (spec.as === 'primary' && !run.signal.aborted) letGo(run);
    throw error;
  }
  const role = roleOf(spec.as, spec.from);
  run.callbacks.call(startEvent(run.callbacks.role, role), role);
}

/** The same without a word to the callbacks. */
export async function startQuietly(spec: Omit<StartJob, 'kind'>, run: JobRun): Promise<void> {
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
  await waitUntilReady(await run.server.launch(options), run);
  try {
    await run.configuration.afterStart();
  } catch (error) {
    // It runs: what it cannot be asked now is not the job's failure.
    run.log(`after the start: ${String(error)}`);
  }
}

/** Whatever follows the primary around must let go of a node that cannot be one. */
function letGo({ callbacks }: JobRun): void {
  const { role } = callbacks;
  if (role === 'primary' || role === 'standby_leader') callbacks.call('on_role_change', 'demoted');
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
  if (await run.server.find()) fail('the server runs already');
  const pidFile = await readPidFile(dataDir);
  if (pidFile?.standalone && findProcess(pidFile.pid)?.name === 'postgres') {
    fail('another program works on the data directory');
  }
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

const STANDBY_STATES: readonly string[] = ['shut down in recovery', 'in archive recovery'];

/** The timeline that these data have come to. */
export function timelineOf({ checkpointTimeline, minRecoveryTimeline }: ControlData): number {
  return Math.max(checkpointTimeline, minRecoveryTimeline);
}

const FIRST_LOOK_MS = 10;
const LONGEST_PAUSE_MS = 200;

/**
 * Resolves when the postmaster takes connections. It ends the job when it has ended, or is still at
 * it after `pg_ctl_timeout`: a server that waits for its source may have to be told of another.
 */
export async function waitUntilReady(postmaster: ProcessIdentity, run: JobRun): Promise<void> {
  const { dataDir, pgCtlTimeout } = run.config();
  const deadline = performance.now() + pgCtlTimeout * 1000;
  let pause = FIRST_LOOK_MS;
  for (;;) {
    const pidFile = await readPidFile(dataDir);
    if (pidFile?.pid === postmaster.pid && pidFile.status === 'ready') return;
    if (!isAlive(postmaster)) fail(await whyItEnded(run));
    stopIfCancelled(run);
    if (performance.now() > deadline) fail(`PostgreSQL is still starting after ${pgCtlTimeout} s`);
    await delay(pause);
    pause = Math.min(pause * 1.2, LONGEST_PAUSE_MS);
  }
}

async function whyItEnded({ server, log }: JobRun): Promise<string> {
  const lines = lastLines(await server.logTail());
  for (const line of lines) log(`postgres: ${line}`);
  const fatal = lines.findLast((line) => /\b(?:FATAL|PANIC): /.test(line));
  const reason = fatal?.replace(/^.*?\b(?:FATAL|PANIC): +/, '');
  return reason === undefined ? 'PostgreSQL did not start' : `PostgreSQL did not start: ${reason}`;
}
