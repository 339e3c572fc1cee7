import { describe, expect, it } from 'vitest';
import { hasCommit } from '../../../sim/postgres/wal.ts';
import { any, first, type Place, PROMOTE, Rig, STOP, source } from './rig.ts';

function has({ server }: Place, commit: number): boolean {
  return hasCommit(server.instance.data.flushed, commit);
}

const START = { kind: 'start', as: 'standby' } as const;

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
    await rig.good(rig.b, { ...START, from: source(rig.a) });
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

describe('branches', () => {
  it('what was written after the fork keeps a former primary from streaming, for ever', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.cut(rig.a, rig.b);
    rig.cut(rig.a, rig.c);
    rig.a.server.instance.commit(1);
    rig.a.server.kill();
    rig.heal();
    await rig.good(rig.b, PROMOTE);
    await rig.good(rig.a, { ...START, from: source(rig.b) });
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
    await rig.good(rig.c, { ...START, from: source(rig.b) });
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
    await rig.good(rig.c, { kind: 'start', as: 'primary', from: undefined });
    await rig.result(rig.b.server.follow(source(rig.c)));
    await rig.pass(20_000);
    expect((await rig.look(rig.b)).replicationState).toBeUndefined();
  });
});

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
    await rig.good(rig.a, { kind: 'start', as: 'primary', from: undefined });
    rig.a.server.instance.commit(2);
    rig.a.server.kill();
    expect(rig.a.failed).toEqual([1, 2]);
    await rig.good(rig.a, { kind: 'start', as: 'primary', from: undefined });
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
    await rig.good(rig.b, { ...START, from: source(rig.a, slot) });
    await rig.pass(100);
    await rig.good(rig.b, STOP);
    for (let commit = 1; commit <= 10; commit += 1) rig.a.server.instance.commit(commit);
    await rig.good(rig.b, { ...START, from: source(rig.a, slot) });
    await rig.pass(20_000);
    expect(has(rig.b, 10)).toBe(streams);
  });
});
