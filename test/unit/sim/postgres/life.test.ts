import { describe, expect, it } from 'vitest';
import { AS_PRIMARY, AS_STANDBY, Rig, STOP, source } from './rig.ts';

describe('a new cluster', () => {
  it('is left stopped and unfinished, and starts when it belongs to a cluster', async () => {
    const rig = new Rig();
    await rig.good(rig.a, { kind: 'bootstrap' });
    const { systemId } = await rig.look(rig.a);
    expect(systemId).toMatch(/^7\d{18}$/);
    expect(await rig.look(rig.a)).toMatchObject({
      dataDirectory: 'unfinished',
      state: 'stopped',
      controlState: 'shut down',
      timeline: 1,
    });
    expect(await rig.job(rig.a, AS_PRIMARY)).toMatchObject({ ok: false });
    await rig.result(rig.a.server.finishBootstrap());
    await rig.good(rig.a, AS_PRIMARY);
    expect(await rig.look(rig.a)).toMatchObject({
      dataDirectory: 'initialized',
      state: 'running',
      role: 'primary',
      controlState: 'in production',
      answering: true,
    });
    expect(rig.a.server.acceptsWrites()).toBe(true);
  });

  it('has an identity of its own', async () => {
    const rig = new Rig();
    await rig.good(rig.a, { kind: 'bootstrap' });
    await rig.good(rig.b, { kind: 'bootstrap' });
    expect((await rig.look(rig.a)).systemId).not.toBe((await rig.look(rig.b)).systemId);
  });

  it('is not made where one is', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.a, STOP);
    expect(await rig.job(rig.a, { kind: 'bootstrap' })).toMatchObject({ failure: 'not empty' });
  });
});

describe('stop', () => {
  it('fast: writes a last checkpoint, and goes on from there when it starts', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.instance.commit(1);
    const { lsn } = await rig.look(rig.a);
    await rig.good(rig.a, { ...STOP, checkpoint: true });
    const view = await rig.look(rig.a);
    expect(view).toMatchObject({ state: 'stopped', role: 'primary', controlState: 'shut down' });
    expect(view.checkpointLsn).toBeGreaterThan(lsn);
    expect(view.lsn).toBeGreaterThan(view.checkpointLsn);
    await rig.good(rig.a, AS_PRIMARY);
    expect(await rig.look(rig.a)).toMatchObject({ timeline: 1, lsn: view.lsn });
  });

  it('fast: nobody writes from the first moment on', async () => {
    const rig = new Rig();
    await rig.primary();
    const stopped = rig.a.server.run(STOP, new AbortController().signal);
    expect(rig.a.server.acceptsWrites()).toBe(false);
    expect(rig.a.server.view()).toMatchObject({ state: 'stopping', controlState: 'shutting down' });
    expect(await rig.result(stopped)).toEqual({ ok: true });
  });

  it('immediate, or killed: it looks as if it ran', async () => {
    for (const kill of [false, true]) {
      const rig = new Rig();
      await rig.primary();
      if (kill) rig.a.server.kill();
      else await rig.good(rig.a, { ...STOP, mode: 'immediate' });
      expect(await rig.look(rig.a)).toMatchObject({
        state: 'stopped',
        role: 'primary',
        controlState: 'in production',
      });
    }
  });

  it('fast becomes immediate at its limit', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.freeze();
    rig.c.server.freeze();
    const before = rig.scheduler.now;
    await rig.good(rig.a, { ...STOP, limit: 3 });
    expect(rig.scheduler.now - before).toBeGreaterThanOrEqual(3_000);
    expect(rig.scheduler.now - before).toBeLessThan(3_100);
  });

  it('a cancelled stop that had not begun does not come later', async () => {
    const rig = new Rig();
    await rig.primary();
    const cancel = new AbortController();
    const stop = rig.a.server.run({ ...STOP, checkpoint: true }, cancel.signal);
    cancel.abort();
    expect(await rig.result(stop)).toMatchObject({ ok: false, cancelled: true });
    await rig.pass(10_000);
    expect(rig.a.server.acceptsWrites()).toBe(true);
  });
});

