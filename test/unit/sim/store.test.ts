import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../../src/dcs/agent-dcs.ts';
import { DcsError } from '../../../src/model/errors.ts';
import type { StoreWrite } from '../../sim/store.ts';
import { room, take } from './room.ts';

const CONFIG: WriteRequest = {
  name: 'config',
  value: '{}',
  guard: 'any',
  asLeader: true,
  withSession: false,
};

describe('the lock', () => {
  it('is taken by one of two who ask at once', async () => {
    const { connect, within } = room();
    const first = connect('pg1').dcs;
    const second = connect('pg2').dcs;
    const outcomes = await within(100, Promise.all([take(first), take(second)]));
    expect([...(outcomes as string[])].sort()).toEqual(['held', 'lost']);
  });

  it('is taken only while the sync document is as it was seen', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    store.put('sync', '{}');
    const seen = store.get('sync')?.version ?? '';
    store.put('sync', '{"leader":"pg2"}');
    expect(await within(100, take(dcs))).toBe('lost');
    expect(await within(100, dcs.acquire({ ttl: 30, sync: seen }))).toBe('lost');
    const now = store.get('sync')?.version ?? '';
    expect(await within(100, dcs.acquire({ ttl: 30, sync: now }))).toBe('held');
  });

  it('ends a TTL after it was applied, unless it is renewed', async () => {
    const { connect, store, pass, within } = room();
    const { dcs } = connect('pg1');
    await within(100, take(dcs, 30));
    await pass(20_000);
    expect(await within(100, dcs.renew({ ttl: 30, status: '{"optime":1}' }))).toBe('held');
    expect(store.get('status')?.value).toBe('{"optime":1}');
    await pass(29_000);
    expect(store.get('leader')?.value).toBe('pg1');
    await pass(1_100);
    expect(store.get('leader')).toBeUndefined();
    expect(await within(100, dcs.renew({ ttl: 30 }))).toBe('lost');
  });

  it('may end late, and cannot be kept alive in that time', async () => {
    const { connect, store, pass, within } = room();
    store.leases.lateBy = 1000;
    const { dcs } = connect('pg1');
    const removals: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      expect(await within(10, take(dcs, 2))).toBe('held');
      const end = store.lockEnd() ?? 0;
      await pass(2000);
      expect(await within(10, dcs.renew({ ttl: 2 }))).toBe('lost');
      if (store.get('leader')) removals.push(end);
      await pass(1000);
      expect(store.get('leader')).toBeUndefined();
    }
    expect(removals.length).toBeGreaterThan(5);
  });

  it('ends at once when a renewal lowers the TTL', async () => {
    const { connect, store, pass, within } = room();
    const { dcs } = connect('pg1');
    await within(100, take(dcs, 30));
    await within(100, dcs.renew({ ttl: 5 }));
    await pass(5_000);
    expect(store.get('leader')).toBeUndefined();
  });

  it('of a store whose clock is fast ends early', async () => {
    const { connect, store, pass, within } = room();
    store.leases.ppm = 100_000;
    await within(100, take(connect('pg1').dcs, 30));
    await pass(27_400);
    expect(store.get('leader')).toBeUndefined();
  });

  it('belongs to a session, not to a name: a namesake does not own it', async () => {
    const { store, within, connect } = room();
    const { process, dcs } = connect('pg1');
    const memory = { load: () => undefined, keep: () => {} };
    const other = { host: 'pg2', name: 'pg1', process, memory };
    const namesake = store.connect(other);
    await within(100, take(dcs));
    await within(100, namesake.publish('{}', 30));
    expect(await within(100, namesake.read())).toMatchObject({ ownsLock: false });
    expect(await within(100, namesake.renew({ ttl: 30 }))).toBe('lost');
    await within(100, namesake.release(undefined));
    expect(await within(100, namesake.write(CONFIG))).toBe('conflict');
    expect(await within(100, dcs.read())).toMatchObject({ ownsLock: true });
  });

  it('is given up with a last status, by its owner only', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    await within(100, take(dcs));
    await within(100, dcs.release('{"optime":7}'));
    expect([store.get('leader'), store.get('status')?.value]).toEqual([undefined, '{"optime":7}']);
  });

  it('a late release does not give away a lock that was taken again', async () => {
    const { connect, links, store, within } = room();
    const { dcs } = connect('pg1');
    await within(100, take(dcs));
    const undo = links.slow('pg1', 'store', 8000);
    expect(await within(7000, dcs.release(undefined))).toBeInstanceOf(DcsError);
    undo();
    store.put('leader', undefined);
    expect(await within(100, take(dcs))).toBe('held');
    await within(5000, dcs.read());
    expect(store.get('leader')?.value).toBe('pg1');
  });

  it('a release finds the lock whose acquisition was never answered', async () => {
    const { connect, links, store, within } = room();
    const { dcs } = connect('pg1');
    const undo = links.cut('store', 'pg1');
    expect(await within(6000, take(dcs))).toBeInstanceOf(DcsError);
    undo();
    expect(store.get('leader')?.value).toBe('pg1');
    await within(100, dcs.release(undefined));
    expect(store.get('leader')).toBeUndefined();
  });
});

