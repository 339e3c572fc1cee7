import type { Source } from '../model/postgres.ts';
import type { PostgresConfig } from '../model/postgres-config.ts';
import { connect } from './connect.ts';
import { askingCredentials, remoteTargets } from './remote.ts';
import { SqlError } from './sql.ts';

const LIMIT_MS = 2000;

/**
 * Whether the source has the slot that it names. The leader makes a member's slot when it has seen
 * the member, which may be a moment later. True as well when nobody could be asked.
 */
export async function slotIsThere(config: PostgresConfig, source: Source): Promise<boolean> {
  const { slot } = source;
  const login = { database: 'postgres', credentials: askingCredentials(config) };
  const [target] = remoteTargets(source, login);
  if (slot === undefined || target === undefined) return true;
  try {
    const connection = await connect({ ...target, timeoutMs: LIMIT_MS });
    try {
      const [rows] = await connection.query(QUERY, { timeoutMs: LIMIT_MS });
      return rows?.some(({ slot_name: name }) => name === slot) ?? true;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof SqlError) return true;
    throw error;
  }
}

const QUERY = 'SELECT slot_name FROM pg_catalog.pg_replication_slots';
