import { describe, expect, it } from 'vitest';
import { AS_STANDBY, has, PROMOTE, Rig, STOP, source } from './rig.ts';

describe('streaming', () => {
  it('brings every commit to every standby, over others too', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.standby(rig.b, rig.a);
    await rig.standby(rig.c, rig.b);
    rig.a.server.instance.commit(1);
    await rig.pass(20);
    expect(has(rig.c, 1)).toBe(true);
    const { lsn } = await rig.look(rig.a);
    expect(await rig.look(rig.c)).toMatchObject({
      role: 'standby',
      follows: 'b',
      replicationState: 'streaming',
      receivedLsn: lsn,
      replayedLsn: lsn,
      lsn,
    });
    expect((await rig.look(rig.a)).standbys).toMatchObject([{ name: 'b', flushLsn: lsn }]);
  });

  it('costs no events while nothing is written', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.pass(30_000);
    let events = 0;
    rig.scheduler.afterEvent = () => {
      events += 1;
    };
    await rig.pass(3_600_000);
    expect(events).toBe(0);
  });

  it('needs both directions, and notices a cut within seconds', async () => {
    const rig = new Rig();
    await rig.cluster();
    const heal = rig.links.cut('b', 'a');
    rig.a.server.instance.commit(1);
    await rig.pass(9_000);
    expect(has(rig.b, 1)).toBe(true);
    expect((await rig.look(rig.a)).standbys).toHaveLength(2);
    await rig.pass(3_000);
    expect((await rig.look(rig.a)).standbys).toMatchObject([{ name: 'c' }]);
    rig.a.server.instance.commit(2);
    await rig.pass(10_000);
    expect(has(rig.b, 2)).toBe(false);
    heal();
    await rig.pass(6_000);
    expect(has(rig.b, 2)).toBe(true);
    expect((await rig.look(rig.b)).replicationState).toBe('streaming');
  });

  it('an idle connection over a cut link is given up when somebody looks', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.cut(rig.a, rig.b);
    await rig.look(rig.a);
    await rig.look(rig.b);
    await rig.pass(11_000);
    expect((await rig.look(rig.a)).standbys).toMatchObject([{ name: 'c' }]);
    expect((await rig.look(rig.b)).replicationState).toBeUndefined();
  });

  it('a short cut is bridged', async () => {
    const rig = new Rig();
    await rig.cluster();
    const heal = rig.cut(rig.a, rig.b);
    rig.a.server.instance.commit(1);
    await rig.pass(3_000);
    heal();
    await rig.pass(600);
    expect(has(rig.b, 1)).toBe(true);
    expect((await rig.look(rig.a)).standbys).toHaveLength(2);
  });

  it('the end of a standby is noticed at once; that of its host only in time', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.kill();
    expect((await rig.look(rig.a)).standbys).toMatchObject([{ name: 'c' }]);
    rig.c.server.crash();
    expect((await rig.look(rig.a)).standbys).toMatchObject([{ name: 'c' }]);
    await rig.pass(11_000);
    expect((await rig.look(rig.a)).standbys).toEqual([]);
  });

  it('a new connection takes the place of one whose end went unnoticed', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.crash();
    await rig.good(rig.b, { ...AS_STANDBY, from: source(rig.a) });
    await rig.pass(100);
    expect((await rig.look(rig.a)).standbys.map(({ name }) => name)).toEqual(['c', 'b']);
  });

  it('moves to another source without a restart', async () => {
    const rig = new Rig();
    await rig.cluster();
    const { postmasterStart } = await rig.look(rig.c);
    await rig.result(rig.c.server.follow(source(rig.b)));
    await rig.pass(100);
    expect(await rig.look(rig.c)).toMatchObject({ follows: 'b', postmasterStart });
    expect((await rig.look(rig.a)).standbys.map(({ name }) => name)).toEqual(['b']);
    expect((await rig.look(rig.b)).standbys.map(({ name }) => name)).toEqual(['c']);
  });

  it('goes on through a promotion of its source', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.standby(rig.b, rig.a);
    await rig.standby(rig.c, rig.b);
    rig.a.server.kill();
    await rig.good(rig.b, PROMOTE);
    await rig.pass(100);
    expect(await rig.look(rig.c)).toMatchObject({ timeline: 2, replicationState: 'streaming' });
  });

  it('replays later when told so, or not at all', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.instance.replayDelay = 1_000;
    rig.c.server.instance.pauseReplay(true);
    rig.a.server.instance.commit(1);
    await rig.pass(500);
    const { lsn } = await rig.look(rig.a);
    expect(await rig.look(rig.b)).toMatchObject({ receivedLsn: lsn, lsn });
    expect((await rig.look(rig.b)).replayedLsn).toBeLessThan(lsn);
    await rig.pass(1_000);
    expect((await rig.look(rig.b)).replayedLsn).toBe(lsn);
    expect(await rig.look(rig.c)).toMatchObject({ receivedLsn: lsn, replayPaused: true });
    expect((await rig.look(rig.c)).replayedLsn).toBeLessThan(lsn);
    rig.c.server.instance.pauseReplay(false);
    expect((await rig.look(rig.c)).replayedLsn).toBe(lsn);
  });
});

describe('a standby that was away', () => {
  it.each([
    ['finds no WAL any more', undefined, false],
    ['finds what its slot kept', 'b', true],
  ])('%s', async (_, slot, streams) => {
    const rig = new Rig({ walKeep: 5 });
    await rig.primary();
    const create = { kind: 'create', name: 'b', type: 'physical', reserve: false } as const;
    await rig.result(rig.a.server.syncSlots([create]));
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    await rig.good(rig.b, { ...AS_STANDBY, from: source(rig.a, slot) });
    await rig.pass(100);
    await rig.good(rig.b, STOP);
    for (let commit = 1; commit <= 10; commit += 1) rig.a.server.instance.commit(commit);
    await rig.good(rig.b, { ...AS_STANDBY, from: source(rig.a, slot) });
    await rig.pass(20_000);
    expect(has(rig.b, 10)).toBe(streams);
  });
});
