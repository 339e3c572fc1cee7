import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isOwnLeftover } from '../../src/postgres/jobs/copy/data-directory.ts';
import { becomeServerUser, newServer, REPLICATOR, type TestServer } from '../harness/postgres.ts';
import { waitFor } from '../harness/processes.ts';
import { newNode, removeNodes, START_PRIMARY, type TestNode } from './postgres-node.ts';
import { watchArguments } from './watch-arguments.ts';

becomeServerUser();
afterAll(removeNodes);

let primary: TestServer;
const nodes: TestNode[] = [];

beforeAll(async () => {
  primary = await newServer({ memberName: 'pg1' });
  await primary.start({ log_connections: 'on', log_min_messages: 'info' });
  const fill = "INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 2000)";
  await primary.query(`CREATE TABLE filler (t text); ${fill}`);
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});
afterAll(() => primary.destroy());

/** Nothing here has to survive the machine. */
const QUICKLY = [{ name: 'checkpoint', value: 'fast' }, { name: 'no-sync' }];

async function node(...[name, changes]: Parameters<typeof newNode>): Promise<TestNode> {
  const made = await newNode(name, { basebackupOptions: QUICKLY, ...changes });
  nodes.push(made);
  return made;
}

const fromPrimary = () => ({ name: 'pg1', connUrl: primary.connUrl });
const clone = () => ({ kind: 'clone', from: fromPrimary() }) as const;

/** What stands beside the data directory. */
const besides = (pg: TestNode, pattern: RegExp): string[] =>
  readdirSync(pg.directory).filter((name) => pattern.test(name));

async function expectStreaming(pg: TestNode): Promise<void> {
  await pg.do({ kind: 'start', as: 'standby', from: fromPrimary() });
  await waitFor('streaming', async () => {
    const text = 'SELECT application_name AS name FROM pg_stat_replication';
    return (await primary.query(text)).some(({ name }) => name === pg.config.memberName);
  });
}

