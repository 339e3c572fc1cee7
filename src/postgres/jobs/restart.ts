import { existsSync } from 'node:fs';
import type { JobSpec } from '../../ha/job.ts';
import { confFiles, dataVersion } from '../conf/conf-files.ts';
import { fail, type JobRun } from './context.ts';
import { roleOf, startWith } from './start.ts';
import { stopQuietly } from './stop.ts';

/** Stops the server and starts it in the role that it had. */
export async function restart(
  { from }: JobSpec & { readonly kind: 'restart' },
  run: JobRun,
): Promise<void> {
  const config = run.config();
  if ((await dataVersion(config.dataDir)) === undefined) fail('there is no cluster');
  const as = existsSync(confFiles(config).standbySignal) ? 'standby' : 'primary';
  await stopQuietly({ mode: 'fast', checkpoint: as === 'primary', limit: undefined }, run);
  await startWith({ as, from }, run, () => {
    run.callbacks.call('on_restart', roleOf(as, from));
  });
}