describe('sessions', () => {
  it('take the member document and the claim of a bootstrap with them', async () => {
    const { connect, store, pass, within } = room();
    const { dcs } = connect('pg1');
    const claim = { ...CONFIG, name: 'initialize', value: '', guard: 'absent' } as const;
    const request = { ...claim, asLeader: false, withSession: true };
    expect(await within(100, dcs.write(request))).toBe('done');
    expect(await within(100, dcs.write(request))).toBe('conflict');
    await within(100, dcs.publish('{"state":"running"}', 30));
    expect(store.snapshot().documents.map(({ name }) => name)).toEqual([
      'initialize',
      'members/pg1',
    ]);
    await pass(30_000);
    expect(store.snapshot().documents).toEqual([]);
  });

  it('a session that has ended is opened again by the next publication', async () => {
    const { connect, store, pass, within } = room();
    const { dcs, disk } = connect('pg1');
    await within(100, dcs.publish('a', 5));
    const before = { ...disk };
    await pass(6000);
    await within(100, dcs.publish('b', 5));
    expect(store.get('members/pg1')?.value).toBe('b');
    expect(disk).not.toEqual(before);
  });

  it('an agent that is started again goes on with its old session', async () => {
    const { connect, within } = room();
    const { dcs, disk, process } = connect('pg1');
    await within(100, take(dcs));
    process.kill();
    const again = connect('pg1', disk).dcs;
    expect(await within(100, again.read())).toMatchObject({ ownsLock: true });
    expect(await within(100, again.renew({ ttl: 30 }))).toBe('held');
  });

  it('go on over a restart of the store, and a pause of it, with a full TTL', async () => {
    const { connect, store, pass, within } = room();
    await within(100, take(connect('pg1').dcs, 10));
    await pass(8000);
    store.restart();
    await pass(8000);
    const up = store.down();
    await pass(60_000);
    up();
    await pass(9900);
    expect(store.get('leader')?.value).toBe('pg1');
    await pass(200);
    expect(store.get('leader')).toBeUndefined();
  });
});

