import type { JobSpec } from '../../ha/job.ts';
import type { BootstrapConfig, PostgresConfig } from '../../model/postgres-config.ts';
import type { Configuration } from '../conf/configuration.ts';
import type { Markers } from '../markers.ts';
import type { LocalSession } from '../session.ts';
import type { Callbacks } from './hooks/callbacks.ts';
import type { ServerProcess } from './server-process.ts';

/** Takes a line; by default one that everybody reads. */
export type JobLog = (line: string, level?: 'debug' | 'info' | 'warning') => void;

/** What jobs work with. */
export interface JobContext {
  readonly config: () => PostgresConfig;
  readonly bootstrap: () => BootstrapConfig;
  readonly configuration: Configuration;
  readonly server: ServerProcess;
  readonly session: LocalSession;
  readonly markers: Markers;
  readonly callbacks: Callbacks;
  readonly log: JobLog;
  /**
   * Asked in the moment before the server may become a primary: why it must not, since the job may
   * have waited long. Undefined: it may.
   */
  readonly forbids: (spec: JobSpec) => string | undefined;
}

/** One run of a job. */
export interface JobRun extends JobContext {
  /** Aborted: stop at the next safe point. */
  readonly signal: AbortSignal;
}

/** Why a job came to nothing, in one sentence. */
class JobFailure extends Error {
  override readonly name = 'JobFailure';
}

/** Ends the job with this sentence. */
export function fail(why: string): never {
  throw new JobFailure(why);
}

/** Ends a job that was cancelled: to be called at safe points. */
export function stopIfCancelled({ signal }: JobRun): void {
  if (signal.aborted) fail('cancelled');
}
