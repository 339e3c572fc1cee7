import type { Socket } from 'node:net';
import { WholeFloat } from '../model/json.ts';
import { loadPg } from './load-pg.ts';

/** Where to connect, and as whom. What is missing comes from libpq's variables and ~/.pgpass. */
export interface SqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** What `pg_stat_activity` shows; else PGAPPNAME, or pgherd. */
  readonly applicationName?: string;
  /** Milliseconds until the connection must stand. */
  readonly connectTimeoutMs: number;
}

/** The result of the last statement: no columns when it returns none. */
export interface SqlResult {
  readonly columns: readonly string[] | null;
  /** Numbers and booleans as such, but `numeric` and the rest as PostgreSQL's text. */
  readonly rows: readonly (readonly SqlValue[])[];
}

type SqlValue = string | number | bigint | WholeFloat | boolean | null;

/** PostgreSQL refused the statement, or the connection could not be made or broke. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** PostgreSQL's error code (manual, appendix A); absent when the server did not answer. */
  readonly sqlstate: string | undefined;

  constructor(message: string, sqlstate: string | undefined) {
    super(message);
    this.sqlstate = sqlstate;
  }
}

/** One session on one server. */
export interface SqlConnection {
  /** Runs one or more statements; rejects with `SqlError`. */
  query(text: string): Promise<SqlResult>;
  /** Ends the session at once, whatever it is doing. */
  close(): void;
}

export type SqlConnect = (target: SqlTarget, signal: AbortSignal) => Promise<SqlConnection>;

/** Type numbers of bool, int8, int2, int4 and oid (pg_type.dat). */
const BOOL = 16;
const INTEGERS = new Set([20, 21, 23, 26]);
/** float4 and float8. */
const FLOATS = new Set([700, 701]);

/**
 * Connects with the `pg` package. Rejects with `SqlError`. An aborted signal ends the session, also
 * one that does not stand yet.
 */
export const connectSql: SqlConnect = async (target, signal) => {
  const pg = await loadPg();
  signal.throwIfAborted();
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.database === undefined ? {} : { database: target.database }),
    ...(target.applicationName === undefined ? {} : { application_name: target.applicationName }),
    fallback_application_name: 'pgherd',
    connectionTimeoutMillis: target.connectTimeoutMs,
    types: { getTypeParser: (oid: number) => (text: string) => parseValue(oid, text) },
  });
  const close = (): void => {
    // `end` waits for a statement that runs, and forgets who waits for a connection to stand.
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.destroy(new Error('the session was ended'));
    client.end().catch(() => {});
  };
  // Without a listener, a server that goes away between two statements ends the process.
  client.on('error', () => {});
  signal.addEventListener('abort', close, { once: true });
  try {
    await attempt(() => client.connect());
  } catch (error) {
    signal.removeEventListener('abort', close);
    throw error;
  }
  return {
    async query(text) {
      const results = await attempt(() => client.query({ text, rowMode: 'array' }));
      const last = Array.isArray(results) ? results.at(-1) : results;
      const fields = (last?.fields ?? []) as { name: string }[];
      return {
        columns: fields.length === 0 ? null : fields.map(({ name }) => name),
        rows: (last?.rows ?? []) as SqlValue[][],
      };
    },
    close() {
      signal.removeEventListener('abort', close);
      close();
    },
  };
};

async function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw new SqlError(
      message || String(code),
      /^[0-9A-Z]{5}$/.test(code ?? '') ? code : undefined,
    );
  }
}

function parseValue(oid: number, text: string): SqlValue {
  if (oid === BOOL) return text === 't';
  if (FLOATS.has(oid)) return parseFloatingPoint(text);
  if (!INTEGERS.has(oid)) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** NaN and the infinities stay text: JSON has no numbers for them. */
function parseFloatingPoint(text: string): SqlValue {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  return Number.isInteger(number) ? new WholeFloat(number) : number;
}
