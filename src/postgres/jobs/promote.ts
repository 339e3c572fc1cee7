import { setTimeout as delay } from 'node:timers/promises';
import type { JobSpec } from '../../ha/job.ts';
import { SqlError } from '../sql.ts';
import { fail, type JobRun, stopIfCancelled } from './context.ts';
import { runHook } from './hooks/run-hook.ts';
import { removeFiles, reserveTimelines } from './placeholders.ts';

type PromoteJob = JobSpec & { readonly kind: 'promote' };

const ANSWER_MS = 5000;
/** PostgreSQL tells nobody when it is done; a promotion takes some 20 ms when nothing is to do. */
const FIRST_PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 50;

/** Makes the standby a primary, and ends when it is one. */
export async function promote(spec: PromoteJob, run: JobRun): Promise<void> {
  const { log, signal } = run;
  if (!(await inRecovery(run))) fail('the server is not a running standby');
  const { dataDir, prePromote } = run.config();
  if (prePromote !== undefined) {
    const failure = await runHook({ what: 'pre_promote', command: prePromote, signal, log });
    if (failure !== undefined) fail(failure);
  }
  const own = await ownTimeline(run);
  const placed = await reserveTimelines(dataDir, { own, above: spec.above });
  const forbidden = signal.aborted ? 'cancelled' : run.forbids(spec);
  if (forbidden !== undefined) {
    await removeFiles(placed);
    fail(forbidden);
  }
  await tell(run, placed);
  await waitUntilPrimary(run);
  run.callbacks.call('on_role_change', 'primary');
  // The new primary does not wait for what its files say of the time before.
  run.configuration.afterPromotion().catch((error: unknown) => {
    log(`after the promotion: ${String(error)}`);
  });
}

async function tell({ session }: JobRun, placed: readonly string[]): Promise<void> {
  try {
    await session.query('SELECT pg_catalog.pg_promote(false)', { timeoutMs: ANSWER_MS });
  } catch (error) {
    // A standby it remains may have to follow a timeline that a placeholder stands for. Without an
    // answer it may be promoted all the same, and then needs them.
    if (error instanceof SqlError && error.sqlstate !== undefined) await removeFiles(placed);
    throw error;
  }
}

async function waitUntilPrimary(run: JobRun): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (await inRecovery(run)) {
    stopIfCancelled(run);
    await delay(pause);
    pause = Math.min(pause * 1.1, LONGEST_PAUSE_MS);
  }
}

/** Rejects when the server does not answer: it may have ended. */
async function inRecovery({ session }: JobRun): Promise<boolean> {
  const [rows] = await session.query('SELECT pg_catalog.pg_is_in_recovery() AS standby', {
    timeoutMs: ANSWER_MS,
  });
  return rows?.[0]?.standby === true;
}

async function ownTimeline({ session }: JobRun): Promise<number> {
  const text = `
    SELECT greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli) AS timeline
      FROM pg_catalog.pg_control_checkpoint() c, pg_catalog.pg_control_recovery() r
      LEFT JOIN pg_catalog.pg_stat_get_wal_receiver() w ON true`;
  const [rows] = await session.query(text, { timeoutMs: ANSWER_MS });
  return Number(rows?.[0]?.timeline ?? 1);
}
