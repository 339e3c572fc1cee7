import { describe, expect, test } from 'vitest';
import type { AgentDcs, WriteRequest } from '../../../src/dcs/agent-dcs.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { FakeEtcd, type Request, type Weather } from './fake-etcd.ts';
import type { HandClock } from './hand-clock.ts';
import { LOOP_MS, sessionRoom, watch } from './session-room.ts';

const LEADER = '/service/demo/leader';
const MEMBER = '/service/demo/members/pg1';
const TTL = 30;
const CONFIG: WriteRequest = {
  name: 'config',
  value: '{}',
  guard: 'any',
  asLeader: false,
  withSession: false,
};

function setUp(...servers: Weather[]) {
  return sessionRoom(servers.length > 0 ? servers : [{}]);
}

const take = (dcs: AgentDcs, ttl = TTL) => dcs.acquire({ ttl, sync: 'absent' });

/** The error that a promise is rejected with, when its time passes. */
async function errorOf(clock: HandClock, promise: Promise<unknown>): Promise<unknown> {
  const end = promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  await clock.advance(5000);
  return end;
}

describe('a look of somebody else', () => {
  test('sees what is there now, and the watch tells of it all the same', async () => {
    const { clock, etcd, dcs } = setUp();
    await dcs.read();
    etcd.put('/service/demo/leader', 'pg2');
    const [leader] = await dcs.peek();
    expect(leader?.value).toBe('pg2');
    const { state } = await watch(dcs, clock);
    expect(state.end).toBe('news');
  });
});

describe('requests of a tick in which nothing changes', () => {
  test('a standby: one in two ticks', async () => {
    const { clock, etcd, dcs } = setUp();
    await dcs.read();
    await dcs.publish('{}', TTL);
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    const counts: string[] = [];
    for (let tick = 0; tick < 6; tick++) {
      await clock.advance(LOOP_MS);
      etcd.requests.length = 0;
      await dcs.read();
      await dcs.publish('{}', TTL);
      counts.push(etcd.requests.join());
    }
    expect(counts).toEqual(['', 'keepAlive', '', 'keepAlive', '', 'keepAlive']);
    abort.abort();
  });

  test('a leader: one that keeps the lease, and one that proves that the lock is ours', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    await take(dcs);
    await dcs.publish('{}', TTL);
    await dcs.renew({ ttl: TTL, status: '{}' });
    for (let tick = 0; tick < 4; tick++) {
      await clock.advance(LOOP_MS);
      etcd.requests.length = 0;
      const { ownsLock } = await dcs.read();
      expect(ownsLock).toBe(true);
      expect(await dcs.renew({ ttl: TTL, status: '{}' })).toBe('held');
      expect(etcd.requests).toEqual(['keepAlive', 'txn']);
    }
    abort.abort();
  });

  test('other clusters in the same etcd cost a standby a read now and then', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    await dcs.publish('{}', TTL);
    await clock.advance(2 * LOOP_MS);
    etcd.put('/service/other/leader', 'x');
    etcd.requests.length = 0;
    await dcs.read();
    await dcs.publish('{}', TTL);
    expect(etcd.requests).toEqual(['keepAlive', 'range']);
    abort.abort();
  });

  test('an agent that does not watch reads each time', async () => {
    const { etcd, dcs } = setUp();
    await dcs.read();
    await dcs.read();
    expect(etcd.requests).toEqual(['range', 'range']);
  });

  test('a session lives when it is kept alive, whatever the time between two ticks', async () => {
    for (const wait of [1000, 3000, 5000, 8000, 9900, 14_000, 20_000]) {
      const { clock, etcd, dcs } = setUp();
      const { abort } = await watch(dcs, clock);
      let keptAt = clock.monotonic();
      await dcs.publish('{}', TTL);
      const [id = ''] = etcd.leases.keys();
      let before = 0;
      for (let now = 0; now < 200_000; now += wait) {
        await clock.advance(wait);
        // The loop that was announced is ten seconds; one that comes late is late by itself.
        if (wait > LOOP_MS) expect(clock.monotonic() - keptAt).toBeLessThan(TTL * 1000);
        await dcs.read();
        await dcs.publish('{}', TTL);
        const { keptAlive = 0 } = etcd.leases.get(id) ?? {};
        if (keptAlive > before) keptAt = clock.monotonic();
        before = keptAlive;
        expect(clock.monotonic() - keptAt).toBeLessThan(TTL * 1000 - wait);
      }
      abort.abort();
    }
  });
});

