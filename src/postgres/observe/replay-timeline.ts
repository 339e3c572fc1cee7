import { type Connection, connect } from '../connect.ts';
import type { SessionTarget } from '../session.ts';

const LIMIT = { timeoutMs: 1000 };

/**
 * The timeline of the last record that a standby has replayed, where its WAL comes from an archive
 * or from nowhere: only a walsender tells it (IDENTIFY_SYSTEM). As superuser and on a database, so
 * that pg_hba needs no line for it. Undefined where it does not tell.
 */
export async function replayTimeline(target: SessionTarget): Promise<number | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await connect({ ...target, ...LIMIT, replication: true });
    const [rows] = await connection.query('IDENTIFY_SYSTEM', LIMIT);
    const timeline = Number(rows?.[0]?.timeline);
    return Number.isInteger(timeline) && timeline > 0 ? timeline : undefined;
  } catch {
    // There may be no walsender left to have; the control file is not far behind.
    return undefined;
  } finally {
    connection?.close();
  }
}