describe('requests', () => {
  it('without a reply end in DcsError after five seconds, done or not', async () => {
    const { connect, links, store, within } = room();
    const { dcs } = connect('pg1');
    links.cut('store', 'pg1');
    expect(await within(4999, dcs.publish('{}', 30))).toBe('nothing yet');
    expect(store.get('members/pg1')?.value).toBe('{}');
    links.cut('pg1', 'store');
    const lost = await within(5000, dcs.write({ ...CONFIG, asLeader: false }));
    expect(lost).toBeInstanceOf(DcsError);
    expect(store.get('config')).toBeUndefined();
  });

  it('are done late, even after their owner has died', async () => {
    const { connect, links, store, pass, within } = room();
    const { dcs, process } = connect('pg1');
    links.slow('pg1', 'store', 8000);
    expect(await within(5000, take(dcs))).toBeInstanceOf(DcsError);
    process.kill();
    await pass(3100);
    expect(store.get('leader')?.value).toBe('pg1');
  });

  it('are answered to a frozen agent only when it thaws', async () => {
    const { connect, scheduler, within } = room();
    const { dcs, process } = connect('pg1');
    scheduler.at(0.5, () => process.freeze());
    expect(await within(1000, dcs.read())).toBe('nothing yet');
    const answer = within(1000, dcs.read());
    process.thaw();
    expect(await answer).toMatchObject({ ownsLock: false });
  });

  it('of a host may be lost or slow while those of others are not', async () => {
    const { connect, store, within } = room();
    const undo = store.weather.add('pg1', { kind: 'lose-requests', oneIn: 1 });
    expect(await within(6000, connect('pg1').dcs.read())).toBeInstanceOf(DcsError);
    expect(await within(100, connect('pg2').dcs.read())).toMatchObject({ revision: 1 });
    undo();
    store.weather.add('pg1', { kind: 'lose-replies', oneIn: 1 });
    expect(await within(6000, take(connect('pg1').dcs))).toBeInstanceOf(DcsError);
    expect(store.get('leader')?.value).toBe('pg1');
    store.weather.add('pg2', { kind: 'slow', delay: 4000 });
    expect(await within(100, connect('pg2').dcs.read())).toBe('nothing yet');
  });

  it('to a store that is down fail, at once or in silence', async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const { connect, store, within } = room(seed);
      store.down();
      const early = await within(100, connect('pg1').dcs.read());
      const end = await within(6000, connect('pg1').dcs.read());
      expect(end).toBeInstanceOf(DcsError);
      ends.add(early instanceof DcsError ? 'refused' : 'silent');
    }
    expect([...ends].sort()).toEqual(['refused', 'silent']);
  });
});

describe('writes', () => {
  it('compare versions, and as leader also the lock', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    expect(await within(100, dcs.write(CONFIG))).toBe('conflict');
    await within(100, take(dcs));
    expect(await within(100, dcs.write({ ...CONFIG, guard: 'absent' }))).toBe('done');
    const version = store.get('config')?.version ?? '';
    store.put('config', '{"ttl":20}');
    const late = { ...CONFIG, value: '{"ttl":99}', guard: { version } };
    expect(await within(100, dcs.write(late))).toBe('conflict');
    expect(await within(100, dcs.write({ ...CONFIG, value: undefined }))).toBe('done');
    expect(store.get('config')).toBeUndefined();
  });

  it('are told to the checkers, with who did them', async () => {
    const { connect, store, pass, within } = room();
    const seen: StoreWrite[] = [];
    store.onWrite((write) => seen.push(write));
    await within(100, take(connect('pg1').dcs, 5));
    store.put('failover', '{}');
    await pass(6000);
    expect(seen).toEqual([
      { name: 'leader', value: 'pg1', by: 'pg1' },
      { name: 'failover', value: '{}', by: 'operator' },
      { name: 'leader', value: undefined, by: 'store', boundTo: 'pg1#1' },
    ]);
  });
});

describe('reads', () => {
  it('give the same documents until something changes, in the order of their keys', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    store.put('sync', 's');
    store.put('config', 'c');
    const documents = async () =>
      ((await within(100, dcs.read())) as Awaited<ReturnType<typeof dcs.read>>).documents;
    const first = await documents();
    expect(first.map(({ name }) => name)).toEqual(['config', 'sync']);
    expect(await documents()).toBe(first);
    store.put('sync', 's');
    expect(await documents()).not.toBe(first);
  });

  it('may be stale, while nothing that matters is', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    const undo = store.staleReads('pg1');
    await within(100, take(connect('pg2').dcs));
    expect(await within(100, dcs.read())).toMatchObject({ documents: [], revision: 1 });
    expect(await within(100, take(dcs))).toBe('lost');
    undo();
    expect(await within(100, dcs.read())).toMatchObject({ revision: 2 });
  });
});

