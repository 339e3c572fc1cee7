import type { Credentials, PostgresConfig } from '../../model/postgres-config.ts';
import type { Connection } from '../connect.ts';

const ANSWER_MS = 30_000;

/**
 * Statements with passwords in them are written to no log, shown in no statistics, and the
 * passwords are stored as SCRAM verifiers (P#1370, P#2491, P#3175). The names of extensions that
 * are not loaded do no harm.
 */
const DISCREET = `
  SET log_statement = 'none';
  SET log_min_duration_statement = -1;
  SET log_min_duration_sample = -1;
  SET log_transaction_sample_rate = 0;
  SET log_min_error_statement = 'panic';
  SET log_duration = off;
  SET track_activities = off;
  SET pg_stat_statements.track_utility = off;
  SET pgaudit.log = 'none';
  SET standard_conforming_strings = on;
  SET password_encryption = 'scram-sha-256'`;

/** What pg_rewind calls on its source (PostgreSQL's manual, pg_rewind). */
const REWIND_FUNCTIONS = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
];

/** Lets nothing of what follows on this session into logs and statistics. */
export async function keepSecrets(connection: Connection, major: number): Promise<void> {
  const unknown = major < 13 ? /log_min_duration_sample/ : /^$/;
  const lines = DISCREET.split(';').filter((line) => !unknown.test(line));
  await connection.query(lines.join(';'), { timeoutMs: ANSWER_MS });
}

/** Gives the superuser the configured password. */
export async function setSuperuser(
  connection: Connection,
  { superuser }: PostgresConfig,
): Promise<void> {
  if (superuser.username === undefined || superuser.password === undefined) return;
  await createRole(connection, superuser, 'SUPERUSER');
}

/** Makes the roles for replication and, where it is another than the superuser, for pg_rewind. */
export async function createRoles(
  connection: Connection,
  { superuser, replication, rewind }: PostgresConfig,
): Promise<void> {
  await createRole(connection, replication, 'REPLICATION');
  if (rewind?.username === undefined || rewind.username === superuser.username) return;
  await createRole(connection, rewind, '');
  const grants = REWIND_FUNCTIONS.map(
    (name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${quoteName(rewind.username ?? '')}`,
  );
  await connection.query(grants.join(';'), { timeoutMs: ANSWER_MS });
}

/** Nothing without a name. A role that is there already keeps what else it may. */
async function createRole(
  connection: Connection,
  { username, password }: Credentials,
  attribute: 'SUPERUSER' | 'REPLICATION' | '',
): Promise<void> {
  if (username === undefined) return;
  const [found] = await connection.query(
    'SELECT 1 FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) $1::name',
    { values: [username], timeoutMs: ANSWER_MS },
  );
  const verb = found?.length ? 'ALTER' : 'CREATE';
  const secret = password === undefined ? '' : `PASSWORD ${quoteText(password)}`;
  const sql = `${verb} ROLE ${quoteName(username)} WITH LOGIN ${attribute} ${secret}`;
  await connection.query(sql, { timeoutMs: ANSWER_MS });
}

/** A name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL, where `standard_conforming_strings` is on. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
