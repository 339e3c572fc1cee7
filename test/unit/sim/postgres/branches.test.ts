import { describe, expect, it } from 'vitest';
import { AS_PRIMARY, AS_STANDBY, has, PROMOTE, Rig, STOP, source } from './rig.ts';

describe('branches', () => {
  it('what was written after the fork keeps a former primary from streaming', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.cut(rig.a, rig.b);
    rig.cut(rig.a, rig.c);
    rig.a.server.instance.commit(1);
    rig.a.server.kill();
    rig.heal();
    await rig.good(rig.b, PROMOTE);
    await rig.good(rig.a, { ...AS_STANDBY, from: source(rig.b) });
    await rig.pass(60_000);
    const view = await rig.look(rig.a);
    expect(view).toMatchObject({ state: 'running', timeline: 1 });
    expect(view.replicationState).toBeUndefined();
    expect(has(rig.a, 1)).toBe(true);
    expect(has(rig.b, 1)).toBe(false);
  });

  it('two servers can take the same timeline, and are not taken for one', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.kill();
    rig.cut(rig.b, rig.c);
    await rig.good(rig.b, PROMOTE);
    await rig.good(rig.c, PROMOTE);
    const [one, other] = [await rig.look(rig.b), await rig.look(rig.c)];
    expect(other).toMatchObject({ timeline: 2, lsn: one.lsn, history: one.history });
    rig.heal();
    await rig.good(rig.c, STOP);
    await rig.good(rig.c, { ...AS_STANDBY, from: source(rig.b) });
    await rig.pass(20_000);
    expect((await rig.look(rig.c)).replicationState).toBeUndefined();
  });

  it('a promotion takes no timeline that it knows of, even if it could not follow it', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.cut(rig.a, rig.b);
    await rig.good(rig.b, PROMOTE);
    rig.a.server.instance.commit(1);
    await rig.pass(100);
    await rig.result(rig.c.server.follow(source(rig.b)));
    await rig.pass(1_000);
    expect((await rig.look(rig.c)).replicationState).toBeUndefined();
    await rig.good(rig.c, PROMOTE);
    expect((await rig.look(rig.c)).timeline).toBe(3);
  });

  it('what was received beyond a fork and not replayed is thrown away', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.c.server.instance.pauseReplay(true);
    rig.links.cut('a', 'b');
    rig.a.server.instance.commit(1);
    await rig.pass(100);
    expect(has(rig.c, 1)).toBe(true);
    await rig.good(rig.b, PROMOTE);
    await rig.result(rig.c.server.follow(source(rig.b)));
    await rig.pass(100);
    expect(has(rig.c, 1)).toBe(false);
    expect(await rig.look(rig.c)).toMatchObject({ replicationState: 'streaming', timeline: 2 });
  });

  it('a standby does not stream from another system', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.standby(rig.b, rig.a);
    await rig.good(rig.c, { kind: 'bootstrap' });
    await rig.result(rig.c.server.finishBootstrap());
    await rig.good(rig.c, AS_PRIMARY);
    await rig.result(rig.b.server.follow(source(rig.c)));
    await rig.pass(20_000);
    expect((await rig.look(rig.b)).replicationState).toBeUndefined();
  });
});
