import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresView } from '../../src/model/postgres.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { childrenOf } from '../../src/postgres/process-table.ts';
import {
  becomeServerUser,
  newServer,
  newStandby,
  type TestServer,
  temporaryDirectory,
} from '../harness/postgres.ts';
import { type Eye, eyeOn } from '../harness/postgres-eye.ts';
import { sendSignal, waitFor } from '../harness/processes.ts';

becomeServerUser();

/** Waits until a look shows this. */
async function seen(eye: Eye, what: string, is: (view: PostgresView) => boolean) {
  return waitFor(what, async () => {
    const view = await eye.look();
    return is(view) ? view : undefined;
  });
}

async function lsnOf(server: TestServer, lsn: string): Promise<number> {
  const [row] = await server.query(`SELECT pg_wal_lsn_diff(${lsn}, '0/0')::float8 AS lsn`);
  return Number(row?.lsn);
}

describe('a primary and its standby', () => {
  let primary: TestServer;
  let standby: TestServer;
  let eye: Eye;
  let other: Eye;

  beforeAll(async () => {
    primary = await newServer();
    await primary.start();
    standby = await newStandby(primary, { memberName: 'pg2' });
    await standby.start();
    eye = eyeOn(primary);
    other = eyeOn(standby);
  });

  afterAll(async () => {
    eye.close();
    other.close();
    await standby.destroy();
    await primary.destroy();
  });

  it('a primary is seen as it is', async () => {
    await primary.query('CHECKPOINT');
    const view = await seen(eye, 'the standby', ({ standbys }) => (standbys[0]?.flushLsn ?? 0) > 0);
    expect(view).toMatchObject({
      ...{ dataDirectory: 'initialized', state: 'running', answering: true, role: 'primary' },
      ...{ controlState: 'in production', timeline: 1, follows: '', followsSlot: '' },
      ...{ replicationState: undefined, receivedLsn: undefined, replayedLsn: undefined },
      ...{ history: [], backupLabel: false, checkpointedSincePromote: true, slots: [] },
      ...{ syncNames: { kind: 'off' }, standbys: [{ name: 'pg2', syncState: 'async' }] },
      checkpointLsn: await lsnOf(primary, '(SELECT checkpoint_lsn FROM pg_control_checkpoint())'),
      pendingRestart: { max_connections: { oldValue: '100', newValue: '200' } },
    });
    // A query may write WAL itself, when it tidies up a page.
    const before = await lsnOf(primary, 'pg_current_wal_flush_lsn()');
    expect((await eye.look()).lsn).toBeGreaterThanOrEqual(before);
    expect(view.lsn).toBeLessThanOrEqual(before);
    const [row] = await primary.query(
      'SELECT pg_postmaster_start_time() = $$' +
        `${view.postmasterStart}` +
        '$$::timestamptz AS ok,' +
        " current_setting('server_version_num')::int AS version",
    );
    expect(row?.ok).toBe(true);
    expect(view.serverVersion).toBe(row?.version);
    const { replication } = primary.config;
    expect(view.standbys[0]).toMatchObject({
      ...{ user: replication.username, clientAddress: '127.0.0.1', syncPriority: 0 },
    });
    expect(eye.said).toEqual([]);
  });

  it('a standby that streams is seen as it is', async () => {
    await primary.query('CREATE TABLE seen (id int)');
    const lsn = await lsnOf(primary, 'pg_current_wal_flush_lsn()');
    const view = await seen(other, 'the WAL', ({ replayedLsn }) => (replayedLsn ?? 0) >= lsn);
    expect(view).toMatchObject({
      ...{ state: 'running', answering: true, role: 'standby', timeline: 1, follows: 'pg1' },
      followsAddress: { host: '127.0.0.1', port: primary.config.port },
      ...{ controlState: 'in archive recovery', replicationState: 'streaming' },
      ...{ replayPaused: false, followsSlot: '', systemId: (await eye.look()).systemId },
    });
    expect(view.lsn).toBe(Math.max(view.receivedLsn ?? 0, view.replayedLsn ?? 0));
    expect(view.latestEndLsn).toBeGreaterThanOrEqual(lsn);
    const [row] = await standby.query(
      `SELECT pg_last_xact_replay_timestamp() - $$${view.replayedAt}$$::timestamptz AS off`,
    );
    expect(row?.off).toEqual({});
  });

  it('a replay that was paused is seen', async () => {
    await standby.query('SELECT pg_wal_replay_pause()');
    await seen(other, 'the pause', ({ replayPaused }) => replayPaused);
    await standby.query('SELECT pg_wal_replay_resume()');
    await seen(other, 'the end of it', ({ replayPaused }) => !replayPaused);
  });

  it('slots are seen, but those of sessions', async () => {
    const client = await primary.connect();
    await client.query(`SELECT pg_create_physical_replication_slot('temporary', true, true)`);
    await primary.query(`SELECT pg_create_physical_replication_slot('empty')`);
    await primary.query(`SELECT pg_create_physical_replication_slot('kept', true)`);
    await primary.query(`SELECT pg_create_logical_replication_slot('logical', 'pgoutput')`);
    const { slots } = await eye.look();
    await client.end();
    expect(slots).toEqual([
      {
        ...{ name: 'empty', type: 'physical', active: false, holdsXmin: false },
        ...{ database: undefined, plugin: undefined },
        ...{ restartLsn: undefined, confirmedFlushLsn: undefined },
      },
      {
        ...{ name: 'kept', type: 'physical', active: false, holdsXmin: false },
        ...{ database: undefined, plugin: undefined },
        ...{ restartLsn: expect.any(Number), confirmedFlushLsn: undefined },
      },
      {
        ...{ name: 'logical', type: 'logical', active: false, holdsXmin: false },
        ...{ database: 'postgres', plugin: 'pgoutput' },
        ...{ restartLsn: expect.any(Number), confirmedFlushLsn: expect.any(Number) },
      },
    ]);
    for (const { name } of slots) await primary.query(`SELECT pg_drop_replication_slot('${name}')`);
  });

  it('synchronous standbys are seen', async () => {
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (pg2,"pg-3")'`);
    await primary.query('SELECT pg_reload_conf()');
    // The WAL sender reads the names a moment later than the others.
    const view = await seen(
      eye,
      'the names',
      ({ syncNames, standbys }) =>
        syncNames.kind === 'any' && standbys.some(({ syncState }) => syncState !== 'async'),
    );
    expect(view.syncNames).toEqual({ kind: 'any', count: 1, names: ['pg2', 'pg-3'] });
    expect(view.standbys[0]?.syncState).toBe('quorum');
    await primary.query('ALTER SYSTEM RESET synchronous_standby_names');
    await primary.query('SELECT pg_reload_conf()');
  });

  it('a standby without a source tells its timeline, and whether it has an archive', async () => {
    await standby.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await standby.query(`ALTER SYSTEM SET primary_slot_name = 'a_slot'`);
    await standby.query('SELECT pg_reload_conf()');
    const alone = await seen(other, 'no source', ({ follows }) => follows === '');
    const view = await seen(
      other,
      'no stream',
      ({ replicationState: state }) => state === undefined,
    );
    expect(view).toMatchObject({ timeline: 1, followsSlot: 'a_slot' });
    expect(alone.receivedLsn).toBe(view.receivedLsn);
    await standby.query(`ALTER SYSTEM SET restore_command = 'false'`);
    await standby.query('SELECT pg_reload_conf()');
    await seen(other, 'the archive', (now) => now.replicationState === 'in archive recovery');
    await standby.query('ALTER SYSTEM RESET restore_command');
    await standby.query('ALTER SYSTEM RESET primary_slot_name');
    await standby.query('ALTER SYSTEM RESET primary_conninfo');
    await standby.query('SELECT pg_reload_conf()');
  });

  it('a server that hangs is neither down nor another one, and is asked again', async () => {
    const before = await seen(other, 'the standby', ({ answering }) => answering);
    const postmaster = await findPostmaster(standby.config);
    if (!postmaster) throw new Error('no postmaster');
    const all = [postmaster.identity, ...childrenOf(postmaster.identity)];
    for (const { pid } of all) sendSignal(pid, 'SIGSTOP');
    const begun = performance.now();
    const view = await other.look();
    const took = performance.now() - begun;
    for (const { pid } of all) sendSignal(pid, 'SIGCONT');
    expect(view).toMatchObject({
      ...{ state: 'running', answering: false, role: 'standby', timeline: 1, standbys: [] },
      ...{ systemId: before.systemId, postmasterStart: before.postmasterStart },
      ...{ replicationState: undefined, slots: [] },
    });
    expect(view.lsn).toBeGreaterThanOrEqual(before.lsn);
    expect(took).toBeLessThan(10_000);
    expect(other.said).toContain('PostgreSQL: no answer in time');
    await seen(other, 'an answer', ({ answering }) => answering);
  });

  it('what a new agent sees of a server that hangs is what its files say', async () => {
    const postmaster = await findPostmaster(primary.config);
    if (!postmaster) throw new Error('no postmaster');
    const all = [postmaster.identity, ...childrenOf(postmaster.identity)];
    for (const { pid } of all) sendSignal(pid, 'SIGSTOP');
    const fresh = eyeOn(primary);
    const view = await fresh.look();
    for (const { pid } of all) sendSignal(pid, 'SIGCONT');
    expect(view).toMatchObject({
      ...{ state: 'running', answering: false, role: 'primary', timeline: 1 },
      ...{ controlState: 'in production', dataDirectory: 'initialized', follows: '' },
    });
    fresh.close();
  });

  it('one session that was ended does not hide the server', async () => {
    await eye.look();
    await primary.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgherd'`,
    );
    expect(await eye.look()).toMatchObject({ state: 'running', answering: true });
  });
});

