import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rm,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresConfig } from '../../src/model/postgres-config.ts';
import { atExit, ended, isRoot, sendSignal, startServer, waitFor } from './processes.ts';
import { postgresBinaries } from './servers.ts';
import { removeSharedMemoryOf } from './shared-memory.ts';

/**
 * Makes this test process one of the user `postgres`, for good, when it is root's: PostgreSQL's
 * programs refuse root, and the code that is tested must own what they write. Call it first.
 */
export function becomeServerUser(): void {
  if (!isRoot()) return;
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  process.chdir('/');
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  process.env.HOME = tmpdir();
  process.env.USER = 'postgres';
}

/** The programs that are tested: the newest that are installed, or those of another folder. */
function testedBinaries(): string {
  return process.env.PGHERD_POSTGRES_BIN ?? postgresBinaries();
}

/** A directory of its own, which is removed at the end of this process at the latest. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-pg-'));
  atExit(() => {
    // Whoever started it: a server that still writes would keep the directory from going.
    killServerOf(join(directory, 'data'));
    removeSharedMemoryOf(join(directory, 'data'));
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 30, retryDelay: 50 });
    } catch (error) {
      // The other cleanups come all the same.
      process.stderr.write(`${directory} stays: ${String(error)}\n`);
    }
  });
  return directory;
}

/** Kills the postmaster that the file in a test's own data directory names. */
function killServerOf(dataDir: string): void {
  const file = join(dataDir, 'postmaster.pid');
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
  if (pid > 1) sendSignal(pid, 'SIGKILL');
}

export const SUPERUSER = { username: 'postgres', password: 'canary-super', options: {} } as const;
export const REPLICATOR = {
  username: 'replicator',
  password: 'canary-repl',
  options: {},
} as const;
const REWINDER = { username: 'rewinder', password: 'canary-rewind', options: {} } as const;

/**
 * A port of 127.0.0.1 that nobody listens on. Not one of those that the kernel gives to connections:
 * a server may be started, stopped and started again, and each time its port must still be free.
 */
export async function serverPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A whole configuration of one member whose files are below `directory`. */
export function postgresConfig(
  directory: string,
  port: number,
  changes: Partial<PostgresConfig> = {},
): PostgresConfig {
  const dataDir = join(directory, 'data');
  return {
    scope: 'demo',
    memberName: 'pg1',
    listenAddresses: '127.0.0.1',
    port,
    connectHost: '127.0.0.1',
    connectPort: port,
    dataDir,
    configDir: dataDir,
    binDir: testedBinaries(),
    binNames: {},
    pgpass: join(directory, 'pgpass'),
    customConf: undefined,
    parameters: { ...QUICK, unix_socket_directories: directory },
    clusterParameters: {},
    pgHba: ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256', ...REPLICATION_HBA],
    pgIdent: undefined,
    recoveryConf: {},
    superuser: SUPERUSER,
    replication: REPLICATOR,
    rewind: REWINDER,
    useUnixSocket: true,
    useUnixSocketRepl: false,
    usePgRewind: true,
    useSlots: true,
    pgCtlTimeout: 60,
    basebackupOptions: [{ name: 'checkpoint', value: 'fast' }],
    rewindOptions: [],
    replicaMethods: ['basebackup'],
    callbacks: {},
    prePromote: undefined,
    beforeStop: undefined,
    removeDataDirectoryOnRewindFailure: false,
    removeDataDirectoryOnDivergedTimelines: false,
    standbyCluster: undefined,
    ...changes,
  };
}

const REPLICATION_HBA = ['host replication all 127.0.0.1/32 scram-sha-256'];

/** Small and quick; nothing here has to survive the machine. */
const QUICK = {
  fsync: 'off',
  shared_buffers: '8MB',
  max_wal_size: '64MB',
  autovacuum: 'off',
  log_min_messages: 'warning',
} as const;

/** A PostgreSQL of a test's own, which it starts and stops itself: no agent has a part in it. */
export class TestServer {
  readonly config: PostgresConfig;
  /** Beside the data directory: socket, log, state of an agent. */
  readonly directory: string;
  #child: ChildProcess | undefined;

