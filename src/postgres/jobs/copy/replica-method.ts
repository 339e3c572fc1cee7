import type { ReplicaMethod } from '../../../model/postgres-config.ts';
import { fail, type JobRun } from '../context.ts';
import { runHook } from '../hooks/run-hook.ts';
import type { CopySource } from './base-backup.ts';

/**
 * Makes a copy with a program of the configuration, which gets the arguments that Patroni's manual
 * promises ("Building replicas"). Ends the job when it fails.
 */
export async function runReplicaMethod(
  method: ReplicaMethod,
  source: CopySource | undefined,
  run: JobRun,
): Promise<void> {
  const { scope, dataDir } = run.config();
  const ours = { scope, role: 'replica', datadir: dataDir, connstring: source?.conninfo ?? '' };
  const args = { ...method.arguments, ...(method.noParams ? {} : { ...flags(method), ...ours }) };
  const failure = await runHook({
    what: `replica method ${method.name}`,
    command: method.command,
    args: Object.entries(args).map(([name, value]) => `--${name}=${value}`),
    ...(source ? { env: source.env } : {}),
    signal: run.signal,
    log: run.log,
  });
  if (failure !== undefined) fail(failure);
}

/** Patroni passes these keys on as well, and programs take them for granted. */
function flags({ noLeader, keepData }: ReplicaMethod): Record<string, string> {
  return { ...(noLeader ? { no_leader: '1' } : {}), ...(keepData ? { keep_data: 'True' } : {}) };
}
