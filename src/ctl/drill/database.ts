import type { SqlConnection, SqlResult } from '../../postgres/sql.ts';
import { SqlError } from '../../postgres/sql.ts';
import type { Session } from '../session.ts';
import { inTime, isInRecovery, type ProbeTarget } from './probe-session.ts';
import { TABLE_PREFIX } from './probe-table.ts';

/** How long one statement may take. */
const PATIENCE_MS = 5000;

/** What the leader's PostgreSQL says of the database in which a drill is to measure. */
export interface DatabaseView {
  readonly database: string;
  readonly user: string;
  /** Schemas of the search path, in its order. */
  readonly path: readonly string[];
  /** Schemas in which the user may make a table; none of PostgreSQL's own. */
  readonly allowed: readonly string[];
  /** Publications that would carry a new table: `''` for all schemas. */
  readonly publications: readonly { readonly name: string; readonly schema: string }[];
  /** Tables that earlier drills left behind, with their schema. */
  readonly leftovers: readonly string[];
  /** Sessions of clients on the server. */
  readonly sessions: number;
  /** The last attempt to archive WAL failed. */
  readonly archiverFails: boolean;
}

/** A member's PostgreSQL, as it can be reached with the credentials: true for a standby. */
export type Access =
  | { readonly ok: true; readonly inRecovery: boolean }
  | { readonly ok: false; readonly failure: string };

/** Tries to connect to every member, at the same time. */
export async function tryAccess(
  session: Session,
  targets: readonly ProbeTarget[],
): Promise<ReadonlyMap<string, Access>> {
  const tried = targets.map(async (target): Promise<[string, Access]> => {
    const inRecovery = await onMember(session, target, (connection) =>
      inTime(session, PATIENCE_MS, () => isInRecovery(connection)),
    );
    if (inRecovery instanceof SqlError) {
      return [target.member, { ok: false, failure: inRecovery.message }];
    }
    return [target.member, { ok: true, inRecovery }];
  });
  return new Map(await Promise.all(tried));
}

/** Looks around in the database on the leader; why that could not be done otherwise. */
export function lookAtDatabase(
  session: Session,
  target: ProbeTarget,
): Promise<DatabaseView | SqlError> {
  return onMember(session, target, async (connection) => {
    const ask = (sql: string): Promise<SqlResult> =>
      inTime(session, PATIENCE_MS, () => connection.query(sql));
    const [who] = (await ask(WHO)).rows;
    const version = Number(who?.[2]);
    const [state] = (await ask(STATE)).rows;
    return {
      database: String(who?.[0]),
      user: String(who?.[1]),
      path: texts(await ask(PATH)),
      allowed: texts(await ask(ALLOWED)),
      publications: (await ask(version < 150_000 ? PUBLICATIONS : PUBLICATIONS_15)).rows.map(
        ([name, schema]) => ({ name: String(name), schema: String(schema) }),
      ),
      leftovers: texts(await ask(LEFTOVERS)),
      sessions: Number(state?.[0]),
      archiverFails: state?.[1] === true,
    };
  });
}

async function onMember<T>(
  session: Session,
  target: ProbeTarget,
  ask: (connection: SqlConnection) => Promise<T>,
): Promise<T | SqlError> {
  let connection: SqlConnection | undefined;
  try {
    connection = await session.connectSql(target.sql, session.signal);
    return await ask(connection);
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof SqlError) return error;
    throw error;
  } finally {
    connection?.close();
  }
}

function texts({ rows }: SqlResult): string[] {
  return rows.map(([text]) => String(text));
}

// Each name is qualified: the search path is the user's own, for it is asked for.

const WHO =
  'SELECT pg_catalog.current_database(), current_user,' +
  " pg_catalog.current_setting('server_version_num')";

const PATH = 'SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))';

const ALLOWED =
  'SELECT nspname FROM pg_catalog.pg_namespace' +
  " WHERE pg_catalog.has_schema_privilege(oid, 'CREATE')" +
  " AND NOT pg_catalog.starts_with(nspname::pg_catalog.text, 'pg_')" +
  " AND nspname OPERATOR(pg_catalog.<>) 'information_schema' ORDER BY 1";

const PUBLICATIONS = "SELECT pubname, '' FROM pg_catalog.pg_publication WHERE puballtables";

const PUBLICATIONS_15 =
  `${PUBLICATIONS} UNION ALL SELECT p.pubname, n.nspname` +
  ' FROM pg_catalog.pg_publication_namespace s' +
  ' JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid' +
  ' JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.pnnspid';

const LEFTOVERS =
  "SELECT pg_catalog.quote_ident(nspname) OPERATOR(pg_catalog.||) '.'" +
  ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(relname)' +
  ' FROM pg_catalog.pg_class c' +
  ' JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace' +
  ` WHERE pg_catalog.starts_with(relname::pg_catalog.text, '${TABLE_PREFIX}')` +
  " AND relkind OPERATOR(pg_catalog.=) 'r' ORDER BY 1";

const STATE =
  'SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity' +
  ' WHERE datid IS NOT NULL AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()),' +
  ' (SELECT COALESCE(last_failed_time OPERATOR(pg_catalog.>)' +
  " COALESCE(last_archived_time, '-infinity'), false) FROM pg_catalog.pg_stat_archiver)";