describe('a renewal', () => {
  test('is repeated when etcd elected a leader between keeping alive and asking', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather);
    await take(dcs);
    weather.after = (what) => {
      if (what === 'keepAlive' && etcd.term === 2) etcd.term = 3;
    };
    etcd.requests.length = 0;
    const renewing = dcs.renew({ ttl: TTL });
    await clock.advance(1000);
    expect(await renewing).toBe('held');
    expect(etcd.requests).toEqual(['keepAlive', 'txn', 'keepAlive', 'txn']);
  });

  test('is an error when no two answers are of one term', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather);
    await take(dcs);
    weather.after = (what) => {
      if (what === 'keepAlive') etcd.term += 1;
    };
    const error = await errorOf(clock, dcs.renew({ ttl: TTL }));
    expect(error).toBeInstanceOf(DcsError);
    expect(String(error)).toMatch(/has elected another leader/);
  });

  test('is not held by a lease that only the server that asks does not know', async () => {
    const { clock, etcd, dcs } = setUp();
    await take(dcs);
    // A server that was cut off when the lease was granted.
    const [id = ''] = etcd.leases.keys();
    etcd.overlooked.add(id);
    await clock.advance(2 * LOOP_MS);
    expect(await errorOf(clock, dcs.renew({ ttl: TTL }))).toBeInstanceOf(DcsError);
    expect(await errorOf(clock, dcs.publish('{}', TTL))).toBeInstanceOf(DcsError);
    expect(await errorOf(clock, take(dcs))).toBeInstanceOf(DcsError);
    expect(etcd.get(LEADER)?.lease).toBe(id);
    etcd.overlooked.clear();
    expect(await dcs.renew({ ttl: TTL })).toBe('held');
  });

  test('is lost when the lease has ended', async () => {
    const { etcd, dcs, disk } = setUp();
    await take(dcs);
    etcd.expire(disk.session ?? '');
    expect(await dcs.renew({ ttl: TTL })).toBe('lost');
    expect(await take(dcs)).toBe('held');
  });

  test('is lost by a node that has another name than it had', async () => {
    const { dcs, connect } = setUp();
    await take(dcs);
    const renamed = connect('pg9');
    expect(await renamed.read()).toMatchObject({ ownsLock: false });
    expect(await renamed.renew({ ttl: TTL })).toBe('lost');
  });

  test('asks the next server when one is silent', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather, {});
    await take(dcs);
    weather.before = () => new Promise(() => {});
    etcd.requests.length = 0;
    const renewing = dcs.renew({ ttl: TTL });
    await clock.advance(1000);
    expect(await renewing).toBe('held');
    expect(etcd.requests).toEqual(['keepAlive', 'keepAlive', 'txn']);
  });
});

