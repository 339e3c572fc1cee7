import { describe, expect, it } from 'vitest';
import { AS_STANDBY, PROMOTE, Rig, STOP, source } from './rig.ts';

const LOGICAL = {
  kind: 'create',
  name: 'app',
  type: 'logical',
  database: 'postgres',
  plugin: 'pgoutput',
  reserve: true,
} as const;

function physical(name: string, reserve = false) {
  return { kind: 'create', name, type: 'physical', reserve } as const;
}

async function slotOf(rig: Rig, name: string) {
  return (await rig.look(rig.a)).slots.find((slot) => slot.name === name);
}

describe('physical slots', () => {
  it('follow their standby, and keep WAL while it is away', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.result(rig.a.server.syncSlots([physical('b')]));
    expect(await slotOf(rig, 'b')).toMatchObject({ active: false, restartLsn: undefined });
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    await rig.good(rig.b, { ...AS_STANDBY, from: source(rig.a, 'b') });
    await rig.pass(100);
    rig.a.server.instance.commit(1);
    await rig.pass(100);
    const { lsn } = await rig.look(rig.a);
    expect(await slotOf(rig, 'b')).toMatchObject({ active: true, restartLsn: lsn });
    expect(rig.a.server.pinnedBytes).toBe(0);
    await rig.good(rig.b, STOP);
    rig.a.server.instance.commit(2, 1_000);
    expect(await slotOf(rig, 'b')).toMatchObject({ active: false, restartLsn: lsn });
    expect(rig.a.server.pinnedBytes).toBe(1_000);
  });

  it('that are not there, or in use, let nobody stream', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.b.server.follow(source(rig.a, 'one')));
    await rig.result(rig.c.server.follow(source(rig.a, 'one')));
    await rig.pass(10_000);
    expect((await rig.look(rig.a)).standbys).toEqual([]);
    await rig.result(rig.a.server.syncSlots([physical('one')]));
    await rig.pass(20_000);
    expect((await rig.look(rig.a)).standbys).toHaveLength(1);
    const drop = rig.a.server.syncSlots([{ kind: 'drop', name: 'one' }]);
    await expect(rig.result(drop)).rejects.toThrow('active');
  });

  it('do not come along in a copy or a rewind', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.result(rig.a.server.syncSlots([physical('x', true)]));
    await rig.standby(rig.b, rig.a);
    expect((await rig.look(rig.b)).slots).toEqual([]);
  });

  it('stay through a promotion and a restart', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.b.server.syncSlots([physical('c', true)]));
    rig.a.server.kill();
    await rig.good(rig.b, PROMOTE);
    await rig.good(rig.b, { kind: 'restart', from: undefined });
    expect((await rig.look(rig.b)).slots.map(({ name }) => name)).toEqual(['c']);
  });

  it('are advanced up to what was replayed, and never back', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.result(rig.a.server.syncSlots([physical('x', true)]));
    rig.a.server.instance.commit(1);
    const { lsn } = await rig.look(rig.a);
    await rig.result(rig.a.server.syncSlots([{ kind: 'advance', name: 'x', lsn: lsn + 999 }]));
    expect((await slotOf(rig, 'x'))?.restartLsn).toBe(lsn);
    const back = rig.a.server.syncSlots([{ kind: 'advance', name: 'x', lsn: lsn - 1 }]);
    await expect(rig.result(back)).rejects.toThrow('backwards');
  });
});

describe('logical slots', () => {
  it('are made on a primary, and copied to a standby, which restarts for it', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.syncSlots([LOGICAL]));
    await expect(rig.result(rig.b.server.syncSlots([LOGICAL]))).rejects.toThrow('copied');
    const { postmasterStart } = await rig.look(rig.b);
    await rig.good(rig.b, { kind: 'copy-slots', from: source(rig.a), names: ['app'] });
    const view = await rig.look(rig.b);
    expect(view.slots).toEqual((await rig.look(rig.a)).slots);
    expect(view.postmasterStart).not.toBe(postmasterStart);
    await rig.pass(100);
    expect((await rig.look(rig.b)).replicationState).toBe('streaming');
  });

  it('that the source has not cannot be copied, and nothing is stopped for them', async () => {
    const rig = new Rig();
    await rig.cluster();
    const job = { kind: 'copy-slots', from: source(rig.a), names: ['app'] } as const;
    expect(await rig.job(rig.b, job)).toMatchObject({ ok: false });
    expect(rig.b.server.running()).toBe(true);
  });

  it('advance what the consumer confirmed', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.result(rig.a.server.syncSlots([LOGICAL]));
    rig.a.server.instance.commit(1);
    const { lsn } = await rig.look(rig.a);
    await rig.result(rig.a.server.syncSlots([{ kind: 'advance', name: 'app', lsn }]));
    expect(await slotOf(rig, 'app')).toMatchObject({ restartLsn: lsn, confirmedFlushLsn: lsn });
  });
});
