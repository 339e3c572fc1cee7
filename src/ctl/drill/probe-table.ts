import { quoteName } from '../../postgres/jobs/roles.ts';
import type { SqlConnection } from '../../postgres/sql.ts';
import { SqlError } from '../../postgres/sql.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';
import { onPrimary, type Primaries } from './on-primary.ts';
import { inTime } from './probe-session.ts';

/** A table of one drill. Its token is in the name of the table and of all our sessions. */
export interface ProbeTable {
  readonly token: string;
  /** Schema and table, quoted. */
  readonly name: string;
}

/** How long the server may take to make the table, or to remove it: a commit may have to wait. */
const PATIENCE_MS = 10_000;
/** For how long it is tried to remove the table, or to read it: nobody may lead for a while. */
const TRYING_MS = 60_000;

/** PostgreSQL's manual, appendix A. */
const UNDEFINED_TABLE = '42P01';

/** How the tables of all drills begin: who finds one knows where it comes from. */
export const TABLE_PREFIX = 'pgherd_drill_';

/** Names a table. `token` is of letters and digits. */
export function probeTable(schema: string, token: string): ProbeTable {
  return { token, name: `${quoteName(schema)}.${quoteName(TABLE_PREFIX + token)}` };
}

/** What our sessions are called in `pg_stat_activity`. */
export function applicationName(token: string): string {
  return `pgherd drill ${token}`;
}

/** The statement that removes the table. */
function dropStatement({ name }: ProbeTable): string {
  return `DROP TABLE IF EXISTS ${name}`;
}

/** The statement that writes a row. */
export function insertStatement({ name }: ProbeTable, id: number): string {
  return `INSERT INTO ${name} (id) VALUES (${id})`;
}

/** Makes the table: a logged one, since its rows have to reach the standbys. */
export async function createTable(
  session: Session,
  { name }: ProbeTable,
  primaries: Primaries,
): Promise<void> {
  // Not cut by Ctrl-C: a table that is made a moment after it was dropped would stay.
  const whole = uninterrupted(session);
  await onPrimary(whole, { ...primaries, tryingMs: PATIENCE_MS }, async (connection) => {
    await connection.query(`CREATE TABLE ${name} (id pg_catalog.int8 NOT NULL)`);
  });
}

/** The ids that are there on the primary; undefined when nobody could be asked. */
export async function presentRows(
  session: Session,
  { name }: ProbeTable,
  primaries: Primaries,
): Promise<ReadonlySet<number> | undefined> {
  try {
    const found = await onPrimary(session, { ...primaries, tryingMs: TRYING_MS }, (connection) =>
      inTime(session, PATIENCE_MS, () => connection.query(`SELECT id FROM ${name}`)),
    );
    return new Set(found.rows.map(([id]) => Number(id)));
  } catch (error) {
    session.signal.throwIfAborted();
    if (!(error instanceof SqlError)) throw error;
    // Even the table did not reach the server that leads now.
    if (error.sqlstate === UNDEFINED_TABLE) return new Set();
    session.io.warn(`The rows of the probe could not be read: ${error.message}`);
    return undefined;
  }
}

/**
 * Removes the table, also after Ctrl-C and whoever leads by now. Returns the statement for a person
 * when that cannot be done, and warns.
 */
export async function dropTable(
  session: Session,
  table: ProbeTable,
  primaries: Primaries,
): Promise<string | null> {
  const whole = uninterrupted(session);
  const statement = dropStatement(table);
  try {
    await onPrimary(whole, { ...primaries, tryingMs: TRYING_MS }, async (connection) => {
      await endOurs(connection, table);
      await connection.query(statement);
    });
    return null;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    session.io.warn(`The probe table could not be dropped: ${error.message}`);
    session.io.warn(`It is still there. Run this on the leader: ${printable(statement)}`);
    return statement;
  }
}

/**
 * Ends sessions of ours that hang on the server, e.g. in a commit that waits for a standby: they
 * would hold the table, or make it after it was dropped.
 */
async function endOurs(connection: SqlConnection, { token }: ProbeTable): Promise<void> {
  const { rows } = await connection.query(
    'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity' +
      ` WHERE application_name = '${applicationName(token)}'` +
      ' AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()',
  );
  // It takes them a moment: the next try finds none.
  if (rows.length > 0) throw new SqlError('sessions of the probe have not ended yet', undefined);
}

/** The same session, of which Ctrl-C cuts nothing. */
function uninterrupted(session: Session): Session {
  return { ...session, signal: new AbortController().signal };
}