describe('a server that stops', () => {
  it('ends where its standby ends, and both are seen', async () => {
    const primary = await newServer();
    await primary.start();
    const standby = await newStandby(primary, { memberName: 'pg2' });
    await standby.start();
    const [eye, other] = [eyeOn(primary), eyeOn(standby)];
    await seen(other, 'the stream', ({ replicationState }) => replicationState === 'streaming');
    await primary.query(
      `CREATE TABLE big AS SELECT generate_series(1, ${(Math.random() * 9999) | 0})`,
    );
    await primary.stop();
    const view = await eye.look();
    expect(view).toMatchObject({
      ...{ state: 'stopped', answering: true, role: 'primary', controlState: 'shut down' },
      ...{ timeline: 1, dataDirectory: 'initialized', postmasterStart: undefined, follows: '' },
      ...{ checkpointedSincePromote: true, pendingRestart: {} },
    });
    // Else a standby that has it all would be taken for one that has not, or the other way round.
    expect((await other.look()).receivedLsn).toBe(view.lsn);
    expect(view.checkpointLsn).toBeLessThan(view.lsn);
    await standby.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await standby.query('SELECT pg_promote()');
    const promoted = await seen(other, 'the promotion', ({ role }) => role === 'primary');
    expect(promoted).toMatchObject({ timeline: 2, controlState: 'in production' });
    expect(promoted.history).toEqual([
      { timeline: 1, lsn: view.lsn, reason: 'no recovery target specified' },
    ]);
    await standby.query('CHECKPOINT');
    expect(await other.look()).toMatchObject({ checkpointedSincePromote: true });
    for (const each of [eye, other]) each.close();
    await standby.destroy();
    await primary.destroy();
  });

  it('archives its last WAL: it has shut down, and still runs', async () => {
    const primary = await newServer();
    await primary.start({ archive_mode: 'on', archive_command: 'true', wal_keep_size: '128MB' });
    const standby = await newStandby(primary, { memberName: 'pg2' });
    await standby.start();
    const [eye, other] = [eyeOn(primary), eyeOn(standby)];
    await seen(other, 'the stream', ({ replicationState }) => replicationState === 'streaming');
    await primary.stop();
    const view = await eye.look();
    const { receivedLsn = 0 } = await other.look();
    expect(receivedLsn).toBe(view.lsn);
    // The switch to another file and the checkpoint hold no data: a standby may lack both.
    expect(view.lsn - view.checkpointLsn).toBeGreaterThan(1000);
    for (const each of [eye, other]) each.close();
    await standby.destroy();
    await primary.destroy();
  });

  it('is seen while it waits for its clients, and when its archive hangs', async () => {
    const server = await newServer();
    const gate = join(server.directory, 'gate');
    const command = `while [ ! -e ${gate} ]; do sleep 0.1; done`;
    await server.start({ archive_mode: 'on', archive_command: command });
    const eye = eyeOn(server);
    const client = await server.connect();
    sendSignal(server.pid, 'SIGTERM');
    const waiting = await seen(eye, 'a smart shutdown', ({ state }) => state === 'stopping');
    expect(waiting).toMatchObject({ role: 'primary', controlState: 'in production' });
    await client.end();
    const down = await seen(eye, 'the end of WAL', (view) => view.controlState === 'shut down');
    expect(down).toMatchObject({ state: 'stopping', role: 'primary', answering: true });
    expect(down.lsn).toBeGreaterThan(down.checkpointLsn);
    writeFileSync(gate, '');
    await server.stop('SIGINT');
    expect(await eye.look()).toMatchObject({ state: 'stopped', lsn: down.lsn });
    eye.close();
    await server.destroy();
  });
});

