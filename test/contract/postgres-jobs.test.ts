import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serverProcesses } from '../../src/postgres/jobs/server-processes.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { becomeServerUser, newServer } from '../harness/postgres.ts';
import { sendSignal, waitFor } from '../harness/processes.ts';
import { newNode, removeNodes, START_PRIMARY, STOP, STOP_NOW, TestNode } from './postgres-node.ts';

becomeServerUser();
afterAll(removeNodes);

/** A node with a cluster that was never started. */
async function nodeWithCluster(memberName: string): Promise<TestNode> {
  const { directory, config } = await newServer({ memberName });
  return new TestNode(directory, config);
}

/** A program that leaves what it was called with in a file of the node. */
function recorder(node: TestNode, ending = ''): string {
  const path = join(node.directory, 'recorder.sh');
  writeFileSync(path, `#!/bin/sh\necho "$@" >>${node.directory}/record\n${ending}\n`);
  chmodSync(path, 0o755);
  return path;
}

function recorded(node: TestNode): string[] {
  const path = join(node.directory, 'record');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

async function pid(node: TestNode): Promise<number> {
  return (await findPostmaster(node.config))?.identity.pid ?? 0;
}

async function connect(node: TestNode): Promise<pg.Client> {
  const { directory: host, config } = node;
  const client = new pg.Client({ host, port: config.port, user: 'postgres', database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a start', () => {
  let node: TestNode;

  beforeAll(async () => {
    node = await nodeWithCluster('pg1');
  });
  afterEach(async () => {
    await node.context.markers.clear('rewinding');
    await node.context.markers.clear('bootstrapping');
    await node.stop();
  });

  it('ends when the server takes connections, with the forced parameters', async () => {
    node.config = { ...node.config, clusterParameters: { max_connections: 42 } };
    await node.do(START_PRIMARY);
    const client = await connect(node);
    const { rows } = await client.query(
      `SELECT name, setting, source FROM pg_settings
        WHERE name IN ('max_connections', 'cluster_name', 'hot_standby', 'port') ORDER BY name`,
    );
    await client.end();
    expect(rows.map(({ source }) => source)).toEqual(Array(4).fill('command line'));
    expect(rows.map(({ setting }) => setting)).toEqual([
      'demo',
      'on',
      '42',
      String(node.config.port),
    ]);
    expect(node.context.configuration.pendingRestart).toEqual({});
  });

  it('is no child’s play: the server outlives us, in a session of its own', async () => {
    await node.do(START_PRIMARY);
    const postmaster = await pid(node);
    const session = Number(
      readFileSync(`/proc/${postmaster}/stat`, 'utf8').split(') ')[1]?.split(' ')[3],
    );
    expect(session).toBe(postmaster);
    const environment = readFileSync(`/proc/${postmaster}/environ`, 'utf8');
    expect(environment).not.toMatch(/VITEST|NODE|PATRONI|NOTIFY_SOCKET/);
  });

  it('is refused while one runs', async () => {
    await node.do(START_PRIMARY);
    expect(await node.failure(START_PRIMARY)).toBe('the server runs already');
  });

  it.each([
    ['rewinding', 'half-rewound'],
    ['bootstrapping', 'unfinished'],
  ] as const)('is refused on data that are marked %s', async (marker, word) => {
    await node.context.markers.set(marker);
    expect(await node.failure(START_PRIMARY)).toBe(`the data directory is ${word}`);
    const standby = { kind: 'start', as: 'standby', from: undefined } as const;
    expect(await node.failure(standby)).toBe(`the data directory is ${word}`);
  });

  it('as a primary is refused on a copy that was never started', async () => {
    writeFileSync(node.path('backup_label'), '');
    expect(await node.failure(START_PRIMARY)).toContain('a copy that was never started');
    rmSync(node.path('backup_label'));
  });

  it('is refused when the lease has come to its end meanwhile', async () => {
    node.forbidden = 'the lease is about to end';
    expect(await node.failure(START_PRIMARY)).toBe('the lease is about to end');
    expect(await node.runs()).toBe(false);
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it('does not take place when it was cancelled before', async () => {
    const outcome = await node.run(START_PRIMARY, AbortSignal.abort());
    expect(outcome).toEqual({ ok: false, cancelled: true, failure: 'cancelled' });
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it('tells why the server did not come up', async () => {
    const squatter = createServer().listen(node.config.port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    expect(await node.failure(START_PRIMARY)).toMatch(
      /^PostgreSQL did not start: could not create any TCP\/IP sockets/,
    );
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('is not kept from it by a process that got the number of the one before', async () => {
    const other: ChildProcess = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const lines = [other.pid, node.config.dataDir, 1, node.config.port, '', '', '', 'ready'];
    writeFileSync(node.path('postmaster.pid'), lines.join('\n'));
    await node.do(START_PRIMARY);
    expect(await pid(node)).not.toBe(other.pid);
    other.kill('SIGKILL');
  });

  it('of a primary that crashed goes on with the standbys it waited for', async () => {
    await node.do(START_PRIMARY);
    await node.context.configuration.setSyncNames('1 ("pg2")');
    sendSignal(await pid(node), 'SIGKILL');
    await waitFor('the end', async () => serverProcesses(node.config.dataDir).length === 0);
    const next = new TestNode(node.directory, node.config);
    await next.do(START_PRIMARY);
    expect(await next.value("SELECT current_setting('synchronous_standby_names')")).toBe(
      '1 ("pg2")',
    );
    await next.context.configuration.setSyncNames(undefined);
    next.context.session.close();
  });
});

describe('a stop', () => {
  let node: TestNode;

  beforeAll(async () => {
    node = await nodeWithCluster('pg1');
  });
  afterEach(async () => {
    await node.stop();
    rmSync(join(node.directory, 'record'), { force: true });
  });

  it('of what does not run has nothing to do', async () => {
    await node.do(STOP);
  });

  it('ends sessions, and ends when no process is left', async () => {
    await node.do(START_PRIMARY);
    const client = await connect(node);
    await node.do({ ...STOP, checkpoint: true });
    await expect(client.query('SELECT 1')).rejects.toThrow();
    expect((await node.control()).state).toBe('shut down');
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it('runs before_stop before a fast one, and not before an immediate one', async () => {
    const { config } = node;
    node.config = { ...config, beforeStop: `${recorder(node)} 'before stop'` };
    await node.do(START_PRIMARY);
    await node.do(STOP_NOW);
    expect(recorded(node)).toEqual([]);
    await node.do(START_PRIMARY);
    await node.do(STOP);
    expect(recorded(node)).toEqual(['before stop']);
    node.config = config;
  });

  it('that takes longer than it may becomes an immediate one', async () => {
    const { config } = node;
    // The archiver keeps the postmaster; the control file has long said that it is shut down.
    node.config = {
      ...config,
      parameters: { ...config.parameters, archive_mode: 'on', archive_command: 'sleep 1000' },
    };
    await node.do(START_PRIMARY);
    await node.sql('SELECT pg_switch_wal()');
    const abort = new AbortController();
    const slow = node.run(STOP, abort.signal);
    await waitFor('the control file', async () => (await node.control()).state === 'shut down');
    expect(await node.runs()).toBe(true);
    abort.abort();
    expect(await slow).toMatchObject({ cancelled: true });
    await node.do({ ...STOP, limit: 1 });
    expect(await node.runs()).toBe(false);
    node.config = config;
  });

  it('of a server that stands still is done by force', async () => {
    await node.do(START_PRIMARY);
    sendSignal(await pid(node), 'SIGSTOP');
    await node.do({ ...STOP, limit: 1 });
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it('finds a server whose pid file somebody has removed', async () => {
    await node.do(START_PRIMARY);
    rmSync(node.path('postmaster.pid'));
    const next = new TestNode(node.directory, node.config);
    expect(await next.failure(START_PRIMARY)).toBe('the server runs already');
    await next.do(STOP);
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it.each([
    ['a stop', STOP_NOW, 0],
    ['a start', START_PRIMARY, 1],
  ])('(as %s) ends sessions that outlived their postmaster', async (_, job, left) => {
    await node.do(START_PRIMARY);
    const client = await connect(node);
    const running = client.query('SELECT count(*) FROM generate_series(1, 1e12)').catch(() => {});
    await waitFor('the query', async () => {
      const [rows] = await node.context.session.query(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%1e12%' AND state = 'active'",
        { timeoutMs: 5000 },
      );
      return (rows?.length ?? 0) > 1;
    });
    sendSignal(await pid(node), 'SIGKILL');
    await waitFor('the end of the postmaster', async () => !(await node.runs()));
    await waitFor('the orphan', async () => serverProcesses(node.config.dataDir).length > 0);
    await node.do(job);
    await running;
    expect(Number(serverProcesses(node.config.dataDir).length > 0)).toBe(left);
  });

  it('finds a server that was launched a moment ago', async () => {
    const abort = new AbortController();
    const starting = node.run(START_PRIMARY, abort.signal);
    await waitFor('the process', async () => (await node.context.server.find()) !== undefined);
    abort.abort();
    await starting;
    await node.do(STOP_NOW);
    expect(serverProcesses(node.config.dataDir)).toEqual([]);
  });

  it('cancelled, leaves the server to itself', async () => {
    await node.do(START_PRIMARY);
    const postmaster = await pid(node);
    sendSignal(postmaster, 'SIGSTOP');
    const abort = new AbortController();
    const stopping = node.run(STOP, abort.signal);
    abort.abort();
    expect(await stopping).toMatchObject({ ok: false, cancelled: true });
    sendSignal(postmaster, 'SIGCONT');
  });
});

describe('a cluster of two', () => {
  let pg1: TestNode;
  let pg2: TestNode;

  beforeAll(async () => {
    pg1 = await nodeWithCluster('pg1');
    pg1.config = { ...pg1.config, clusterParameters: { max_connections: 60 } };
    await pg1.do(START_PRIMARY);
    pg2 = await newNode('pg2', { clusterParameters: { max_connections: 60 } });
    await pg2.do({ kind: 'clone', from: pg1.source() });
  });
  afterAll(async () => {
    await pg2.stop();
    await pg1.stop();
  });

  const streaming = (from: TestNode, name: string): Promise<unknown> =>
    waitFor(`${name} to stream from ${from.config.memberName}`, async () => {
      const text =
        "SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming'";
      const [rows] = await from.context.session.query(text, { timeoutMs: 5000 });
      return rows?.some((row) => row.name === name);
    });

  it('a standby streams, and says nothing of passwords', async () => {
    pg2.config = {
      ...pg2.config,
      callbacks: {
        on_start: recorder(pg2),
        on_role_change: recorder(pg2),
        on_restart: recorder(pg2),
        on_stop: recorder(pg2),
        on_reload: recorder(pg2),
      },
    };
    await pg2.do({ kind: 'start', as: 'standby', from: pg1.source() });
    await streaming(pg1, 'pg2');
    expect(await pg2.context.configuration.upstream()).toMatchObject({
      name: 'pg1',
      conninfo: await pg2.value("SELECT current_setting('primary_conninfo')"),
    });
    expect(readFileSync(join(pg2.directory, 'postgres.log'), 'utf8')).not.toContain('canary');
    expect(pg2.context.configuration.pendingRestart).toEqual({});
  });

  it('a standby’s data are not started as a primary', async () => {
    await pg2.do(STOP);
    expect(await pg2.failure(START_PRIMARY)).toBe('the directory is that of a standby');
  });

  it('a standby with less than the primary had is raised, and says that it waits', async () => {
    pg2.config = { ...pg2.config, clusterParameters: { max_connections: 40 } };
    await pg2.do({ kind: 'start', as: 'standby', from: pg1.source() });
    expect(await pg2.value("SELECT current_setting('max_connections')")).toBe('60');
    expect(pg2.context.configuration.pendingRestart).toEqual({
      max_connections: { oldValue: '60', newValue: '40' },
    });
    pg2.config = { ...pg2.config, clusterParameters: { max_connections: 60 } };
    await pg2.context.configuration.apply();
    expect(pg2.context.configuration.pendingRestart).toEqual({});
  });

  it('a restart keeps the role', async () => {
    const before = await pg2.value('SELECT pg_postmaster_start_time()');
    await pg2.do({ kind: 'restart', from: pg1.source() });
    expect(await pg2.value('SELECT pg_is_in_recovery()')).toBe(true);
    expect(await pg2.value('SELECT pg_postmaster_start_time()')).not.toBe(before);
    await streaming(pg1, 'pg2');
  });

  it('a promotion that its script forbids does not take place', async () => {
    const { config } = pg2;
    pg2.config = { ...config, prePromote: recorder(pg2, 'exit 1') };
    expect(await pg2.failure({ kind: 'promote', above: 1 })).toMatch(/^pre_promote failed/);
    pg2.config = config;
    recorder(pg2);
    expect(await pg2.value('SELECT pg_is_in_recovery()')).toBe(true);
  });

  it('a promotion without a lease does not take place, and leaves nothing', async () => {
    pg2.forbidden = 'the lock is not ours';
    expect(await pg2.failure({ kind: 'promote', above: 7 })).toBe('the lock is not ours');
    pg2.forbidden = undefined;
    expect(await pg2.value('SELECT pg_is_in_recovery()')).toBe(true);
    expect(readdirSync(pg2.path('pg_wal')).filter((name) => /history/.test(name))).toEqual([]);
  });

  it('a primary is not promoted', async () => {
    expect(await pg1.failure({ kind: 'promote', above: 1 })).toContain('not a running standby');
  });

  it('a promotion takes a number that nobody has used, and others can follow', async () => {
    const pg3 = await newNode('pg3', { clusterParameters: { max_connections: 60 } });
    await pg3.do({ kind: 'clone', from: pg1.source() });
    await pg3.do({ kind: 'start', as: 'standby', from: pg1.source() });
    await pg1.do({ ...STOP, checkpoint: true });
    await pg2.do({ kind: 'promote', above: 3 });
    expect(await pg2.value('SELECT pg_walfile_name(pg_current_wal_lsn())')).toMatch(/^00000004/);
    await waitFor('the files', async () => {
      return !pg2.read('postgresql.conf').includes('primary_conninfo');
    });
    await pg3.context.configuration.follow(pg2.source());
    await streaming(pg2, 'pg3');
    await pg2.sql('CREATE TABLE public.after_promotion (i int)');
    await waitFor('the table', async () => {
      const [rows] = await pg3.context.session.query(
        "SELECT 1 FROM pg_class WHERE relname = 'after_promotion'",
        { timeoutMs: 5000 },
      );
      return rows?.length === 1;
    });
    await pg3.stop();
  });

  it('the primary of before comes back as a standby', async () => {
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
    await streaming(pg2, 'pg1');
  });

  it('the callbacks have been told all that', async () => {
    await pg2.context.callbacks.idle();
    expect(recorded(pg2)).toEqual([
      'on_start replica demo',
      'on_stop replica demo',
      'on_start replica demo',
      'on_reload replica demo',
      'on_restart replica demo',
      '',
      'on_role_change primary demo',
    ]);
  });

  it('a start that waits for its source ends some time, and the server can be stopped', async () => {
    const pg4 = await newNode('pg4', { pgCtlTimeout: 2 });
    await pg4.do({ kind: 'clone', from: pg2.source() });
    // A copy whose WAL has gone waits for it.
    for (const name of readdirSync(pg4.path('pg_wal'))) {
      if (/^[0-9A-F]{24}$/.test(name)) rmSync(pg4.path('pg_wal', name));
    }
    const nowhere = { name: 'pg9', connUrl: 'postgres://127.0.0.1:1/postgres' };
    const failure = await pg4.failure({ kind: 'start', as: 'standby', from: nowhere });
    expect(failure).toMatch(/still starting after 2 s|did not start/);
    await pg4.stop();
  });
});