function script(pg: TestNode, text: string): string {
  const path = join(pg.directory, `script-${Math.random()}.sh`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

describe('a copy', () => {
  it('is made in an empty place, secretly, and streams', async () => {
    const replication = { ...REPLICATOR, options: { sslpassword: 'canary-key' } };
    const pg2 = await node('pg2', { replication });
    pg2.config = { ...pg2.config, dataDir: `${pg2.config.dataDir}/` };
    await pg2.context.markers.set('bootstrapping');
    const seen = await watchArguments(() => pg2.do(clone()));
    expect(existsSync(pg2.path('standby.signal'))).toBe(true);
    expect(existsSync(pg2.path('backup_label'))).toBe(true);
    expect(pg2.context.markers.has('bootstrapping')).toBe(false);
    expect(besides(pg2, /^data\./)).toEqual([]);
    expect(seen).toContain('pg_basebackup');
    expect(statSync(`${pg2.config.pgpass}.service`).mode & 0o777).toBe(0o600);
    expect(seen + pg2.lines.join('\n')).not.toContain('canary');
    expect(await pg2.failure(START_PRIMARY)).toContain('never started');
    await expectStreaming(pg2);
  });

  it('takes the slot of the member where there is one, and needs none', async () => {
    await primary.query("SELECT pg_create_physical_replication_slot('pg2')");
    const pg2 = await node('pg2');
    await pg2.do({ kind: 'clone', from: { ...fromPrimary(), slot: 'pg2' } });
    const [slot] = await primary.query(
      "SELECT restart_lsn IS NOT NULL AS reserves FROM pg_replication_slots WHERE slot_name = 'pg2'",
    );
    expect(slot).toEqual({ reserves: true });
    await primary.query("SELECT pg_drop_replication_slot('pg2')");
    await pg2.do({ kind: 'clone', from: { ...fromPrimary(), slot: 'pg2' } });
    await expectStreaming(pg2);
  });

  it('takes the place of data that go aside, and stops their server at once', async () => {
    const pg2 = await node('pg2');
    await pg2.do({ kind: 'bootstrap' });
    await pg2.context.markers.clear('bootstrapping');
    await pg2.do(START_PRIMARY);
    await pg2.context.markers.set('rewinding');
    await pg2.do(clone());
    expect(besides(pg2, /^data\..*\.failed$/)).toHaveLength(1);
    expect(pg2.context.markers.has('rewinding')).toBe(false);
    await expectStreaming(pg2);
    await pg2.do({ ...clone(), discard: true });
    expect(besides(pg2, /^data\..*\.failed$/)).toHaveLength(1);
  });

  it('that fails leaves the data of before where they are', async () => {
    const pg2 = await node('pg2');
    await pg2.do(clone());
    writeFileSync(pg2.path('precious'), '');
    mkdirSync(join(pg2.directory, 'data.new.0123abcd'));
    const nowhere = { name: 'pg9', connUrl: 'postgres://127.0.0.1:1/postgres' };
    const failure = await pg2.failure({ kind: 'clone', from: nowhere, discard: true });
    expect(failure).toMatch(/pg_basebackup ended with code 1: .*Connection refused/);
    expect(existsSync(pg2.path('precious'))).toBe(true);
    expect(besides(pg2, /^data\./)).toEqual([]);
  });

  it('is made of nobody who does not say where he is', async () => {
    const pg2 = await node('pg2');
    const from = { name: 'pg9', connUrl: "postgres://x'y:1/?passfile=/etc/passwd" };
    expect(await pg2.failure({ kind: 'clone', from })).toBe('pg9 does not say how to reach it');
  });

  it('that is cancelled leaves nothing behind, and nobody at work', async () => {
    const pg2 = await node('pg2', {
      basebackupOptions: [...QUICKLY, { name: 'max-rate', value: '32k' }],
    });
    const abort = new AbortController();
    const running = pg2.run(clone(), abort.signal);
    await waitFor('the copy to begin', async () =>
      besides(pg2, /^data\.new\./).some((name) => existsSync(join(pg2.directory, name, 'base'))),
    );
    abort.abort();
    expect(await running).toMatchObject({ ok: false, cancelled: true });
    expect(besides(pg2, /^data\./)).toEqual([]);
    const commands = await argumentsOfAll();
    expect(
      commands.filter((text) => /pg_basebackup/.test(text) && text.includes(pg2.directory)),
    ).toEqual([]);
  });

  it('does not take options that would change what it is for', async () => {
    const pg2 = await node('pg2', {
      basebackupOptions: [
        ...QUICKLY,
        { name: 'pgdata', value: '/etc' },
        { name: 'compress', value: 'gzip' },
      ],
    });
    await pg2.do(clone());
    expect(pg2.lines).toContain('pgdata option for basebackup is not allowed');
    expect(pg2.lines).toContain('--compress=gzip: only server-side compression is possible');
  });

  it('is made inside where the directory cannot be renamed', async () => {
    const pg2 = await node('pg2');
    await pg2.do(clone());
    const locked = join(pg2.directory, 'locked');
    mkdirSync(locked);
    renameSync(pg2.config.dataDir, join(locked, 'data'));
    pg2.config = {
      ...pg2.config,
      dataDir: join(locked, 'data'),
      configDir: join(locked, 'data'),
    };
    chmodSync(locked, 0o555);
    writeFileSync(pg2.path('precious'), '');
    await pg2.do(clone());
    const aside = readdirSync(pg2.config.dataDir).filter(isOwnLeftover);
    expect(aside).toHaveLength(1);
    expect(existsSync(pg2.path(aside[0] ?? '', 'precious'))).toBe(true);
    expect(existsSync(pg2.path('precious'))).toBe(false);
    await expectStreaming(pg2);
    await pg2.do({ ...clone(), discard: true });
    expect(readdirSync(pg2.config.dataDir).filter(isOwnLeftover)).toEqual(aside);
    chmodSync(locked, 0o755);
  });

  it('has its WAL elsewhere, again and again', async () => {
    const pg2 = await node('pg2');
    const wal = join(pg2.directory, 'wal');
    pg2.config = {
      ...pg2.config,
      basebackupOptions: [...pg2.config.basebackupOptions, { name: 'waldir', value: wal }],
    };
    await pg2.do(clone());
    await expectStreaming(pg2);
    await pg2.do(clone());
    expect(besides(pg2, /^wal\..*\.failed$/)).toHaveLength(1);
    await expectStreaming(pg2);
    await pg2.do({ ...clone(), discard: true });
    expect(besides(pg2, /^(wal|data)\..*\.failed$/)).toHaveLength(2);
    await expectStreaming(pg2);
  });

  it('has its tablespaces elsewhere, and those of before go aside', async () => {
    const space = join(primary.directory, 'space');
    mkdirSync(space);
    await primary.query(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
    await primary.query('CREATE TABLE far (i int) TABLESPACE elsewhere');
    const pg2 = await node('pg2');
    const here = join(pg2.directory, 'space');
    pg2.config = {
      ...pg2.config,
      basebackupOptions: [
        ...pg2.config.basebackupOptions,
        { name: 'tablespace-mapping', value: `${space}=${here}` },
      ],
    };
    await pg2.do(clone());
    await pg2.do({ ...clone(), discard: true });
    expect(besides(pg2, /failed$/)).toEqual([]);
    await expectStreaming(pg2);
    await primary.query('DROP TABLE far');
    await primary.query('DROP TABLESPACE elsewhere');
  });

  it('is made where a link leads', async () => {
    const pg2 = await node('pg2');
    mkdirSync(join(pg2.directory, 'disk', 'data'), { recursive: true });
    symlinkSync(join(pg2.directory, 'disk', 'data'), pg2.config.dataDir);
    await pg2.do(clone());
    await pg2.do({ ...clone(), discard: true });
    expect(readdirSync(join(pg2.directory, 'disk'))).toEqual(['data']);
    await expectStreaming(pg2);
  });
});

describe('a replica method', () => {
  const method = {
    name: 'mine',
    command: '',
    keepData: false,
    noParams: false,
    noLeader: false,
    arguments: { bucket: 'a b' },
  };

  it('gets what Patroni passes, and the next is tried when it fails', async () => {
    const pg2 = await node('pg2');
    const command = script(
      pg2,
      `printf '%s\\n' "$@" "$PGPASSFILE" >${pg2.directory}/record; touch "$DATA/x"; exit 3`,
    );
    const mine = {
      ...method,
      command: `env DATA=${pg2.config.dataDir} ${command}`,
      noLeader: true,
    };
    pg2.config = { ...pg2.config, replicaMethods: [mine, 'basebackup'] };
    await pg2.do({ ...clone(), method: 'basebackup' });
    expect(existsSync(join(pg2.directory, 'record'))).toBe(false);
    await pg2.do(clone());
    const record = readFileSync(join(pg2.directory, 'record'), 'utf8').trim().split('\n');
    expect(record.slice(0, 5)).toEqual([
      '--bucket=a b',
      '--no_leader=1',
      '--scope=demo',
      '--role=replica',
      `--datadir=${pg2.config.dataDir}`,
    ]);
    expect(record[5]).toMatch(/^--connstring=dbname=postgres user=replicator host=127.0.0.1/);
    expect(record[5]).not.toContain('canary');
    expect(record[6]).toBe(pg2.config.pgpass);
    await expectStreaming(pg2);
  });

  it('makes a copy without a leader, of a backup', async () => {
    const pg2 = await node('pg2');
    await pg2.do(clone());
    const backup = join(pg2.directory, 'backup');
    renameSync(pg2.config.dataDir, backup);
    const command = `${script(pg2, `cp -a ${backup}/. "$1"`)} ${pg2.config.dataDir}`;
    const methods = ['basebackup', { ...method, command, noLeader: true, noParams: true }] as const;
    pg2.config = { ...pg2.config, replicaMethods: methods };
    await pg2.do({ kind: 'clone', from: undefined });
    await expectStreaming(pg2);
  });

  it('is needed where nobody leads', async () => {
    const pg2 = await node('pg2');
    expect(await pg2.failure({ kind: 'clone', from: undefined })).toContain('without a leader');
  });

  it('that makes no cluster has failed', async () => {
    const pg2 = await node('pg2');
    pg2.config = { ...pg2.config, replicaMethods: [{ ...method, command: 'true' }] };
    expect(await pg2.failure(clone())).toBe('mine made no cluster');
  });
});

async function argumentsOfAll(): Promise<string[]> {
  return (await watchArguments(async () => {})).split('\n');
}
