import { describe, expect, it } from 'vitest';
import { AS_PRIMARY, Rig } from './rig.ts';

describe('the guard', () => {
  it('stops writes at once, and kills what is left', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.fenceFast();
    expect(rig.a.server.acceptsWrites()).toBe(false);
    expect(rig.a.server.running()).toBe(true);
    rig.a.server.fenceKill();
    expect(rig.a.server.running()).toBe(false);
  });
});

describe('a host', () => {
  it('that stands still takes no writes, and goes on where it was', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.freeze();
    expect(rig.a.server.acceptsWrites()).toBe(false);
    expect(rig.a.server.instance.commit(1)).toBe('refused');
    rig.a.server.thaw();
    expect(rig.a.server.acceptsWrites()).toBe(true);
  });

  it('that loses its power keeps what was flushed', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.instance.commit(1);
    const { lsn } = rig.a.server.view();
    rig.a.server.crash();
    expect(rig.a.server.view()).toMatchObject({
      state: 'stopped',
      controlState: 'in production',
      lsn,
    });
    await rig.good(rig.a, AS_PRIMARY);
  });
});

describe('monitoring', () => {
  it('that hangs knows no more than files tell, after a while', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.instance.faults.hangsUntil = rig.scheduler.now + 60_000;
    const before = rig.scheduler.now;
    expect(await rig.look(rig.a)).toMatchObject({
      answering: false,
      state: 'running',
      standbys: [],
    });
    expect(rig.scheduler.now - before).toBeGreaterThanOrEqual(3_000);
  });

  it('answers only an agent that lives and does not stand still', async () => {
    const rig = new Rig();
    await rig.primary();
    let answered = 0;
    const count = (): void => {
      answered += 1;
    };
    rig.a.agent.freeze();
    rig.a.server.observe().then(count, count);
    await rig.pass(10_000);
    expect(answered).toBe(0);
    rig.a.agent.thaw();
    await rig.pass(10);
    expect(answered).toBe(1);
    rig.a.server.observe().then(count, count);
    rig.replaceAgent(rig.a);
    await rig.pass(10_000);
    expect(answered).toBe(1);
  });

  it('gives the same view again while nothing changes', async () => {
    const rig = new Rig();
    await rig.primary();
    const view = await rig.look(rig.a);
    expect(await rig.look(rig.a)).toBe(view);
    rig.a.server.instance.commit(1);
    expect(await rig.look(rig.a)).not.toBe(view);
  });
});

describe('a full disk', () => {
  it('refuses writes, and crashes the primary in the end', async () => {
    const rig = new Rig();
    await rig.primary();
    rig.a.server.instance.faults.diskFullUntil = rig.scheduler.now + 60_000;
    expect(rig.a.server.instance.commit(1)).toBe('refused');
    expect(rig.a.server.acceptsWrites()).toBe(true);
    await rig.pass(20_000);
    expect(rig.a.server.view()).toMatchObject({ state: 'stopped', controlState: 'in production' });
    expect(await rig.job(rig.a, AS_PRIMARY)).toMatchObject({ ok: false });
    await rig.pass(60_000);
    await rig.good(rig.a, AS_PRIMARY);
  });
});

describe('faults that nothing has met yet', () => {
  it('are over when somebody says so', async () => {
    const rig = new Rig();
    await rig.primary();
    const { faults } = rig.a.server.instance;
    faults.failNext('start', 3);
    faults.slowStart = 60_000;
    faults.diskFullUntil = rig.scheduler.now + 60_000;
    faults.clear();
    expect(rig.a.server.instance.commit(1)).toBe('flushed');
    rig.a.server.kill();
    await rig.good(rig.a, AS_PRIMARY);
    expect(rig.scheduler.now).toBeLessThan(30_000);
  });
});