describe('the lock', () => {
  test('is proved again when etcd elected a leader while it was taken', async () => {
    const weather: Weather = {};
    const { etcd, dcs } = setUp(weather);
    await dcs.publish('{}', TTL);
    weather.after = (what) => {
      if (what === 'keepAlive' && etcd.term === 2) etcd.term = 3;
    };
    etcd.requests.length = 0;
    expect(await take(dcs)).toBe('held');
    expect(etcd.requests).toEqual(['keepAlive', 'txn', 'keepAlive', 'txn']);
  });

  test('whose answer got lost is an error, and then ours', async () => {
    const weather: Weather = {};
    const { clock, dcs } = setUp(weather);
    await dcs.publish('{}', TTL);
    weather.after = (what) => {
      if (what === 'txn') throw new EndpointFailure('it closed', { maybeApplied: true });
    };
    expect(await errorOf(clock, take(dcs))).toBeInstanceOf(DcsError);
    weather.after = () => {};
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
    expect(await dcs.renew({ ttl: TTL })).toBe('held');
  });

  test('is taken with another session when the one that we had has ended meanwhile', async () => {
    const weather: Weather = {};
    const { etcd, dcs, disk } = setUp(weather);
    await dcs.publish('{}', TTL);
    const before = disk.session ?? '';
    weather.after = (what) => {
      if (what === 'keepAlive') etcd.expire(before);
    };
    expect(await take(dcs)).toBe('held');
    expect(disk.session).not.toBe(before);
    expect(etcd.get(LEADER)?.lease).toBe(disk.session);
  });

  test('a late release does not give away one that was taken again', async () => {
    let late: (() => void) | undefined;
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather);
    await take(dcs);
    await dcs.read();
    weather.before = (what) => {
      if (what !== 'txn') return undefined;
      return new Promise<void>((resolve) => {
        late = resolve;
      });
    };
    const releasing = errorOf(clock, dcs.release('{"optime":1}'));
    expect(await releasing).toBeInstanceOf(DcsError);
    weather.before = () => {};
    etcd.put(LEADER, undefined);
    expect(await take(dcs)).toBe('held');
    late?.();
    await clock.advance(0);
    expect(etcd.get(LEADER)?.value.toString()).toBe('pg1');
    expect(etcd.get('/service/demo/status')).toBeUndefined();
  });
});

describe('a session', () => {
  test('is written down before it is opened', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs, disk, connect } = setUp(weather);
    weather.after = (what) => {
      if (what === 'grant') throw new EndpointFailure('it closed', { maybeApplied: true });
    };
    expect(await errorOf(clock, dcs.publish('{}', TTL))).toBeInstanceOf(DcsError);
    const [id] = etcd.leases.keys();
    expect(disk.session).toBe(id);
    weather.after = () => {};
    await connect().publish('{}', TTL);
    expect(etcd.get(MEMBER)?.lease).toBe(id);
    expect(etcd.leases.size).toBe(1);
  });

  test('gets another TTL with all that is bound to it, in one step (P#2693)', async () => {
    const { etcd, dcs, disk } = setUp();
    await dcs.publish('{}', TTL);
    await take(dcs);
    const before = disk.session ?? '';
    const revision = etcd.revision;
    expect(await dcs.renew({ ttl: 60 })).toBe('held');
    expect(etcd.revision).toBe(revision + 1);
    expect(etcd.leases.get(disk.session ?? '')?.ttl).toBe(60);
    expect([etcd.get(LEADER)?.lease, etcd.get(MEMBER)?.lease]).toEqual([
      disk.session,
      disk.session,
    ]);
    expect(etcd.leases.has(before)).toBe(false);
  });

  test.each<[Request, 'before' | 'after']>([
    ['grant', 'before'],
    ['grant', 'after'],
    ['range', 'before'],
    ['txn', 'before'],
    ['txn', 'after'],
    ['revoke', 'before'],
    ['revoke', 'after'],
  ])('survives a change of its TTL in which %s is lost %s it is done', async (which, when) => {
    const weather: Weather = {};
    const { clock, etcd, dcs, connect } = setUp(weather);
    await dcs.publish('{}', TTL);
    await take(dcs);
    weather[when] = (what) => {
      if (what === which) throw new EndpointFailure('it closed', { maybeApplied: true });
    };
    const first = await errorOf(clock, dcs.renew({ ttl: 60 }));
    expect(first === undefined || first instanceof DcsError).toBe(true);
    delete weather[when];
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
    // The same agent goes on, or another one in its place.
    const again = connect();
    expect(await again.read()).toMatchObject({ ownsLock: true });
    for (const agent of [dcs, again]) {
      expect(await agent.renew({ ttl: 60 })).toBe('held');
      expect(await agent.read()).toMatchObject({ ownsLock: true });
    }
    const lease = etcd.get(LEADER)?.lease ?? '';
    expect(etcd.leases.get(lease)?.ttl).toBe(60);
    expect(etcd.get(MEMBER)?.lease).toBe(lease);
  });
});

