import { describe, expect, it } from 'vitest';
import { AS_PRIMARY, any, first, has, Rig, STOP } from './rig.ts';

describe('synchronous commits', () => {
  it('are acknowledged when the standby has flushed them', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.setSyncNames(first(1, 'b', 'c')));
    const heal = rig.links.cut('a', 'b');
    rig.a.server.instance.commit(1);
    await rig.pass(5_000);
    expect(rig.a.acked).toEqual([]);
    heal();
    await rig.pass(600);
    expect(rig.a.acked).toEqual([1]);
    expect(has(rig.b, 1)).toBe(true);
    expect((await rig.look(rig.a)).standbys).toMatchObject([
      { name: 'b', syncState: 'sync' },
      { name: 'c', syncState: 'potential' },
    ]);
  });

  it('first: the next of the list steps in when one is gone', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.setSyncNames(first(1, 'b', 'c')));
    rig.links.cut('a', 'b');
    rig.a.server.instance.commit(1);
    await rig.pass(8_000);
    expect(rig.a.acked).toEqual([]);
    await rig.pass(4_000);
    expect(rig.a.acked).toEqual([1]);
  });

  it('any: the faster one is enough', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.setSyncNames(any(1, 'b', 'c')));
    rig.links.cut('a', 'b');
    rig.a.server.instance.commit(1);
    await rig.pass(20);
    expect(rig.a.acked).toEqual([1]);
  });

  it('other names let those go that waited', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.setSyncNames(first(1, 'nobody')));
    rig.a.server.instance.commit(1);
    await rig.pass(60_000);
    expect(rig.a.acked).toEqual([]);
    await rig.result(rig.a.server.setSyncNames({ kind: 'off' }));
    expect(rig.a.acked).toEqual([1]);
  });

  it('a stop or a crash leaves clients in doubt, and never tells them later', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.result(rig.a.server.setSyncNames(first(1, 'nobody')));
    rig.a.server.instance.commit(1);
    await rig.good(rig.a, STOP);
    expect(rig.a.failed).toEqual([1]);
    await rig.good(rig.a, AS_PRIMARY);
    rig.a.server.instance.commit(2);
    rig.a.server.kill();
    expect(rig.a.failed).toEqual([1, 2]);
    await rig.good(rig.a, AS_PRIMARY);
    await rig.result(rig.a.server.setSyncNames({ kind: 'off' }));
    expect(rig.a.acked).toEqual([]);
    expect([has(rig.a, 1), has(rig.a, 2)]).toEqual([true, true]);
  });
});

describe('a fast stop', () => {
  it('ends when every standby has the last checkpoint', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.instance.commit(1);
    await rig.good(rig.a, STOP);
    const { lsn } = await rig.look(rig.a);
    expect((await rig.look(rig.b)).lsn).toBe(lsn);
    expect((await rig.look(rig.c)).lsn).toBe(lsn);
  });

  it('says so in the control file, and waits for a standby that does not answer', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.freeze();
    const stopped = rig.a.server.run(STOP, new AbortController().signal);
    await rig.pass(1_000);
    expect(rig.a.server.view()).toMatchObject({ state: 'stopping', controlState: 'shut down' });
    await rig.pass(10_000);
    expect(rig.a.server.running()).toBe(false);
    expect(await rig.result(stopped)).toEqual({ ok: true });
  });
});
