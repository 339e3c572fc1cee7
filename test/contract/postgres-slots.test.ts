import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresView, SlotView } from '../../src/model/postgres.ts';
import { Checkpoints } from '../../src/postgres/checkpoint.ts';
import { fetchSlots, writeSlots } from '../../src/postgres/copy-slots.ts';
import { inspect } from '../../src/postgres/inspect.ts';
import { Slots } from '../../src/postgres/slots.ts';
import { becomeServerUser, newServer, newStandby, type TestServer } from '../harness/postgres.ts';
import { type Eye, eyeOn } from '../harness/postgres-eye.ts';
import { waitFor } from '../harness/processes.ts';

becomeServerUser();

let primary: TestServer;
let standby: TestServer;
let eye: Eye;
let other: Eye;

async function slotOf(on: Eye, name: string): Promise<SlotView | undefined> {
  return (await on.look()).slots.find((slot) => slot.name === name);
}

async function seen(on: Eye, what: string, is: (view: PostgresView) => boolean) {
  return waitFor(what, async () => {
    const view = await on.look();
    return is(view) ? view : undefined;
  });
}

/** A way to a server on which sessions that are none of replication begin late. */
async function holdBackSql(server: TestServer) {
  const [held, letGo] = [new Signal(), new Signal()];
  const proxy = createServer((client) => {
    const upstream = connect(server.config.port, '127.0.0.1');
    const pass = (first: Buffer): void => {
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    };
    const begin = (first: Buffer): void => {
      if (first.length === 8) {
        // It asks for TLS.
        client.once('data', begin);
        client.write('N');
      } else if (first.includes('replication')) {
        pass(first);
      } else {
        held.give();
        void letGo.given.then(() => pass(first));
      }
    };
    client.once('data', begin);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return { port, held: held.given, letGo: () => letGo.give(), close: () => proxy.close() };
}

class Signal {
  give: () => void = () => {};
  readonly given = new Promise<void>((resolve) => {
    this.give = resolve;
  });
}

beforeAll(async () => {
  primary = await newServer();
  await primary.start();
  standby = await newStandby(primary, { memberName: 'pg2' });
  await standby.start({ hot_standby_feedback: 'on' });
  [eye, other] = [eyeOn(primary), eyeOn(standby)];
  await seen(other, 'the stream', ({ replicationState }) => replicationState === 'streaming');
});

afterAll(async () => {
  eye.close();
  other.close();
  await standby.destroy();
  await primary.destroy();
});

describe('slots', () => {
  it('physical ones are made, moved and dropped, also on a standby', async () => {
    for (const on of [eye, other]) {
      const slots = new Slots(on);
      await slots.sync([
        { kind: 'create', name: 'bare', type: 'physical', reserve: false },
        { kind: 'create', name: 'pg3', type: 'physical', reserve: true },
      ]);
      expect((await slotOf(on, 'bare'))?.restartLsn).toBeUndefined();
      const before = (await slotOf(on, 'pg3'))?.restartLsn ?? 0;
      await primary.query('CREATE TABLE IF NOT EXISTS filled AS SELECT generate_series(1, 1000)');
      const lsn = (await seen(on, 'WAL', (view) => view.lsn > before)).lsn;
      await waitFor('the replay', async () => ((await on.look()).replayedLsn ?? lsn) >= lsn);
      await slots.sync([{ kind: 'advance', name: 'pg3', lsn }]);
      expect((await slotOf(on, 'pg3'))?.restartLsn).toBe(lsn);
      await slots.sync([{ kind: 'create', name: 'pg4', type: 'physical', reserve: true }]);
      await primary.query('INSERT INTO filled SELECT generate_series(1, 1000)');
      const next = (await seen(on, 'WAL', (view) => view.lsn > lsn)).lsn;
      await waitFor('the replay', async () => ((await on.look()).replayedLsn ?? next) >= next);
      const all = ['pg3', 'pg4'].map((name) => ({ kind: 'advance', name, lsn: next }) as const);
      await slots.sync(all);
      expect((await slotOf(on, 'pg3'))?.restartLsn).toBe(next);
      expect((await slotOf(on, 'pg4'))?.restartLsn).toBe(next);
      // One that cannot be moved costs the others nothing.
      const two = [{ kind: 'advance', name: 'bare', lsn: next } as const, ...all];
      await expect(slots.sync(two)).rejects.toThrow(/^cannot advance slot bare: [^;]*$/);
      await slots.sync([{ kind: 'drop', name: 'pg4' }]);
      await slots.sync([
        { kind: 'drop', name: 'pg3' },
        { kind: 'drop', name: 'bare' },
      ]);
      expect((await on.look()).slots).toEqual([]);
    }
  });

  it('logical ones are made in their database', async () => {
    await primary.query('CREATE DATABASE "o\'ther"');
    const slots = new Slots(eye);
    const create = { kind: 'create', type: 'logical', plugin: 'pgoutput', reserve: true } as const;
    await slots.sync([{ ...create, name: 'there', database: "o'ther" }]);
    await waitFor('the slot', async () => (await slotOf(eye, 'there')) !== undefined);
    expect(await slotOf(eye, 'there')).toMatchObject({ database: "o'ther", plugin: 'pgoutput' });
    await slots.sync([{ kind: 'drop', name: 'there' }]);
  });

  it('what fails is told, and the rest is done', async () => {
    const slots = new Slots(eye);
    const failed = slots.sync([
      { kind: 'drop', name: 'nowhere' },
      { kind: 'create', name: "x'; DROP TABLE y; --", type: 'physical', reserve: true },
      { kind: 'create', name: 'fine', type: 'physical', reserve: true },
      { kind: 'advance', name: 'fine', lsn: 8 },
    ]);
    await expect(failed).rejects.toThrow(
      /cannot drop slot nowhere: .*does not exist; cannot create slot x'.*invalid.*; cannot advance/,
    );
    expect((await eye.look()).slots.map(({ name }) => name)).toEqual(['fine']);
    await slots.sync([{ kind: 'drop', name: 'fine' }]);
  });

  it('one that cannot be made yet holds nobody up, and goes on beside', async () => {
    const slots = new Slots(eye);
    const writer = await primary.connect();
    await writer.query('BEGIN');
    await writer.query('SELECT pg_current_xact_id()');
    const begun = performance.now();
    const kind = { kind: 'create', type: 'logical' } as const;
    const change = {
      ...kind,
      name: 'late',
      plugin: 'pgoutput',
      database: 'postgres',
      reserve: true,
    };
    await slots.sync([change]);
    await slots.sync([change]);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await writer.query('COMMIT');
    await writer.end();
    await waitFor('the slot', async () => (await slotOf(eye, 'late'))?.confirmedFlushLsn);
    await waitFor('its end', async () =>
      slots.sync([{ kind: 'drop', name: 'late' }]).then(() => true),
    );
  });

  it('one that failed beside is told of the next time', async () => {
    const slots = new Slots(eye);
    const writer = await primary.connect();
    await writer.query('BEGIN');
    await writer.query('SELECT pg_current_xact_id()');
    const common = { kind: 'create', type: 'logical', name: 'dying', reserve: true } as const;
    await slots.sync([{ ...common, plugin: 'pgoutput', database: 'postgres' }]);
    slots.close();
    await waitFor('the failure', async () => {
      return slots.sync([]).then(
        () => false,
        (error: Error) => error.message.startsWith('cannot create slot dying'),
      );
    });
    await writer.query('ROLLBACK');
    await writer.end();
    // PostgreSQL has not noticed, and finishes it.
    await waitFor('the slot', async () => (await slotOf(eye, 'dying'))?.confirmedFlushLsn);
    await waitFor('its end', async () =>
      slots.sync([{ kind: 'drop', name: 'dying' }]).then(() => true),
    );
  });

  it('logical ones are copied to a standby, and moved there', async () => {
    await primary.query(`SELECT pg_create_logical_replication_slot('copied', 'test_decoding')`);
    const source = { name: 'pg1', connUrl: primary.connUrl };
    await expect(fetchSlots(standby.config, source, ['nowhere'])).rejects.toThrow('nowhere');
    const files = await fetchSlots(standby.config, source, ['copied']);
    await standby.stop();
    await writeSlots(standby.config.dataDir, files);
    await standby.start({ hot_standby_feedback: 'on' });
    const there = await slotOf(eye, 'copied');
    expect(await slotOf(other, 'copied')).toEqual(there);
    await primary.query('CREATE TABLE decoded AS SELECT generate_series(1, 1000)');
    await primary.query(`SELECT count(*) FROM pg_logical_slot_get_changes('copied', NULL, NULL)`);
    const confirmed = (await slotOf(eye, 'copied'))?.confirmedFlushLsn ?? 0;
    await waitFor('the replay', async () => ((await other.look()).replayedLsn ?? 0) >= confirmed);
    const slots = new Slots(other);
    await slots.sync([{ kind: 'advance', name: 'copied', lsn: confirmed, database: 'postgres' }]);
    await waitFor('the move', async () => {
      return (await slotOf(other, 'copied'))?.confirmedFlushLsn === confirmed;
    });
    await slots.sync([{ kind: 'drop', name: 'copied' }]);
    await primary.query(`SELECT pg_drop_replication_slot('copied')`);
  });

  it('a name that would lead elsewhere is refused', async () => {
    const state = Buffer.from('x');
    const written = writeSlots(standby.config.dataDir, [{ name: '../global', state }]);
    await expect(written).rejects.toThrow('no name of a slot');
  });
});

describe('a checkpoint', () => {
  it('is begun, and nobody waits for it', async () => {
    const checkpoints = new Checkpoints(eye.target);
    await primary.query('CREATE TABLE dirty AS SELECT generate_series(1, 1000)');
    const before = (await eye.look()).checkpointLsn;
    await checkpoints.start();
    await checkpoints.start();
    await seen(eye, 'the checkpoint', ({ checkpointLsn }) => checkpointLsn > before);
    checkpoints.close();
  });

  it('that failed is told of with the next one', async () => {
    const checkpoints = new Checkpoints(eye.target);
    await checkpoints.start();
    checkpoints.close();
    const next = await checkpoints.start().then(
      () => 'well',
      (error: Error) => error.message,
    );
    // It may have been done in this moment.
    expect(next).toMatch(/^well$|^the last checkpoint failed: /);
    checkpoints.close();
  });
});

describe('a look at a source', () => {
  it('tells a primary from a standby, and where their WAL is', async () => {
    const source = { name: 'pg1', connUrl: primary.connUrl };
    const report = await inspect(standby.config, source);
    const view = await eye.look();
    expect(report).toMatchObject({
      ...{ ok: true, systemId: view.systemId, timeline: 1, inRecovery: false, history: [] },
      checkpointedSincePromote: true,
    });
    expect(report.ok && report.lsn).toBeGreaterThan(0);
    const cascade = await inspect(primary.config, { name: 'pg2', connUrl: standby.connUrl });
    expect(cascade).toMatchObject({ ok: true, inRecovery: true, systemId: view.systemId });
  });

  it('takes host and port of what it is told, and nothing else', async () => {
    const connUrl = `postgres://evil:x@127.0.0.1:${primary.config.port}/nowhere?options=-c%20x`;
    expect(await inspect(standby.config, { name: 'pg1', connUrl })).toMatchObject({ ok: true });
  });

  it('prefers the primary among several hosts', async () => {
    const connUrl = `postgres://127.0.0.2,127.0.0.1:${primary.config.port}/postgres`;
    expect(await inspect(standby.config, { name: '', connUrl })).toMatchObject({ ok: true });
  });

  it.each([
    ['that is not there', () => 'postgres://127.0.0.1:1/postgres', /ECONNREFUSED/],
    ['that names no host', () => 'postgres:///postgres', /names no host/],
  ])('one %s is told', async (_, connUrl, failure) => {
    const begun = performance.now();
    const report = await inspect(standby.config, { name: 'pg9', connUrl: connUrl() });
    expect(report).toMatchObject({ ok: false, failure: expect.stringMatching(failure) });
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it('does not wait for ever for one that says nothing', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const begun = performance.now();
    const connUrl = `postgres://127.0.0.1:${port}/postgres`;
    const report = await inspect(standby.config, { name: 'pg9', connUrl });
    expect(report).toMatchObject({ ok: false });
    expect(performance.now() - begun).toBeLessThan(15_000);
    mute.close();
  });

  it('says no password, whatever fails', async () => {
    const replication = { ...standby.config.replication, password: 'canary-wrong' };
    const source = { name: 'pg1', connUrl: primary.connUrl };
    const report = await inspect({ ...standby.config, replication }, source);
    expect(report).toMatchObject({ ok: false });
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('is careful where it must not ask', async () => {
    const rewind = { username: 'nobody', password: 'x', options: {} };
    const config = { ...standby.config, rewind };
    const report = await inspect(config, { name: 'pg2', connUrl: standby.connUrl });
    expect(report).toMatchObject({ ok: true, inRecovery: true });
  });
});

describe('a source that was promoted', () => {
  it('is never taken for a primary on the timeline of before', async () => {
    const slow = await holdBackSql(standby);
    const connUrl = `postgres://127.0.0.1:${slow.port}/postgres`;
    const report = inspect(primary.config, { name: 'pg2', connUrl });
    await slow.held;
    // What might be asked beside it is answered before the promotion.
    await setTimeout(300);
    await standby.query('SELECT pg_promote()');
    slow.letGo();
    expect(await report).toMatchObject({ ok: true, inRecovery: false, timeline: 2 });
    slow.close();
  });

  it('tells its history, and whether its control file has the new timeline', async () => {
    const view = await seen(other, 'the promotion', ({ role }) => role === 'primary');
    const source = { name: 'pg2', connUrl: standby.connUrl };
    const report = await inspect(primary.config, source);
    expect(report).toMatchObject({ ok: true, timeline: 2, history: view.history });
    expect(view.history).toHaveLength(1);
    await standby.query('CHECKPOINT');
    expect(await inspect(primary.config, source)).toMatchObject({
      ...{ ok: true, checkpointedSincePromote: true },
    });
    const nobody = { ...primary.config, rewind: { username: 'nobody', options: {} } };
    // Who cannot ask must not begin.
    expect(await inspect(nobody, source)).toMatchObject({
      ...{ ok: true, timeline: 2, inRecovery: false, checkpointedSincePromote: false },
    });
  });
});