describe('what is seen', () => {
  test('is taken from the watch, in the order of etcd, and only once', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    etcd.requests.length = 0;
    etcd.put(LEADER, 'pg2');
    etcd.put('/service/demo/status', '1');
    etcd.put('/service/demo/status', '2');
    const seen = await dcs.read();
    expect(etcd.requests).toEqual([]);
    expect(seen.documents).toEqual([
      { name: 'leader', value: 'pg2', version: '2' },
      { name: 'status', value: '2', version: '4' },
    ]);
    expect(seen.revision).toBe(4);
    expect((await dcs.read()).documents).toBe(seen.documents);
    abort.abort();
  });

  test('is read when what we wrote ourselves was not told yet', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    etcd.beSilent();
    await dcs.write(CONFIG);
    etcd.requests.length = 0;
    expect((await dcs.read()).documents).toMatchObject([{ name: 'config' }]);
    expect(etcd.requests).toEqual(['range']);
    etcd.speak();
    abort.abort();
  });

  test('is read again after a lost race (P#2783)', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    await dcs.read();
    etcd.beSilent();
    etcd.put('/service/demo/config', '{"ttl":20}');
    expect(await dcs.write({ ...CONFIG, guard: 'absent' })).toBe('conflict');
    expect((await dcs.read()).documents).toMatchObject([{ value: '{"ttl":20}' }]);
    etcd.speak();
    abort.abort();
  });

  test('of a watch that has gone deaf is noticed, and the watch begun again', async () => {
    const { clock, etcd, dcs } = setUp();
    const { state, abort } = await watch(dcs, clock);
    await dcs.read();
    await take(dcs);
    await clock.advance(0);
    const again = await watch(dcs, clock);
    await dcs.read();
    etcd.beSilent();
    etcd.put('/service/demo/failover', '{}');
    await clock.advance(LOOP_MS);
    // The renewal shows what the watch did not tell.
    await dcs.renew({ ttl: TTL });
    await clock.advance(0);
    expect(again.state.end).toBe('news');
    etcd.speak(false);
    etcd.requests.length = 0;
    const next = await watch(dcs, clock);
    await clock.advance(2000);
    await dcs.read();
    await clock.advance(0);
    expect(etcd.requests).toContain('watch');
    etcd.put('/service/demo/sync', '{}');
    await clock.advance(0);
    expect(next.state.end).toBe('news');
    expect(state.end).toBe('news');
    for (const one of [abort, again.abort, next.abort]) one.abort();
  });

  test('of a store that was made anew replaces what was known', async () => {
    const { clock, etcd, dcs } = setUp();
    const { abort } = await watch(dcs, clock);
    etcd.put(LEADER, 'pg2');
    for (let round = 0; round < 5; round++) etcd.put('/service/demo/status', String(round));
    await dcs.read();
    const anew = new FakeEtcd();
    anew.clusterId = 'c2';
    Object.assign(etcd, { clusterId: 'c2', revision: 1 });
    etcd.put(LEADER, undefined);
    etcd.put('/service/demo/status', undefined);
    Object.assign(etcd, { revision: 1 });
    etcd.breakWatches();
    await clock.advance(0);
    expect(await dcs.read()).toMatchObject({ documents: [], revision: 1, identity: 'c2' });
    abort.abort();
  });

  test('of a store that has gone back replaces what was known', async () => {
    const { etcd, dcs } = setUp();
    etcd.put(LEADER, 'pg2');
    etcd.put(LEADER, 'pg3');
    await dcs.read();
    Object.assign(etcd, { revision: 1 });
    expect(await dcs.read()).toMatchObject({ revision: 1 });
  });
});

