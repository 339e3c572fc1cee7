import { describe, expect, it } from 'vitest';
import { PROMOTE, Rig, STOP, source } from './rig.ts';

describe('promote', () => {
  it('leaves the timeline, and remembers where', async () => {
    const rig = new Rig();
    await rig.cluster();
    const promoted: number[] = [];
    rig.b.server.instance.on.promote = (timeline) => promoted.push(timeline);
    rig.a.server.kill();
    const { lsn } = await rig.look(rig.b);
    await rig.good(rig.b, PROMOTE);
    expect(await rig.look(rig.b)).toMatchObject({
      role: 'primary',
      timeline: 2,
      history: [{ timeline: 1, lsn }],
      controlState: 'in production',
      checkpointedSincePromote: false,
      follows: '',
    });
    expect(promoted).toEqual([2]);
    await rig.result(rig.b.server.checkpoint());
    expect((await rig.look(rig.b)).checkpointedSincePromote).toBe(true);
  });

  it('goes on when the agent dies', async () => {
    const rig = new Rig();
    await rig.cluster();
    void rig.b.server.run(PROMOTE, new AbortController().signal);
    rig.replaceAgent(rig.b);
    await rig.pass(1_000);
    expect(rig.b.server.acceptsWrites()).toBe(true);
  });

  it('that fails leaves a standby that streams', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.instance.faults.failNext('promote', 1);
    expect(await rig.job(rig.b, PROMOTE)).toMatchObject({ ok: false });
    await rig.pass(100);
    expect((await rig.look(rig.b)).replicationState).toBe('streaming');
  });

  it('is for running standbys', async () => {
    const rig = new Rig();
    await rig.primary();
    expect(await rig.job(rig.a, PROMOTE)).toMatchObject({ ok: false });
  });
});

describe('bootstrap', () => {
  it.each(['agent', 'told'])(
    'leaves wreckage when it dies (%s); the next one begins anew',
    async (how) => {
      const rig = new Rig();
      if (how === 'told') rig.a.server.instance.faults.failNext('bootstrap', 1);
      const outcome = rig.a.server.run({ kind: 'bootstrap' }, new AbortController().signal);
      await rig.pass(1_000);
      if (how === 'agent') rig.replaceAgent(rig.a);
      else expect(await rig.result(outcome)).toMatchObject({ ok: false });
      await rig.pass(10_000);
      expect(await rig.look(rig.a)).toMatchObject({
        dataDirectory: 'unfinished',
        controlState: '',
      });
      await rig.good(rig.a, { kind: 'bootstrap' });
    },
  );
});

describe('inspect', () => {
  it('tells what the source is', async () => {
    const rig = new Rig();
    await rig.diverged();
    const { systemId, lsn, history } = await rig.look(rig.b);
    expect(await rig.result(rig.a.server.inspect(source(rig.b)))).toEqual({
      ok: true,
      systemId,
      timeline: 2,
      lsn,
      inRecovery: false,
      checkpointedSincePromote: false,
      history,
    });
  });

  it.each(['cut', 'frozen', 'gone'])('says when there is no answer (%s)', async (how) => {
    const rig = new Rig();
    await rig.cluster();
    if (how === 'cut') rig.links.cut('b', 'a');
    else if (how === 'frozen') rig.b.server.freeze();
    else rig.b.server.kill();
    const before = rig.scheduler.now;
    expect(await rig.result(rig.a.server.inspect(source(rig.b)))).toMatchObject({ ok: false });
    if (how === 'gone') expect(rig.scheduler.now - before).toBeLessThan(100);
    else expect(rig.scheduler.now - before).toBeGreaterThanOrEqual(3_000);
  });
});

describe('short commands', () => {
  it('need a server that runs, where PostgreSQL does them', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.a, STOP);
    await expect(rig.result(rig.a.server.checkpoint())).rejects.toThrow('does not run');
    await expect(rig.result(rig.a.server.syncSlots([]))).rejects.toThrow('does not run');
    const off = rig.a.server.setSyncNames({ kind: 'off' });
    await expect(rig.result(off)).rejects.toThrow('does not run');
    await expect(rig.result(rig.a.server.follow(undefined))).rejects.toThrow('does not run');
  });

  it('answer also when the server goes away meanwhile', async () => {
    const rig = new Rig();
    await rig.primary();
    const checkpoint = rig.a.server.checkpoint();
    rig.a.server.kill();
    await expect(rig.result(checkpoint)).rejects.toThrow('gone');
  });
});
