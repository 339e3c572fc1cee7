import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Refusal } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { connect } from '../../postgres/connect.ts';
import { SqlError } from '../../postgres/sql.ts';
import type { ConnectionParameters } from './dsn.ts';

/** What a running instance says of itself. */
export interface Instance {
  /** As in `server_version_num`. */
  readonly serverVersion: number;
  readonly isSuperuser: boolean;
  /** Parameter → its value, in its unit: what somebody has set, and what always matters. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Where a running instance is looked at. */
export interface InstanceWorld {
  /** The user of the operating system. */
  user(): string;
  /** Rejects with a `Refusal`. */
  open(parameters: ConnectionParameters): Promise<Instance>;
  /** The program that runs on this data directory. Throws a `Refusal`. */
  programOf(dataDir: string): string;
  /** Throws a `Refusal`. */
  readText(path: string): string;
}

/** This machine. */
export const realInstances: InstanceWorld = {
  user: () => userInfo().username,
  open: readInstance,
  programOf(dataDir) {
    const pid = Number.parseInt(readOr(`${dataDir}/postmaster.pid`, 'postmaster.pid'), 10);
    try {
      return readlinkSync(`/proc/${pid}/exe`);
    } catch (error) {
      throw refusal(`The program of the process ${pid} cannot be found: ${String(error)}`);
    }
  },
  readText: (path) => readOr(path, path.split('/').at(-1) ?? path),
};

function readOr(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refusal(`Failed to read ${name}: ${String(error)}`);
  }
}

function refusal(message: string): Refusal {
  return new Refusal('instance-unreadable', message);
}

/** Where Debian's libpq looks for a socket. */
const SOCKET_DIRECTORY = '/var/run/postgresql';
const TIMEOUT_MS = 10_000;

/** Parameters that are wanted whoever has set them (Patroni's `CMDLINE_OPTIONS`, and files). */
const ALWAYS = [
  ...['hba_file', 'ident_file', 'config_file', 'data_directory', 'listen_addresses', 'port'],
  ...['cluster_name', 'wal_level', 'hot_standby', 'max_connections', 'max_wal_senders'],
  ...['wal_keep_segments', 'wal_keep_size', 'max_prepared_transactions', 'wal_log_hints'],
  ...['max_locks_per_transaction', 'track_commit_timestamp', 'max_replication_slots'],
  'max_worker_processes',
];

const SETTINGS = `
  SELECT s.name, pg_catalog.current_setting(s.name) AS value FROM pg_catalog.pg_settings AS s
   WHERE s.name IN (${ALWAYS.map((name) => `'${name}'`).join(', ')})
      OR s.context <> 'internal'
         AND s.source IN ('configuration file', 'command line', 'environment variable')
         AND s.category <> 'Write-Ahead Log / Recovery Target'
         AND s.setting <> '(disabled)'
   ORDER BY s.name`;

async function readInstance(parameters: ConnectionParameters): Promise<Instance> {
  const { host = defaultHost(), port, user, password, dbname, ...options } = parameters;
  const target = {
    host,
    port: Number(port ?? process.env.PGPORT ?? 5432),
    database: dbname ?? process.env.PGDATABASE ?? 'postgres',
    credentials: { ...present({ username: user, password }), options },
    timeoutMs: TIMEOUT_MS,
  };
  try {
    const connection = await connect(target);
    try {
      const [rows = []] = await connection.query(SETTINGS, { timeoutMs: TIMEOUT_MS });
      return {
        serverVersion: connection.serverVersion,
        isSuperuser: connection.reported('is_superuser') === 'on',
        settings: Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)])),
      };
    } finally {
      connection.close();
    }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw refusal(`Failed to establish PostgreSQL connection: ${error.message}`);
  }
}

function defaultHost(): string {
  const socket = existsSync(SOCKET_DIRECTORY) ? SOCKET_DIRECTORY : 'localhost';
  return process.env.PGHOST || socket;
}
