import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serverProcesses } from '../../src/postgres/jobs/server-processes.ts';
import { findPostmaster } from '../../src/postgres/postmaster.ts';
import { becomeServerUser, newServer } from '../harness/postgres.ts';
import { sendSignal, waitFor } from '../harness/processes.ts';
import { newNode, removeNodes, START_PRIMARY, STOP, TestNode } from './postgres-node.ts';
import { watchArguments } from './watch-arguments.ts';

becomeServerUser();
afterAll(removeNodes);

const CRASH_RECOVERY = { kind: 'crash-recovery' } as const;

/** pg1 leads, pg2 is a copy of it and follows. */
async function copied(): Promise<{ pg1: TestNode; pg2: TestNode }> {
  const { directory, config } = await newServer({ memberName: 'pg1' });
  const pg1 = new TestNode(directory, config);
  await pg1.do(START_PRIMARY);
  const pg2 = await newNode('pg2', {
    basebackupOptions: [{ name: 'checkpoint', value: 'fast' }, { name: 'no-sync' }],
  });
  await pg2.do({ kind: 'clone', from: pg1.source() });
  await pg2.do({ kind: 'start', as: 'standby', from: pg1.source() });
  return { pg1, pg2 };
}

/** Now pg2 leads, and pg1 has what pg2 does not have. */
async function part({ pg1, pg2 }: { pg1: TestNode; pg2: TestNode }): Promise<void> {
  await pg2.do({ kind: 'promote', above: 1 });
  await pg2.sql('CREATE TABLE public.kept (i int); CHECKPOINT');
  await pg1.sql('CREATE TABLE public.lost (i int)');
}

/** pg1 leads, pg2 follows; afterwards pg2 leads, and pg1 has what pg2 does not have. */
async function diverged(): Promise<{ pg1: TestNode; pg2: TestNode }> {
  const both = await copied();
  await part(both);
  return both;
}

async function crash(node: TestNode): Promise<void> {
  sendSignal((await findPostmaster(node.config))?.identity.pid, 'SIGKILL');
  await waitFor('the end', async () => serverProcesses(node.config.dataDir).length === 0);
}

const tables =
  "SELECT (SELECT string_agg(relname, ',') FROM pg_class WHERE relname ~ '^(kept|lost)$')";

describe('a primary of before', () => {
  let pg1: TestNode;
  let pg2: TestNode;

  beforeEach(async () => {
    ({ pg1, pg2 } = await diverged());
  });
  afterEach(async () => {
    await pg1.stop();
    await pg2.stop();
  });

  it('that crashed recovers, is rewound and follows, and no secret is seen', async () => {
    await crash(pg1);
    expect((await pg1.control()).state).toBe('in production');
    const rewind = { kind: 'rewind', from: pg2.source() } as const;
    expect(await pg1.failure(rewind)).toBe('target server must be shut down cleanly');
    expect(pg1.context.markers.has('rewinding')).toBe(false);
    await pg1.do(CRASH_RECOVERY);
    expect((await pg1.control()).state).toBe('shut down');
    pg1.config = { ...pg1.config, dataDir: `${pg1.config.dataDir}/` };
    const seen = await watchArguments(() => pg1.do(rewind));
    expect(seen).toContain('pg_rewind');
    expect(seen + pg1.lines.join('\n')).not.toContain('canary');
    expect(pg1.context.markers.has('rewinding')).toBe(false);
    expect(existsSync(pg1.path('standby.signal'))).toBe(true);
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
    await waitFor('the other history', async () => (await pg1.value(tables)) === 'kept');
    for (const name of readdirSync(pg1.config.dataDir).filter((each) => /conf|opts/.test(each))) {
      expect(pg1.read(name), name).not.toContain('canary');
    }
    // A rewind that was not needed does no harm.
    await pg1.do(STOP);
    await pg1.do(rewind);
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
  });

  it('archives before a rewind what it has not archived yet', async () => {
    const archive = join(pg1.directory, 'archive');
    const blocked = join(pg1.directory, 'blocked');
    mkdirSync(archive);
    writeFileSync(blocked, '');
    pg1.config = {
      ...pg1.config,
      parameters: {
        ...pg1.config.parameters,
        archive_mode: 'on',
        archive_command: `test ! -e ${blocked} && cp %p '${archive}/%f'`,
      },
    };
    await pg1.do({ kind: 'restart', from: undefined });
    await pg1.sql('SELECT pg_switch_wal(); CREATE TABLE public.lost2 (i int)');
    await crash(pg1);
    const ready = (): string[] =>
      readdirSync(pg1.path('pg_wal', 'archive_status')).filter((name) => /\.ready$/.test(name));
    const waiting = ready().map((name) => name.replace('.ready', ''));
    expect(waiting.length).toBeGreaterThan(0);
    rmSync(blocked);
    await pg1.do(CRASH_RECOVERY);
    expect(readdirSync(archive)).toEqual(expect.arrayContaining(waiting));
    await pg1.do({ kind: 'rewind', from: pg2.source() });
    expect(pg1.context.markers.has('rewinding')).toBe(false);
  });

  it('fetches the WAL that it has recycled from the archive', async () => {
    const archive = join(pg1.directory, 'archive');
    mkdirSync(archive);
    pg1.config = {
      ...pg1.config,
      parameters: {
        ...pg1.config.parameters,
        archive_mode: 'on',
        archive_command: `cp %p '${archive}/%f'`,
      },
      recoveryConf: { restore_command: `cp '${archive}/%f' '%p'` },
    };
    await pg1.do({ kind: 'restart', from: undefined });
    await pg1.sql('SELECT pg_switch_wal(); CHECKPOINT');
    await pg1.do({ ...STOP, checkpoint: true });
    const archived = readdirSync(archive).filter((name) => /^[0-9A-F]{24}$/.test(name));
    for (const name of archived) rmSync(pg1.path('pg_wal', name), { force: true });
    const seen = await watchArguments(() => pg1.do({ kind: 'rewind', from: pg2.source() }));
    expect(seen).toContain('--restore-target-wal');
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
  });

  it('is as it was when pg_rewind had not begun to write', async () => {
    await pg1.do(STOP);
    const nowhere = { name: 'pg9', connUrl: 'postgres://127.0.0.1:1/postgres' };
    expect(await pg1.failure({ kind: 'rewind', from: nowhere })).toMatch(/Connection refused/);
    expect(pg1.context.markers.has('rewinding')).toBe(false);
    expect(await pg1.failure({ kind: 'rewind', from: { ...nowhere, connUrl: 'x' } })).toBe(
      'pg9 does not say how to reach it',
    );
    await pg1.do(START_PRIMARY);
    expect(await pg1.value(tables)).toBe('lost');
  });

  it('is not started after pg_rewind was cut off, nor touched in another way', async () => {
    await pg2.sql(
      "CREATE TABLE public.big AS SELECT repeat('x', 1000) AS t FROM generate_series(1, 60000)",
    );
    await pg1.do(STOP);
    const abort = new AbortController();
    const running = pg1.run({ kind: 'rewind', from: pg2.source() }, abort.signal);
    let ended = false;
    void running.then(() => {
      ended = true;
    });
    const begun = (): boolean => pg1.lines.some((line) => /need to copy/.test(line));
    // As soon as it writes: a pause in between would let it come to its end.
    while (!ended && !begun()) await delay(1);
    abort.abort();
    expect(await running).toMatchObject({ ok: false, cancelled: true });
    expect(pg1.context.markers.has('rewinding')).toBe(true);
    const standby = { kind: 'start', as: 'standby', from: pg2.source() } as const;
    for (const job of [START_PRIMARY, standby, CRASH_RECOVERY] as const) {
      expect(await pg1.failure(job)).toBe('the data directory is half-rewound');
    }
    const again = await pg1.failure({ kind: 'rewind', from: pg2.source() });
    expect(again).toBe('the data directory is half-rewound');
    await pg1.do({ kind: 'clone', from: pg2.source(), discard: true });
    await pg1.do(standby);
  });

  it('is neither recovered nor rewound while it runs, or with the label of a copy', async () => {
    expect(await pg1.failure(CRASH_RECOVERY)).toBe('the server runs');
    expect(await pg1.failure({ kind: 'rewind', from: pg2.source() })).toBe('the server runs');
    await crash(pg1);
    writeFileSync(pg1.path('backup_label'), '');
    expect(await pg1.failure(CRASH_RECOVERY)).toBe('there is a backup_label');
    expect(await pg1.failure({ kind: 'rewind', from: pg2.source() })).toContain('never started');
    rmSync(pg1.path('backup_label'));
  });
});

