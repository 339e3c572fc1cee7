import type { PostgresConfig } from '../../model/postgres-config.ts';
import { type ControlSettings, readControlData } from '../control-data.ts';
import type { LocalSession } from '../session.ts';
import { SqlError } from '../sql.ts';
import { numberIn } from './queries.ts';

/** Parameters that a standby must not have lower than its primary (manual, "Hot Standby"). */
const REQUIRED = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const satisfies readonly (keyof ControlSettings)[];

const WITHIN_MS = 1000;

/**
 * Whether a standby that has paused replay did so because a parameter of it is lower than that of
 * the primary: the control file has the primary's, of the last record that was replayed. Nothing is
 * known: false, since people pause replay, too. Never rejects.
 */
export async function replayNeedsRestart(
  config: PostgresConfig,
  session: Pick<LocalSession, 'query'>,
): Promise<boolean> {
  const control = await readControlData(config, config.dataDir, WITHIN_MS);
  if (!control.ok) return false;
  try {
    const [rows] = await session.query(() => QUERY, { timeoutMs: WITHIN_MS });
    const own = rows?.[0] ?? {};
    return REQUIRED.some((name) => (numberIn(own, name) ?? 0) < control.data.settings[name]);
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

const QUERY = `SELECT ${REQUIRED.map(
  (name) => `pg_catalog.current_setting('${name}')::pg_catalog.int4 AS ${name}`,
).join(', ')}`;