describe('start', () => {
  it('recovers what a crash left, on the same timeline, and loses nothing', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.instance.commit(1);
    const { lsn, postmasterStart } = await rig.look(rig.a);
    rig.a.server.kill();
    await rig.good(rig.a, AS_PRIMARY);
    const view = await rig.look(rig.a);
    expect(view).toMatchObject({ role: 'primary', timeline: 1 });
    expect(view.lsn).toBeGreaterThan(lsn);
    expect(view.postmasterStart).not.toBe(postmasterStart);
  });

  it.each(['stopped', 'killed'])('a %s standby is not started as a primary', async (how) => {
    const rig = new Rig();
    await rig.cluster();
    if (how === 'killed') rig.b.server.kill();
    else await rig.good(rig.b, STOP);
    const controlState = how === 'killed' ? 'in archive recovery' : 'shut down in recovery';
    expect(await rig.look(rig.b)).toMatchObject({ role: 'standby', controlState });
    expect(await rig.job(rig.b, AS_PRIMARY)).toMatchObject({ ok: false, cancelled: false });
    expect(rig.b.server.running()).toBe(false);
  });

  it('a standby without a source stays in recovery', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.kill();
    await rig.good(rig.a, AS_STANDBY);
    await rig.pass(60_000);
    const view = await rig.look(rig.a);
    expect(view).toMatchObject({ state: 'running', role: 'standby', follows: '' });
    expect(view.replicationState).toBeUndefined();
    expect(view.receivedLsn).toBeUndefined();
    expect(rig.a.server.acceptsWrites()).toBe(false);
  });

  it('goes on when the agent dies, and the next agent sees it', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.a, STOP);
    void rig.a.server.run(AS_PRIMARY, new AbortController().signal);
    rig.replaceAgent(rig.a);
    expect((await rig.look(rig.a)).state).toBe('starting');
    await rig.pass(5_000);
    expect(rig.a.server.acceptsWrites()).toBe(true);
  });

  it('fails when told to, and takes longer when told to', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.a, STOP);
    rig.a.server.instance.faults.failNext('start', 1);
    expect(await rig.job(rig.a, AS_PRIMARY)).toMatchObject({ failure: 'the server has gone' });
    rig.a.server.instance.faults.slowStart = 20_000;
    const before = rig.scheduler.now;
    await rig.good(rig.a, AS_PRIMARY);
    expect(rig.scheduler.now - before).toBeGreaterThan(20_000);
  });
});

describe('crash recovery in single-user mode', () => {
  it('ends as if the primary had been shut down', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.kill();
    const { lsn } = await rig.look(rig.a);
    await rig.good(rig.a, { kind: 'crash-recovery' });
    const view = await rig.look(rig.a);
    expect(view).toMatchObject({ controlState: 'shut down', state: 'stopped' });
    expect(view.lsn).toBeGreaterThan(lsn);
  });

  it('is no business of standbys and fresh copies', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.kill();
    expect(await rig.job(rig.b, { kind: 'crash-recovery' })).toMatchObject({ ok: false });
    await rig.good(rig.c, STOP);
    await rig.good(rig.c, { kind: 'clone', from: source(rig.a) });
    expect(await rig.look(rig.c)).toMatchObject({
      backupLabel: true,
      controlState: 'in production',
    });
    expect(await rig.job(rig.c, { kind: 'crash-recovery' })).toMatchObject({ ok: false });
  });
});

describe('restart', () => {
  it('starts in the role it had, and takes the waiting parameters', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.setParameter('max_connections', { oldValue: '100', newValue: '200' });
    expect((await rig.look(rig.a)).pendingRestart).toHaveProperty('max_connections');
    await rig.good(rig.a, { kind: 'restart', from: undefined });
    expect(await rig.look(rig.a)).toMatchObject({ role: 'primary', pendingRestart: {} });
    await rig.good(rig.b, { kind: 'restart', from: source(rig.a) });
    expect(await rig.look(rig.b)).toMatchObject({ role: 'standby', follows: 'a' });
  });
});
