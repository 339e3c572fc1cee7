import type { Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { Client, ClientConfig, QueryResult } from 'pg';
import type { Credentials } from '../model/postgres-config.ts';
import { loadPg } from './load-pg.ts';
import { SqlError } from './sql.ts';
import { type Attempt, tlsAttempts, tlsOptions } from './tls-attempts.ts';

/** Where the agent connects, and as whom. */
export interface ConnectTarget {
  /** The directory of a Unix socket, or a host. */
  readonly host: string;
  readonly port: number;
  /** Undefined: none, for commands of the replication protocol alone. */
  readonly database: string | undefined;
  /** Commands of the replication protocol, too, in a session on a database. */
  readonly replication?: true;
  readonly credentials: Credentials;
  /** Until the connection must stand. */
  readonly timeoutMs: number;
}

/** A value of a row: `numeric`, times and all other types are PostgreSQL's text. */
export type Value = string | number | boolean | null;

export type Row = Readonly<Record<string, Value>>;

export interface QueryOptions {
  /** For `$1`, `$2`, …; then the text is a single statement. */
  readonly values?: readonly Value[];
  readonly timeoutMs: number;
}

/** The server did not answer in time, and the session was ended: nothing is known. */
export class SqlTimeout extends SqlError {
  constructor(what: string) {
    super(`${what} took too long`, undefined);
  }
}

/** A session of the agent on a server. */
export interface Connection {
  /** As in `server_version_num`. */
  readonly serverVersion: number;
  /** What the server said of itself when it was connected to, e.g. `in_hot_standby`. */
  reported(parameter: string): string | undefined;
  /** The rows of each statement. Rejects with `SqlError`; after a `SqlTimeout` it is closed. */
  query(text: string, options: QueryOptions): Promise<Row[][]>;
  /** Ends the session at once, whatever it is doing. */
  close(): void;
}

/**
 * For every session of the agent: nothing that was set for the role, the database or the server may
 * cut a query short (GitLab #7275, P#3663), let it wait for a standby, or change what a name means
 * (CVE-2018-1058). Names in the agent's SQL are qualified besides.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  default_transaction_read_only: 'off',
  synchronous_commit: 'local',
  'pg_stat_statements.track': 'none',
};

/** Parameters that servers before 14 do not know, and refuse. */
const NEW_SETTINGS: readonly string[] = ['idle_session_timeout'];
const UNKNOWN_PARAMETER = '42704';

/**
 * Connects with the `pg` package, over TLS as the credentials say. `onLost` is called once when the
 * session ends without `close`. Rejects with `SqlError`; its `sqlstate` is 57P03 while the server
 * starts, stops or recovers.
 */
export async function connect(
  target: ConnectTarget,
  onLost: (error: SqlError) => void = () => {},
): Promise<Connection> {
  const [first = 'plain', second] = tlsAttempts(target.host, target.credentials.options);
  try {
    return await connectWith({ target, attempt: first, onLost });
  } catch (error) {
    if (second === undefined || !wantsOther(error)) throw error;
    return connectWith({ target, attempt: second, onLost });
  }
}

/** The server speaks no TLS, or lets nobody in with it, or without it. */
function wantsOther(error: unknown): boolean {
  const { message, sqlstate } = error as SqlError;
  return message.includes('does not support SSL') || (sqlstate?.startsWith('28') ?? false);
}

interface Try {
  readonly target: ConnectTarget;
  readonly attempt: Attempt;
  readonly onLost: (error: SqlError) => void;
}

async function connectWith(way: Try): Promise<Connection> {
  try {
    return await connectOnce(way, Object.keys(SETTINGS));
  } catch (error) {
    if ((error as SqlError).sqlstate !== UNKNOWN_PARAMETER) throw error;
    const old = Object.keys(SETTINGS).filter((name) => !NEW_SETTINGS.includes(name));
    return connectOnce(way, old);
  }
}

async function connectOnce(
  { target, attempt, onLost }: Try,
  settings: readonly string[],
): Promise<Connection> {
  const pg = await loadPg();
  const { options } = target.credentials;
  const ssl = attempt === 'tls' ? await attemptTo(() => tlsOptions(options)) : false;
  const client = new pg.Client({ ...clientConfig(target, settings), ssl });
  const reported = new Map<string, string>();
  client.connection.on('parameterStatus', (message) => {
    reported.set(message.parameterName, message.parameterValue);
  });
  let open = true;
  let stands = false;
  const lose = (error: unknown): void => {
    if (open && stands) onLost(sqlError(error));
    open = false;
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('the server ended the session')));
  const close = (): void => {
    open = false;
    destroy(client);
  };
  try {
    await attemptTo(() => client.connect());
  } catch (error) {
    close();
    throw error;
  }
  stands = true;
  return {
    serverVersion: versionOf(reported.get('server_version') ?? ''),
    reported: (parameter) => reported.get(parameter),
    query: (text, limits) => runQuery(client, { text, limits, close }),
    close,
  };
}

/** All that can be is told: what is not would be taken from libpq's variables. */
function clientConfig(target: ConnectTarget, settings: readonly string[]): ClientConfig {
  const { username, password, options } = target.credentials;
  return {
    host: target.host,
    port: target.port,
    user: username ?? userInfo().username,
    ...(password === undefined ? {} : { password }),
    database: target.database ?? 'replication',
    ...(target.database === undefined
      ? { replication: 'true' }
      : { options: settings.map((name) => `-c ${name}=${SETTINGS[name]}`).join(' ') }),
    ...(target.replication ? { replication: 'database' } : {}),
    application_name: 'pgherd',
    enableChannelBinding: (options.channel_binding ?? 'prefer') !== 'disable',
    keepAlive: true,
    connectionTimeoutMillis: target.timeoutMs,
    types: { getTypeParser: (oid: number) => (text: string) => parseValue(oid, text) },
  } as ClientConfig;
}

interface Running {
  readonly text: string;
  readonly limits: QueryOptions;
  readonly close: () => void;
}

async function runQuery(client: Client, { text, limits, close }: Running): Promise<Row[][]> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    // What `pg` calls a time-out leaves the session waiting for the answer (node-postgres #3399).
    close();
  }, limits.timeoutMs);
  try {
    const values = limits.values ? { values: [...limits.values] } : {};
    const results: QueryResult | QueryResult[] = await client.query({ text, ...values });
    return (Array.isArray(results) ? results : [results]).map(({ rows }) => rows as Row[]);
  } catch (error) {
    throw late ? new SqlTimeout('the query') : sqlError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Type numbers of bool; int8, int2, int4, oid, float4 and float8 (pg_type.dat). */
const BOOL = 16;
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701]);

function parseValue(oid: number, text: string): Value {
  if (oid === BOOL) return text === 't';
  return NUMBERS.has(oid) ? Number(text) : text;
}

/** `15.20 (Debian 15.20-0+deb12u1)`, `18beta1` → as in `server_version_num`. */
function versionOf(text: string): number {
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return Number(major ?? 0) * 10_000 + Number(minor ?? 0);
}

/** `client.end()` would wait for a statement that runs. */
function destroy(client: Client): void {
  const { stream } = client.connection as unknown as { readonly stream: Socket };
  stream.destroy();
}

async function attemptTo<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw sqlError(error);
  }
}

function sqlError(error: unknown): SqlError {
  const { message, code } = error as Error & { readonly code?: string };
  // The text of `pg` for its own time-out.
  if (message === 'timeout expired') return new SqlTimeout('the connection');
  const sqlstate = /^[0-9A-Z]{5}$/.test(code ?? '') ? code : undefined;
  return new SqlError(message || String(code), sqlstate);
}