describe('a primary of before, whose successor is a fresh copy', () => {
  it('keeps its own WAL that the successor never had, and recovers with it', async () => {
    const { pg1, pg2 } = await copied();
    // The checkpoint of the copy is the last that they have in common; the promotion is some
    // segments later.
    for (let round = 0; round < 3; round++) {
      await pg1.sql('CREATE TABLE public.filler (i int); DROP TABLE public.filler');
      await pg1.sql('SELECT pg_catalog.pg_switch_wal()');
    }
    const lsn = await pg1.value('SELECT pg_catalog.pg_current_wal_lsn()');
    const caught = `SELECT pg_catalog.pg_last_wal_replay_lsn() >= '${lsn}'`;
    await waitFor('all WAL', async () => (await pg2.value(caught)) === true);
    await part({ pg1, pg2 });
    await pg1.do(STOP);
    // As if the copy had been made after them, or pg2 had recycled them.
    const common = readdirSync(pg1.path('pg_wal')).filter((name) => /^00000001/.test(name));
    for (const name of common) rmSync(pg2.path('pg_wal', name), { force: true });
    await pg1.do({ kind: 'rewind', from: pg2.source() });
    expect(pg1.lines.join('\n')).toContain('kept WAL that the source does not have: 00000001');
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
    await waitFor('the other history', async () => (await pg1.value(tables)) === 'kept');
    await pg1.stop();
    await pg2.stop();
  });
});

describe('crash recovery', () => {
  it('that is cancelled can be done again, and leaves nobody at work', async () => {
    const { directory, config } = await newServer({ memberName: 'pg1' });
    const node = new TestNode(directory, config);
    await node.do(START_PRIMARY);
    await node.sql(
      "CREATE TABLE public.big AS SELECT repeat('x', 1000) AS t FROM generate_series(1, 30000)",
    );
    await crash(node);
    const abort = new AbortController();
    const running = node.run(CRASH_RECOVERY, abort.signal);
    let ended = false;
    void running.then(() => {
      ended = true;
    });
    while (!ended && serverProcesses(config.dataDir).length === 0) await delay(1);
    abort.abort();
    await running;
    expect(serverProcesses(config.dataDir)).toEqual([]);
    await node.do(CRASH_RECOVERY);
    expect((await node.control()).state).toBe('shut down');
    expect(readFileSync(join(directory, 'postgres.log'), 'utf8')).not.toContain('PANIC');
  });

  it('is not for the data of a standby', async () => {
    const { pg1, pg2 } = await diverged();
    await pg1.do(STOP);
    await pg1.do({ kind: 'rewind', from: pg2.source() });
    await pg1.do({ kind: 'start', as: 'standby', from: pg2.source() });
    await crash(pg1);
    expect(await pg1.failure(CRASH_RECOVERY)).toBe('the directory is that of a standby');
    await pg1.stop();
    await pg2.stop();
  });
});