describe('a watch', () => {
  test('that breaks is begun again without a word, and nothing is missed', async () => {
    const { clock, etcd, dcs } = setUp();
    const { state, abort } = await watch(dcs, clock);
    await dcs.read();
    await clock.advance(5000);
    etcd.beSilent();
    etcd.put(LEADER, 'pg2');
    etcd.speak(false);
    etcd.breakWatches();
    await clock.advance(0);
    expect(state.end).toBe('news');
    expect((await dcs.read()).documents).toMatchObject([{ value: 'pg2' }]);
    abort.abort();
  });

  test('that breaks as soon as it has begun is an error', async () => {
    const { clock, etcd, dcs } = setUp();
    const { state } = await watch(dcs, clock);
    etcd.breakWatches();
    await clock.advance(0);
    expect(state.end).toBeInstanceOf(DcsError);
  });

  test('at a server that is behind, or of another cluster, is an error', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather);
    etcd.put(LEADER, 'pg2');
    await dcs.read();
    weather.before = (what) => {
      if (what === 'watch') etcd.revision -= 1;
    };
    const { state } = await watch(dcs, clock);
    expect(state.end).toBeInstanceOf(DcsError);
    await dcs.read();
    weather.before = (what) => {
      if (what === 'watch') etcd.clusterId = 'c2';
    };
    const other = await watch(dcs, clock);
    expect(other.state.end).toBeInstanceOf(DcsError);
  });

  test('that does not begin in time is an error', async () => {
    const weather: Weather = {};
    const { clock, dcs } = setUp(weather);
    weather.before = (what) => {
      if (what === 'watch') return new Promise(() => {});
      return undefined;
    };
    expect(await errorOf(clock, dcs.watch(new AbortController().signal))).toBeInstanceOf(DcsError);
  });

  test('moves to the server that answers', async () => {
    const weather: Weather = {};
    const { clock, etcd, dcs } = setUp(weather, {});
    const { state, abort } = await watch(dcs, clock);
    await take(dcs);
    await clock.advance(0);
    expect(state.end).toBe('news');
    const again = await watch(dcs, clock);
    await dcs.read();
    await clock.advance(LOOP_MS);
    weather.before = () => new Promise(() => {});
    etcd.requests.length = 0;
    const renewing = dcs.renew({ ttl: TTL });
    await clock.advance(1000);
    expect(await renewing).toBe('held');
    await dcs.read();
    await clock.advance(0);
    expect(etcd.requests.filter((what) => what === 'watch')).toHaveLength(1);
    etcd.put(LEADER, undefined);
    await clock.advance(0);
    expect(again.state.end).toBe('news');
    abort.abort();
    again.abort.abort();
  });

  test('that begins while the session is closed does not go on', async () => {
    let answer = (): void => {};
    const weather: Weather = {
      before: (what) =>
        what === 'range'
          ? new Promise<void>((resolve) => {
              answer = resolve;
            })
          : undefined,
    };
    const { clock, etcd, dcs } = setUp(weather);
    const { state } = await watch(dcs, clock);
    await dcs.close();
    answer();
    await clock.advance(0);
    expect(state.end).toBeInstanceOf(DcsError);
    expect(etcd.requests).toEqual(['range']);
  });

  test('ends when it is aborted, also while it begins', async () => {
    const weather: Weather = {};
    const { clock, dcs } = setUp(weather);
    const { state, abort } = await watch(dcs, clock);
    abort.abort();
    await clock.advance(0);
    expect(state.end).toBe('news');
    const other = setUp({ before: () => new Promise(() => {}) });
    const beginning = await watch(other.dcs, other.clock);
    expect(beginning.state.end).toBeUndefined();
    beginning.abort.abort();
    await clock.advance(0);
    expect(beginning.state.end).toBe('news');
  });
});
