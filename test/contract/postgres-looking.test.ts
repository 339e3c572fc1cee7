import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, SqlTimeout } from '../../src/postgres/connect.ts';
import { ControlFile, readControlData } from '../../src/postgres/control-data.ts';
import { findPostmaster, readPidFile } from '../../src/postgres/postmaster.ts';
import {
  childrenOf,
  isAlive,
  signalProcess,
  waitForExit,
} from '../../src/postgres/process-table.ts';
import { programVersion } from '../../src/postgres/programs.ts';
import { LocalSession, localTarget } from '../../src/postgres/session.ts';
import {
  becomeServerUser,
  newServer,
  type TestServer,
  temporaryDirectory,
} from '../harness/postgres.ts';
import { sendSignal, waitFor } from '../harness/processes.ts';

becomeServerUser();

let server: TestServer;

beforeAll(async () => {
  server = await newServer();
  await server.start();
});

afterAll(() => server.destroy());

describe('the programs', () => {
  it('tell their version', async () => {
    const [row] = await server.query("SELECT current_setting('server_version_num') AS number");
    expect(await programVersion(server.config)).toBe(Number(row?.number));
  });

  it('that are not there say so', async () => {
    const nowhere = { binDir: '/nowhere', binNames: {} };
    await expect(programVersion(nowhere)).rejects.toThrow('/nowhere/postgres');
    expect(await readControlData(nowhere, server.config.dataDir)).toMatchObject({ ok: false });
  });
});

describe('the control file', () => {
  it('is read while the server runs', async () => {
    const result = await readControlData(server.config, server.config.dataDir);
    expect(result).toMatchObject({
      ok: true,
      data: {
        state: 'in production',
        checkpointTimeline: 1,
        walLogHints: true,
        walLevel: 'logical',
        settings: { max_connections: 100, max_worker_processes: 8, max_wal_senders: 10 },
      },
    });
    const [row] = await server.query(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    );
    expect(result.ok && result.data.systemId).toBe(row?.id);
  });

  it('is read again after it has changed, and never missed', async () => {
    const file = new ControlFile();
    for (let round = 0; round < 3; round++) {
      await server.query('CHECKPOINT');
      const [row] = await server.query(
        "SELECT checkpoint_lsn - '0/0' AS lsn FROM pg_control_checkpoint()",
      );
      const result = await file.read(server.config, server.config.dataDir);
      expect(result.ok && result.data.checkpointLsn).toBe(Number(row?.lsn));
    }
  });

  it('that is not there is a failure', async () => {
    const result = await readControlData(server.config, temporaryDirectory());
    expect(result).toMatchObject({ ok: false });
  });
});

describe('the postmaster', () => {
  it('is found, with what its file says, however the directory is written', async () => {
    const { config, directory, pid } = server;
    const found = await findPostmaster(config);
    expect(found).toMatchObject({
      identity: { pid },
      pidFile: { port: config.port, socketDir: directory, status: 'ready', standalone: false },
    });
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(config.dataDir, link);
    for (const dataDir of [`${config.dataDir}/`, link]) {
      expect(await findPostmaster({ ...config, dataDir })).toEqual(found);
    }
  });

  it('has its children', async () => {
    const found = await findPostmaster(server.config);
    const children = found ? childrenOf(found.identity) : [];
    expect(children.length).toBeGreaterThan(3);
    expect(children.every(isAlive)).toBe(true);
  });

  it.each([
    ['this process', () => process.pid],
    ['a process that is no more', () => 2 ** 22 - 3],
    ['the first process', () => 1],
    ['a whole group', () => 0],
    ['the postmaster of another directory', () => server.pid],
    ['a server without a postmaster', () => -server.pid],
  ])('is not %s, though a stale file names it', async (_, pid) => {
    const dataDir = temporaryDirectory();
    writeFileSync(
      join(dataDir, 'postmaster.pid'),
      `${pid()}\n${dataDir}\n1700000000\n5432\n/tmp\n`,
    );
    expect(await findPostmaster({ ...server.config, dataDir })).toBeUndefined();
  });

  it('is not found in a directory that is its own no more', async () => {
    // Renamed and made anew: the process works on what was renamed.
    const dataDir = join(temporaryDirectory(), 'data');
    mkdirSync(dataDir);
    const file = await readPidFile(server.config.dataDir);
    writeFileSync(join(dataDir, 'postmaster.pid'), `${file?.pid}\n${dataDir}\n`);
    expect(await findPostmaster({ ...server.config, dataDir })).toBeUndefined();
  });
});

