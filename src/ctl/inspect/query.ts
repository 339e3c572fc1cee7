import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import {
  type SqlConnection,
  SqlError,
  type SqlResult,
  type SqlTarget,
} from '../../postgres/sql.ts';
import { printable } from '../../system/text.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { type Format, renderRows } from '../render/rows.ts';
import { done, failed, type Result } from '../result.ts';
import { anyMember, type RoleWord } from '../select-members.ts';
import type { Session } from '../session.ts';
import { refuseEndlessJson } from '../watch.ts';
import { askCredentials, type CredentialOptions, sqlTarget } from './sql-target.ts';

export interface QueryOptions extends CredentialOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  readonly sql: string;
  readonly format: Format;
  readonly delimiter: string;
  readonly role: RoleWord | undefined;
  readonly member: string | undefined;
  /** Seconds between two runs; undefined: run once. */
  readonly watch: number | undefined;
}

/**
 * Runs SQL on one member and prints its rows. With `watch` it goes on, and an error is shown but
 * does not end it. Without, an error is a failure: patronictl prints it as a row and ends with 0.
 */
export async function query(session: Session, options: QueryOptions): Promise<Result> {
  refuseEndlessJson(session, options.watch);
  const scope = requireScope(session, options.cluster);
  const view = await readCluster(session, scope, options.group);
  const member = pickMember(session, view, options);
  const target = { ...sqlTarget(member, {}), ...(await askCredentials(session, options)) };
  let connection: SqlConnection | undefined;
  try {
    for (;;) {
      try {
        connection ??= await connect(session, target, options.role);
        const result = await connection.query(options.sql);
        print(session, result, options);
        if (options.watch === undefined) {
          return done({ cluster: scope, member: member.name, ...forPrograms(result) });
        }
      } catch (error) {
        session.signal.throwIfAborted();
        if (!(error instanceof SqlError)) throw error;
        const failure = sqlFailure(error, member);
        if (options.watch === undefined) {
          const data = { cluster: scope, member: member.name, columns: null, rows: [] };
          return failed(data, failure);
        }
        session.io.err(failure.message);
        connection?.close();
        connection = undefined;
      }
      if (session.io.outputClosed) return done(null);
      await session.clock.sleep(options.watch * 1000, session.signal);
    }
  } finally {
    connection?.close();
  }
}

function pickMember(session: Session, view: ClusterView, options: QueryOptions): Member {
  const member = anyMember(view, {
    citus: session.settings.citus !== undefined,
    group: options.group,
    role: options.role,
    member: options.member,
  });
  if (member) return member;
  const wanted =
    options.member !== undefined
      ? `member ${printable(options.member)}`
      : `role ${options.role ?? 'leader'}`;
  throw new Refusal('no-such-member', `No connection to ${wanted} is available`, {
    hint: `pgherd list ${printable(view.scope)} shows the members and their roles`,
  });
}

/** Connects and, for a role that PostgreSQL itself knows, makes sure that the server has it. */
async function connect(
  session: Session,
  target: SqlTarget,
  role: RoleWord | undefined,
): Promise<SqlConnection> {
  const connection = await session.connectSql(target, session.signal);
  if (role === undefined || role === 'any' || role === 'leader') return connection;
  try {
    const { rows } = await connection.query('SELECT pg_catalog.pg_is_in_recovery()');
    const inRecovery = rows[0]?.[0] !== false;
    if (inRecovery === (role !== 'primary')) return connection;
    const which = inRecovery ? '' : 'not ';
    throw new SqlError(`the server is ${which}in recovery: not a ${role}`, undefined);
  } catch (error) {
    // Left open it would keep the process.
    connection.close();
    throw error;
  }
}

function print(session: Session, result: SqlResult, options: QueryOptions): void {
  const { format, delimiter } = options;
  const columns = result.columns ?? [];
  if (columns.length === 0 && result.rows.length === 0) return;
  // A program gets the data as they are; a terminal must not be steered by them.
  const raw = !session.io.stdoutIsTerminal;
  session.io.out(renderRows({ columns, rows: result.rows, format, delimiter, raw }));
}

/** Rows for the envelope: a whole number that JSON cannot hold exactly becomes text. */
function forPrograms(result: SqlResult) {
  const rows = result.rows.map((row) =>
    row.map((value) => (typeof value === 'bigint' ? value.toString() : value)),
  );
  return { columns: result.columns, rows };
}

function sqlFailure(error: SqlError, member: Member) {
  const where = `on member ${printable(member.name)}`;
  const what = printable(error.message);
  return error.sqlstate === undefined
    ? { code: 'no-connection', message: `No connection ${where}: ${what}` }
    : { code: 'sql-error', message: `ERROR, SQLSTATE: ${error.sqlstate}: ${what} (${where})` };
}
