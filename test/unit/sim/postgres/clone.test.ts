import { describe, expect, it } from 'vitest';
import { AS_PRIMARY, AS_STANDBY, Rig, STOP, source } from './rig.ts';

describe('clone', () => {
  it('is a copy that only PostgreSQL itself may recover', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    const { systemId, lsn } = await rig.look(rig.a);
    expect(await rig.look(rig.b)).toMatchObject({
      dataDirectory: 'initialized',
      state: 'stopped',
      backupLabel: true,
      controlState: 'in production',
      systemId,
      lsn,
    });
    expect(await rig.job(rig.b, AS_PRIMARY)).toMatchObject({ ok: false });
    await rig.good(rig.b, { ...AS_STANDBY, from: source(rig.a) });
    expect(await rig.look(rig.b)).toMatchObject({
      backupLabel: false,
      controlState: 'in archive recovery',
    });
  });

  it('renames what is in its way, and removes nothing', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.good(rig.b, STOP);
    const { flushed } = rig.b.server.instance.data;
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    expect(rig.b.server.renamed).toEqual([flushed]);
    expect(rig.b.server.removed).toEqual([]);
  });

  it.each(['agent', 'source', 'told', 'cancelled', 'full', 'cut'])(
    'leaves an empty directory when it dies (%s)',
    async (how) => {
      const rig = new Rig();
      await rig.cluster();
      await rig.good(rig.b, STOP);
      const { faults } = rig.b.server.instance;
      if (how === 'told') faults.failNext('clone', 1);
      const cancel = new AbortController();
      const job = { kind: 'clone', from: source(rig.a) } as const;
      const outcome = rig.b.server.run(job, cancel.signal);
      await rig.pass(500);
      expect((await rig.look(rig.b)).dataDirectory).toBe('empty');
      if (how === 'agent') rig.replaceAgent(rig.b);
      else if (how === 'source') rig.a.server.kill();
      else if (how === 'cancelled') cancel.abort();
      else if (how === 'full') faults.diskFullUntil = Number.POSITIVE_INFINITY;
      else if (how === 'cut') rig.cut(rig.a, rig.b);
      if (how === 'agent') await rig.pass(30_000);
      else {
        const cancelled = how === 'cancelled';
        expect(await rig.result(outcome)).toMatchObject({ ok: false, cancelled });
      }
      expect((await rig.look(rig.b)).dataDirectory).toBe('empty');
    },
  );

  it('touches nothing when the source cannot be reached', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.good(rig.b, STOP);
    rig.links.cut('a', 'b');
    expect(await rig.job(rig.b, { kind: 'clone', from: source(rig.a) })).toMatchObject({
      ok: false,
    });
    expect((await rig.look(rig.b)).dataDirectory).toBe('initialized');
    expect(rig.b.server.renamed).toEqual([]);
  });

  it('the next agent can clone at once when the last one died with its own', async () => {
    const rig = new Rig();
    await rig.primary();
    void rig.begin(rig.b, { kind: 'clone', from: source(rig.a) });
    await rig.pass(200);
    const second = rig.job(rig.b, { kind: 'clone', from: source(rig.a) });
    expect(await second).toMatchObject({ ok: false, cancelled: false });
    rig.replaceAgent(rig.b);
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
  });

  it('stops the server that runs on the old directory, once it has its source', async () => {
    const rig = new Rig();
    await rig.cluster();
    const heal = rig.links.cut('a', 'b');
    expect(await rig.job(rig.b, { kind: 'clone', from: source(rig.a) })).toMatchObject({
      ok: false,
    });
    expect(rig.b.server.running()).toBe(true);
    heal();
    const outcome = rig.begin(rig.b, { kind: 'clone', from: source(rig.a) });
    expect(rig.b.server.running()).toBe(false);
    expect(await rig.result(outcome)).toEqual({ ok: true });
    expect(rig.b.server.renamed).toHaveLength(1);
  });

  it('without a source restores a backup, if there is one', async () => {
    const rig = new Rig();
    await rig.primary();
    const job = { kind: 'clone', from: undefined } as const;
    expect(await rig.job(rig.b, job)).toMatchObject({ failure: 'there is no backup' });
    rig.b.server.backup = rig.a.server.instance.data.flushed;
    await rig.good(rig.b, job);
    expect((await rig.look(rig.b)).systemId).toBe((await rig.look(rig.a)).systemId);
  });
});