describe('a session', () => {
  const limit = { timeoutMs: 10_000 };
  const sessionOf = (onLost: (reason: string) => void = () => {}): LocalSession =>
    new LocalSession({
      target: async () => {
        const file = await readPidFile(server.config.dataDir);
        if (file === undefined) throw new Error('no server');
        return localTarget(server.config, file);
      },
      onLost,
    });

  it('is safe from what was set for the role and the database', async () => {
    // In one go: whoever connects after the first of them has these settings himself.
    await server.query(`
      ALTER ROLE postgres SET search_path = public;
      ALTER ROLE postgres SET statement_timeout = '1ms';
      ALTER DATABASE postgres SET lock_timeout = '1ms';
      ALTER ROLE postgres SET idle_session_timeout = '1ms';
      ALTER ROLE postgres SET default_transaction_read_only = on`);
    const session = sessionOf();
    try {
      const [rows] = await session.query(
        `SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('search_path',
         'statement_timeout', 'lock_timeout', 'idle_session_timeout', 'application_name',
         'idle_in_transaction_session_timeout', 'default_transaction_read_only')`,
        limit,
      );
      expect(Object.fromEntries((rows ?? []).map(({ name, setting }) => [name, setting]))).toEqual({
        search_path: 'pg_catalog',
        statement_timeout: '0',
        lock_timeout: '0',
        idle_session_timeout: '0',
        idle_in_transaction_session_timeout: '0',
        default_transaction_read_only: 'off',
        application_name: 'pgherd',
      });
    } finally {
      session.close();
      const rest = sessionOf();
      await rest.query('ALTER ROLE postgres RESET ALL', limit);
      await rest.query('ALTER DATABASE postgres RESET ALL', limit);
      rest.close();
    }
  });

  it('gives the rows of each statement, as what they are', async () => {
    const session = sessionOf();
    const rows = await session.query(`SELECT 1::bigint AS a, true AS b; SELECT 'x' AS c`, limit);
    expect(rows).toEqual([[{ a: 1, b: true }], [{ c: 'x' }]]);
    const [given] = await session.query('SELECT $1::text AS a', { ...limit, values: ["o'"] });
    expect(given).toEqual([{ a: "o'" }]);
    session.close();
  });

  it('that gets no answer ends, and the next query has another one', async () => {
    const session = sessionOf();
    await expect(session.query('SELECT pg_sleep(60)', { timeoutMs: 200 })).rejects.toThrow(
      SqlTimeout,
    );
    expect(session.isOpen).toBe(false);
    const [rows] = await session.query('SELECT 1 AS one', limit);
    expect(rows).toEqual([{ one: 1 }]);
    session.close();
  });

  it('keeps nobody waiting longer than he wants to', async () => {
    const session = sessionOf();
    const slow = session.query('SELECT pg_sleep(60)', { timeoutMs: 2000 });
    const quick = session.query('SELECT 1', { timeoutMs: 100 });
    const first = await Promise.race([slow.catch(() => 'slow'), quick.catch(() => 'quick')]);
    expect(first).toBe('quick');
    await expect(quick).rejects.toThrow(SqlTimeout);
    await expect(slow).rejects.toThrow(SqlTimeout);
    session.close();
  });

  it('stays after an error of the server', async () => {
    const session = sessionOf();
    await expect(session.query('SELECT nothing', limit)).rejects.toMatchObject({
      sqlstate: '42703',
    });
    expect(session.isOpen).toBe(true);
    session.close();
  });

  it('tells when it was ended by somebody else', async () => {
    let reason: string | undefined;
    const session = sessionOf((why) => {
      reason = why;
    });
    const [rows] = await session.query('SELECT pg_backend_pid() AS pid', limit);
    await server.query(`SELECT pg_terminate_backend(${rows?.[0]?.pid})`);
    await waitFor('the news', async () => reason !== undefined);
    expect(reason).toContain('terminating connection');
    expect(session.isOpen).toBe(false);
  });

  it('goes over TCP with a password where the configuration says so', async () => {
    const file = await readPidFile(server.config.dataDir);
    if (file === undefined) throw new Error('no server');
    const overTcp = localTarget({ ...server.config, useUnixSocket: false }, file);
    expect(overTcp.host).toBe('127.0.0.1');
    const connection = await connect({ ...overTcp, timeoutMs: 10_000 });
    expect(await connection.query('SELECT inet_server_port() AS port', limit)).toEqual([
      [{ port: server.config.port }],
    ]);
    connection.close();
    const credentials = { ...server.config.superuser, password: 'wrong' };
    await expect(connect({ ...overTcp, credentials, timeoutMs: 10_000 })).rejects.toMatchObject({
      sqlstate: '28P01',
    });
  });
});

describe('the death of a postmaster', () => {
  it('ends the session at once, and is seen, though nobody else has noticed', async () => {
    const other = await newServer();
    await other.start();
    const found = await findPostmaster(other.config);
    if (found === undefined) throw new Error('no postmaster');
    let lostAt = 0;
    const session = new LocalSession({
      target: async () => localTarget(other.config, found.pidFile),
      onLost: () => {
        lostAt = performance.now();
      },
    });
    await session.query('SELECT 1', { timeoutMs: 10_000 });
    const children = childrenOf(found.identity);
    expect(signalProcess(found.identity, 'SIGKILL')).toBe(true);
    expect(await waitForExit([found.identity], { timeoutMs: 20_000 })).toBe(true);
    expect(await findPostmaster(other.config)).toBeUndefined();
    await waitFor('the news', async () => lostAt > 0);
    expect(await waitForExit(children, { timeoutMs: 20_000 })).toBe(true);
    expect(signalProcess(found.identity, 'SIGKILL')).toBe(false);
    await other.destroy();
  });

  it('is not the same as being stopped for a while', async () => {
    const found = await findPostmaster(server.config);
    if (found === undefined) throw new Error('no postmaster');
    sendSignal(server.pid, 'SIGSTOP');
    try {
      expect(isAlive(found.identity)).toBe(true);
      expect(await findPostmaster(server.config)).toEqual(found);
    } finally {
      sendSignal(server.pid, 'SIGCONT');
    }
  });
});