describe('a server that crashed', () => {
  it('is seen as what it was, before and after a promotion', async () => {
    const primary = await newServer();
    await primary.start();
    const standby = await newStandby(primary, { memberName: 'pg2' });
    await standby.start({ log_checkpoints: 'on' });
    const [eye, other] = [eyeOn(primary), eyeOn(standby)];
    await seen(other, 'the stream', ({ replicationState }) => replicationState === 'streaming');
    await standby.stop('SIGKILL');
    expect(await other.look()).toMatchObject({
      ...{ state: 'stopped', role: 'standby', controlState: 'in archive recovery', timeline: 1 },
    });
    await standby.start();
    const { lsn } = await seen(other, 'the standby', ({ answering, state }) => {
      return answering && state === 'running';
    });
    await standby.query('SELECT pg_promote()');
    await seen(other, 'the promotion', ({ role }) => role === 'primary');
    const checkpointed = (await other.look()).checkpointedSincePromote;
    await standby.stop('SIGKILL');
    const crashed = await other.look();
    expect(crashed).toMatchObject({ role: 'primary', controlState: 'in production', timeline: 2 });
    expect(crashed.lsn).toBeGreaterThanOrEqual(lsn);
    if (!checkpointed) expect(crashed.history).toHaveLength(1);
    await primary.stop('SIGQUIT');
    expect(await eye.look()).toMatchObject({
      ...{ state: 'stopped', role: 'primary', controlState: 'in production', timeline: 1 },
    });
    for (const each of [eye, other]) each.close();
    await standby.destroy();
    await primary.destroy();
  });

  it('in one of its processes starts anew under the same postmaster', async () => {
    const server = await newServer();
    await server.start();
    const eye = eyeOn(server);
    const before = await eye.look();
    const client = await server.connect();
    const [row] = (await client.query('SELECT pg_backend_pid() AS pid')).rows;
    sendSignal(Number(row.pid), 'SIGKILL');
    const states = new Set<string>();
    const view = await seen(eye, 'the server', ({ state, answering }) => {
      states.add(state);
      return state === 'running' && answering;
    });
    expect(view.postmasterStart).toBe(before.postmasterStart);
    expect([...states].filter((state) => state === 'stopped')).toEqual([]);
    eye.close();
    await server.destroy();
  });

  it('that lets nobody in while it recovers is starting', async () => {
    const primary = await newServer();
    await primary.start();
    const standby = await newStandby(primary);
    const eye = eyeOn(standby);
    expect(await eye.look()).toMatchObject({ state: 'stopped', backupLabel: true });
    standby.launch({ hot_standby: 'off' });
    const view = await seen(eye, 'the process', ({ state }) => state !== 'stopped');
    expect(view).toMatchObject({ state: 'starting', answering: true, role: 'standby' });
    eye.close();
    await standby.destroy();
    await primary.destroy();
  });
});

