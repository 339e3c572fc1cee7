import { type SqlConnection, SqlError, type SqlTarget } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';

/** A member and how to connect to its PostgreSQL. */
export interface ProbeTarget {
  readonly member: string;
  readonly sql: SqlTarget;
}

/**
 * Connects. What the cluster has set for time-outs and commits stays as it is, for that is what its
 * clients meet; only names must mean what they say (CVE-2018-1058). `signal` ends the session.
 */
export async function openProbeSession(
  session: Session,
  { sql }: ProbeTarget,
  signal: AbortSignal,
): Promise<SqlConnection> {
  const connection = await session.connectSql(sql, signal);
  try {
    await connection.query('SET search_path = pg_catalog');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** True while the server is a standby. */
export async function isInRecovery(connection: SqlConnection): Promise<boolean> {
  const { rows } = await connection.query('SELECT pg_catalog.pg_is_in_recovery()');
  return rows[0]?.[0] !== false;
}

/**
 * Waits for an answer, but not for ever. An `SqlError` after that; then the session has to be
 * closed, for the server may still be at it.
 */
export async function inTime<T>(
  { clock }: Pick<Session, 'clock'>,
  ms: number,
  ask: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).then(
    () => {
      throw new SqlError(`no answer within ${ms} ms`, undefined);
    },
    // The answer came first.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([ask(), late]);
  } finally {
    over.abort();
  }
}
