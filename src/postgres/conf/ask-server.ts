import { setTimeout as delay } from 'node:timers/promises';
import type { ValueChange } from '../../model/member.ts';
import type { LocalSession } from '../session.ts';
import { PENDING_RESTART, type PendingRow, pendingChanges } from './pending-restart.ts';

/** The session that short questions are asked on. */
export type Asked = Pick<LocalSession, 'query'>;

/** Answers take milliseconds, unless the server stands still. */
const ANSWER_MS = 3000;

/** The value of a parameter that is in effect in a new query. */
export async function currentSetting(session: Asked, name: string): Promise<string> {
  const [rows] = await session.query('SELECT pg_catalog.current_setting($1) AS value', {
    values: [name],
    timeoutMs: ANSWER_MS,
  });
  return String(rows?.[0]?.value);
}

/** When the session read the configuration files last; only good to be compared. */
export async function configLoadTime(session: Asked): Promise<string> {
  const text = 'SELECT pg_catalog.pg_conf_load_time()::text AS value';
  const [rows] = await session.query(text, { timeoutMs: ANSWER_MS });
  return String(rows?.[0]?.value);
}

/** The parameters that wait for a restart, with their values now and after. */
export async function pendingRestart(session: Asked): Promise<Record<string, ValueChange>> {
  const [rows] = await session.query(PENDING_RESTART, { timeoutMs: ANSWER_MS });
  return pendingChanges((rows ?? []) as unknown as PendingRow[]);
}

/** Lines of pg_hba.conf that PostgreSQL cannot read; then the rules of before stay in effect. */
export async function accessRuleErrors(session: Asked): Promise<string[]> {
  const text = `
    SELECT line_number AS line, error FROM pg_catalog.pg_hba_file_rules
     WHERE error IS NOT NULL LIMIT 5`;
  const [rows] = await session.query(text, { timeoutMs: ANSWER_MS });
  return (rows ?? []).map(({ line, error }) => `pg_hba.conf line ${line}: ${error}`);
}

/** How long a checkpoint may keep the checkpointer from reading the files. */
const CHECKPOINTER_MS = 3000;
const POLL_MS = 10;

/**
 * Waits until the checkpointer has read the files too: it is the one that tells all sessions to
 * wait for synchronous standbys, and in the midst of a checkpoint it reads them late. Resolves with
 * false when that takes too long; before PostgreSQL 14 it does not say while it writes.
 */
export async function checkpointerListens(session: Asked): Promise<boolean> {
  const text = `
    SELECT wait_event AS event FROM pg_catalog.pg_stat_activity
     WHERE backend_type OPERATOR(pg_catalog.=) 'checkpointer'`;
  const deadline = performance.now() + CHECKPOINTER_MS;
  while (performance.now() < deadline) {
    // Its own turn comes after the signal: what was seen at once may be from before.
    await delay(POLL_MS);
    const [rows] = await session.query(text, { timeoutMs: ANSWER_MS });
    const event = rows?.[0]?.event;
    if (event === 'CheckpointerMain' || event === 'CheckpointWriteDelay') return true;
  }
  return false;
}