describe('a data directory', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await newServer();
  });

  afterAll(() => server.destroy());

  const place = (): string => join(temporaryDirectory(), 'data');

  it('that is not there is empty, and one with nothing but hidden files, too', async () => {
    const dataDir = place();
    const eye = eyeOn(server, dataDir);
    expect(await eye.look()).toMatchObject({
      ...{ dataDirectory: 'empty', state: 'stopped', answering: true, role: 'standby' },
      ...{ systemId: undefined, timeline: undefined, lsn: 0, controlState: '' },
    });
    mkdirSync(join(dataDir, 'lost+found'), { recursive: true });
    writeFileSync(join(dataDir, '.hidden'), '');
    expect(await eye.look()).toMatchObject({ dataDirectory: 'empty' });
    writeFileSync(join(dataDir, 'precious'), '');
    expect(await eye.look()).toMatchObject({ dataDirectory: 'invalid' });
  });

  it('that must not be entered is inaccessible', async () => {
    const eye = eyeOn(server);
    chmodSync(server.config.dataDir, 0o000);
    expect(await eye.look()).toMatchObject({ dataDirectory: 'inaccessible', state: 'stopped' });
    chmodSync(server.config.dataDir, 0o700);
    expect(await eye.look()).toMatchObject({ dataDirectory: 'initialized', state: 'stopped' });
  });

  it('with a control file that is none is inaccessible, and the tool is quoted', async () => {
    const eye = eyeOn(server);
    const control = join(server.config.dataDir, 'global', 'pg_control');
    renameSync(control, `${control}.away`);
    expect(await eye.look()).toMatchObject({ dataDirectory: 'invalid' });
    writeFileSync(control, 'x'.repeat(8192));
    expect(await eye.look()).toMatchObject({ dataDirectory: 'inaccessible' });
    expect(eye.said.join()).toContain('pg_controldata');
    renameSync(`${control}.away`, control);
  });

  it('that was marked is unfinished or half rewound, until the mark goes', async () => {
    const eye = eyeOn(server);
    await eye.markers.set('rewinding');
    expect(await eye.look()).toMatchObject({ dataDirectory: 'half-rewound' });
    await eye.markers.clear('rewinding');
    await eye.markers.set('bootstrapping');
    expect(await eyeOn(server).look()).toMatchObject({ dataDirectory: 'unfinished' });
    await eye.markers.clear('bootstrapping');
    expect(await eyeOn(server).look()).toMatchObject({ dataDirectory: 'initialized' });
  });

  it('with the port of another server in its file is not taken for that one', async () => {
    const [one, two] = [await newServer(), await newServer()];
    await one.start();
    await two.start();
    const eye = eyeOn(two);
    const path = join(two.config.dataDir, 'postmaster.pid');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[3] = String(one.config.port);
    lines[4] = one.directory;
    writeFileSync(path, lines.join('\n'));
    expect(await eye.look()).toMatchObject({ state: 'running', answering: false });
    expect(eye.said.join()).toContain(one.config.dataDir);
    eye.close();
    await one.destroy();
    await two.destroy();
  });
});
