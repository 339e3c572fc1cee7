import type { JobOutcome, JobSpec } from '../../ha/job.ts';
import { bootstrap } from './bootstrap.ts';
import type { JobContext, JobRun } from './context.ts';
import { clone } from './copy/clone.ts';
import { crashRecovery } from './crash-recovery.ts';
import { promote } from './promote.ts';
import { restart } from './restart.ts';
import { rewind } from './rewind.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';

/** A long operation that is done here; slots are copied elsewhere. */
export type ServerJob = Exclude<JobSpec, { readonly kind: 'copy-slots' }>;

/**
 * Does a long operation to its end. Aborted, it stops at the next safe point and says `cancelled`:
 * tools are ended with all that they started; a server that was told to start, to stop or to become
 * a primary goes on by itself. Never rejects.
 */
export async function runJob(
  spec: ServerJob,
  signal: AbortSignal,
  context: JobContext,
): Promise<JobOutcome> {
  try {
    await doJob(spec, { ...context, signal });
    return { ok: true };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { ok: false, cancelled: signal.aborted, failure };
  }
}

function doJob(spec: ServerJob, run: JobRun): Promise<void> {
  const { configuration } = run;
  switch (spec.kind) {
    case 'start':
      return start(spec, run);
    case 'stop':
      return stop(spec, run);
    case 'restart':
      return restart(spec, run);
    case 'promote':
      return promote(spec, run);
    case 'bootstrap':
      return configuration.hold(() => bootstrap(run));
    case 'clone':
      return configuration.hold(() => clone(spec, run));
    case 'crash-recovery':
      return configuration.hold(() => crashRecovery(run));
    case 'rewind':
      return configuration.hold(() => rewind(spec, run));
  }
}