  constructor(directory: string, config: PostgresConfig) {
    this.directory = directory;
    this.config = config;
    atExit(() => sendSignal(this.#child?.pid, 'SIGKILL'));
  }

  /** The postmaster; it may have ended. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get connUrl(): string {
    return `postgres://127.0.0.1:${this.config.port}/postgres`;
  }

  /** Starts it and waits until it takes connections. */
  async start(parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    this.launch(parameters);
    await waitFor(`postgres on ${this.config.port}`, async () => {
      if (this.#child?.exitCode !== null) throw new Error(this.log().slice(-2000));
      return (await this.query('SELECT 1')).length === 1;
    });
  }

  /** Starts it, and does not wait. */
  launch(parameters: Readonly<Record<string, string>> = {}): void {
    const { dataDir, port, binDir } = this.config;
    const given = { port: String(port), listen_addresses: '127.0.0.1', ...parameters };
    const args = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#child = startServer({
      command: join(binDir, 'postgres'),
      args: ['-D', dataDir, ...args],
      env: { LC_ALL: 'C' },
      cwd: this.directory,
      logFile: join(this.directory, 'log'),
    });
  }

  /** SIGINT by default: fast. Waits until the postmaster has gone. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (this.#child === undefined) return;
    sendSignal(this.#child.pid, signal);
    await ended(this.#child);
    this.#child = undefined;
  }

  /** Connects as superuser over the socket; the caller ends the session. */
  async connect(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({
      host: this.directory,
      port: this.config.port,
      user: SUPERUSER.username,
      database,
      ssl: false,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = await this.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Ends it and removes all its files. */
  async destroy(): Promise<void> {
    await this.stop('SIGKILL');
    removeSharedMemoryOf(this.config.dataDir);
    await promisify(rm)(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

let template: string | undefined;

/** A fresh primary with the three roles, on a copy of one `initdb`; it is not started. */
export async function newServer(changes: Partial<PostgresConfig> = {}): Promise<TestServer> {
  const directory = temporaryDirectory();
  const port = await serverPort();
  const server = new TestServer(directory, postgresConfig(directory, port, changes));
  template ??= makeTemplate();
  cpSync(template, server.config.dataDir, { recursive: true });
  chmodSync(server.config.dataDir, 0o700);
  settle(server);
  return server;
}

/** A copy of a running server, made with pg_basebackup, to be started as its standby. */
export async function newStandby(
  source: TestServer,
  changes: Partial<PostgresConfig> = {},
): Promise<TestServer> {
  const directory = temporaryDirectory();
  const port = await serverPort();
  const server = new TestServer(directory, postgresConfig(directory, port, changes));
  const { dataDir, binDir, memberName } = server.config;
  execFileSync(join(binDir, 'pg_basebackup'), [
    ...['-D', dataDir, '-c', 'fast', '-N', '-R', '-X', 'stream'],
    ...['-d', `host=${source.directory} port=${source.config.port} user=postgres`],
  ]);
  settle(server);
  const conninfo = `host=127.0.0.1 port=${source.config.port} user=${REPLICATOR.username}`;
  const login = `password=${REPLICATOR.password} application_name=${memberName}`;
  // The last setting of a file counts.
  appendFileSync(
    join(dataDir, 'postgresql.auto.conf'),
    `primary_conninfo = '${conninfo} ${login}'\n`,
  );
  return server;
}

function settle({ config, directory }: TestServer): void {
  const lines = [
    ...Object.entries({ ...QUICK, unix_socket_directories: directory }),
    ...[
      ['wal_level', 'logical'],
      ['wal_log_hints', 'on'],
      ['hot_standby', 'on'],
    ],
  ].map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(config.dataDir, 'postgresql.conf'), lines.join(''));
}

function makeTemplate(): string {
  const directory = temporaryDirectory();
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir);
  const initdb = join(testedBinaries(), 'initdb');
  execFileSync(initdb, [
    ...['-D', dataDir, '-U', SUPERUSER.username, '-N', '--auth-local=trust'],
    ...['--auth-host=scram-sha-256', '--locale=C', '-E', 'UTF8'],
  ]);
  const roles = [
    `ALTER ROLE ${SUPERUSER.username} PASSWORD '${SUPERUSER.password}';`,
    `CREATE ROLE ${REPLICATOR.username} REPLICATION LOGIN PASSWORD '${REPLICATOR.password}';`,
    `CREATE ROLE ${REWINDER.username} LOGIN PASSWORD '${REWINDER.password}';`,
    `GRANT EXECUTE ON function pg_ls_dir(text, boolean, boolean) TO ${REWINDER.username};`,
    `GRANT EXECUTE ON function pg_stat_file(text, boolean) TO ${REWINDER.username};`,
    `GRANT EXECUTE ON function pg_read_binary_file(text) TO ${REWINDER.username};`,
    `GRANT EXECUTE ON function pg_read_binary_file(text, bigint, bigint, boolean) TO ${REWINDER.username};`,
  ];
  const args = ['--single', '-D', dataDir, '-c', 'fsync=off', 'postgres'];
  execFileSync(join(testedBinaries(), 'postgres'), args, {
    input: `${roles.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  return dataDir;
}