describe('a store that lost its data', () => {
  it('starts again at revision 1, without sessions', async () => {
    const { connect, store, within } = room();
    const { dcs } = connect('pg1');
    await within(100, take(dcs));
    store.wipe();
    expect(await within(100, dcs.read())).toEqual({
      documents: [],
      ownsLock: false,
      revision: 1,
      identity: '1',
    });
    expect(await within(100, dcs.renew({ ttl: 30 }))).toBe('lost');
    expect(await within(100, take(dcs))).toBe('held');
  });

  it('goes back to its backup: documents, sessions and revision of then', async () => {
    const { connect, store, within } = room();
    const old = connect('pg1').dcs;
    const young = connect('pg2').dcs;
    await within(100, take(old));
    store.backup();
    const then = store.snapshot();
    await within(100, old.release(undefined));
    await within(100, take(young));
    store.restore();
    expect(store.snapshot()).toEqual(then);
    // It is told nothing of a lock that nobody has taken away before it has read.
    expect(String(await within(100, young.renew({ ttl: 30 })))).toMatch(/wiped or restored/);
    await within(100, young.read());
    expect(await within(100, young.renew({ ttl: 30 }))).toBe('lost');
    expect(await within(100, old.renew({ ttl: 30 }))).toBe('held');
  });
});

describe('watches', () => {
  const watching = () => {
    const world = room();
    const { dcs, process } = world.connect('pg1');
    const abort = new AbortController();
    return { ...world, dcs, process, abort, watch: () => dcs.watch(abort.signal) };
  };

  it.each(['leader', 'failover', 'config', 'sync'] as const)('tell of %s', async (name) => {
    const { store, scheduler, within, watch } = watching();
    scheduler.after(1000, () => store.put(name, 'x'));
    expect(await within(900, watch())).toBe('nothing yet');
    expect(await within(200, watch())).toBeUndefined();
  });

  it('tell of a member that comes', async () => {
    const { store, scheduler, within, watch } = watching();
    scheduler.after(100, () => store.put('members/pg2', 'x'));
    expect(await within(200, watch())).toBeUndefined();
  });

  it('do not tell of what members and status say', async () => {
    const { store, scheduler, within, watch, dcs } = watching();
    store.put('members/pg2', 'w');
    await within(100, dcs.read());
    scheduler.after(100, () => store.put('members/pg2', 'x'));
    scheduler.after(100, () => store.put('status', 'x'));
    expect(await within(60_000, watch())).toBe('nothing yet');
  });

  it('tell of what happened after the last read, and only once', async () => {
    const { store, within, watch, dcs } = watching();
    await within(100, dcs.read());
    store.put('sync', 'x');
    expect(await within(100, watch())).toBeUndefined();
    expect(await within(100, watch())).toBe('nothing yet');
  });

  it('end when they are aborted, and when the store compacts its history', async () => {
    const { store, within, scheduler, abort, watch } = watching();
    scheduler.after(100, () => store.compact());
    expect(await within(200, watch())).toBeUndefined();
    scheduler.after(100, () => abort.abort());
    expect(await within(200, watch())).toBeUndefined();
    expect(await within(10, watch())).toBeUndefined();
  });

  it('break with a restart, a wipe, and an event that is lost', async () => {
    const { store, links, within, scheduler, dcs, watch } = watching();
    scheduler.after(100, () => store.restart());
    expect(await within(200, watch())).toBeInstanceOf(DcsError);
    scheduler.after(100, () => store.wipe());
    expect(await within(200, watch())).toBeInstanceOf(DcsError);
    await within(100, dcs.read());
    const lost = watch();
    scheduler.after(100, () => links.cut('store', 'pg1'));
    scheduler.after(200, () => store.put('leader', 'pg2'));
    expect(await within(6000, lost)).toBeInstanceOf(DcsError);
  });

  it('of a follower that is cut off tell their news when it is back', async () => {
    const { store, within, scheduler, dcs, watch } = watching();
    const undo = store.staleReads('pg1');
    await within(100, dcs.read());
    scheduler.after(100, () => store.put('leader', 'pg2'));
    scheduler.after(5000, undo);
    const watched = watch();
    expect(await within(4900, watched)).toBe('nothing yet');
    expect(await within(200, watched)).toBeUndefined();
  });
});
