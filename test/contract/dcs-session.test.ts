import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentDcs, WriteRequest } from '../../src/dcs/agent-dcs.ts';
import { type RunningStore, startEmbedded } from '../harness/embedded.ts';
import { type EtcdOptions, startEtcd } from '../harness/etcd.ts';
import { etcdRoom } from './dcs-session/etcd-room.ts';
import { NOTHING_YET, type Room } from './dcs-session/room.ts';
import { simRoom } from './dcs-session/sim-room.ts';

// The same assertions for the simulation's store and for every way to a real one: so the agent that
// is proved in the simulation finds the same world outside.

type Kind = 'etcd3' | 'etcd';
interface Way {
  readonly name: string;
  readonly kind: Kind;
  readonly etcd?: EtcdOptions;
  readonly embedded?: { readonly gateway: boolean };
}
const WAYS: readonly Way[] = [
  { name: 'the store of the simulation', kind: 'etcd3' },
  { name: 'embedded, gateway', kind: 'etcd3', embedded: { gateway: true } },
  { name: 'embedded, gRPC', kind: 'etcd3', embedded: { gateway: false } },
  { name: 'etcd 3.4, gateway', kind: 'etcd3', etcd: { version: '3.4' } },
  { name: 'etcd 3.4, gRPC', kind: 'etcd3', etcd: { version: '3.4', gateway: false } },
  { name: 'etcd 3.5, gateway', kind: 'etcd3', etcd: { version: '3.5' } },
  { name: 'etcd 3.5, gRPC', kind: 'etcd3', etcd: { version: '3.5', gateway: false } },
  { name: 'etcd 3.4, v2 API', kind: 'etcd', etcd: { version: '3.4', v2: true } },
  { name: 'etcd 3.5, v2 API', kind: 'etcd', etcd: { version: '3.5', v2: true } },
];

/** Long enough for any machine; nothing waits for it but what should not happen. */
const AT_ONCE = 20_000;
/** Seconds: the shortest TTL that etcd grants, and one in which a slow machine gets things done. */
const SHORT = 1;
const MEDIUM = 6;
/** Milliseconds until an end must have been noticed. */
const IS_OVER = 20_000;

const CONFIG: WriteRequest = {
  name: 'config',
  value: '{}',
  guard: 'any',
  asLeader: true,
  withSession: false,
};
const PLAIN = { asLeader: false, withSession: false } as const;
const CLAIM: WriteRequest = {
  name: 'initialize',
  value: '',
  guard: 'absent',
  asLeader: false,
  withSession: true,
};

describe.concurrent.each(WAYS)('$name', ({ kind, etcd: options, embedded }) => {
  const running: { etcd?: RunningStore } = {};
  const rooms: Room[] = [];
  let scopes = 0;
  const sessions = kind === 'etcd3';

  beforeAll(async () => {
    if (options) running.etcd = await startEtcd({ ...options, shortLeases: true });
    if (embedded) running.etcd = await startEmbedded(embedded);
  });
  afterAll(async () => {
    await Promise.all(rooms.map((room) => room.close()));
    await running.etcd?.stop();
  });

  async function makeRoom(): Promise<Room> {
    scopes += 1;
    const { etcd } = running;
    const room = etcd ? await etcdRoom(etcd, kind, `c${scopes}`) : simRoom();
    rooms.push(room);
    return room;
  }

  const take = (dcs: AgentDcs, ttl = 30) => dcs.acquire({ ttl, sync: 'absent' });

  /** Waits until the document is gone. */
  async function gone(room: Room, name: 'leader' | 'initialize' | `members/${string}`) {
    for (let waited = 0; waited < IS_OVER; waited += 200) {
      if (!(await room.get(name))) return true;
      await room.pass(200);
    }
    return false;
  }

  describe.concurrent('the lock', () => {
    test('is taken by one of twenty who ask at once', async () => {
      const room = await makeRoom();
      const agents = await Promise.all(
        Array.from({ length: 20 }, (_, index) => room.connect(`pg${index}`)),
      );
      const outcomes = await Promise.all(agents.map((dcs) => take(dcs)));
      expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(1);
      const winner = outcomes.indexOf('held');
      expect(await room.get('leader')).toMatchObject({ value: `pg${winner}` });
      const owners = await Promise.all(agents.map((dcs) => dcs.read()));
      expect(owners.map(({ ownsLock }) => ownsLock).indexOf(true)).toBe(winner);
      expect(owners.filter(({ ownsLock }) => ownsLock)).toHaveLength(1);
    });

    test('is taken only while the sync document is as it was seen', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await room.put('sync', '{}');
      const seen = (await room.get('sync'))?.version ?? '';
      await room.put('sync', '{"leader":"pg2"}');
      expect(await take(dcs)).toBe('lost');
      expect(await dcs.acquire({ ttl: 30, sync: seen })).toBe('lost');
      expect(await room.get('leader')).toBeUndefined();
      const now = (await room.get('sync'))?.version ?? '';
      expect(await dcs.acquire({ ttl: 30, sync: now })).toBe('held');
    });

    test('is held as long as it is renewed, and then ends with its session', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      expect(await take(dcs, MEDIUM)).toBe('held');
      await dcs.publish('{}', MEDIUM);
      for (let round = 0; round < 4; round++) {
        await room.pass(1800);
        expect(await dcs.renew({ ttl: MEDIUM, status: `{"optime":${round}}` })).toBe('held');
        expect(await room.get('members/pg1')).toBeDefined();
      }
      expect(await room.get('status')).toMatchObject({ value: '{"optime":3}' });
      await dcs.renew({ ttl: SHORT });
      expect(await gone(room, 'leader')).toBe(true);
      expect(await gone(room, 'members/pg1')).toBe(true);
      expect(await dcs.renew({ ttl: MEDIUM })).toBe('lost');
      expect(await dcs.read()).toMatchObject({ ownsLock: false });
    });

    test('is renewed with what changed, and nothing else is written', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await take(dcs);
      const what = { ttl: 30, status: '{"optime":1}', failsafe: '{"pg1":"http://a"}' };
      await dcs.renew(what);
      await dcs.read();
      expect(await room.get('failsafe')).toMatchObject({ value: '{"pg1":"http://a"}' });
      const before = await Promise.all([room.get('status'), room.get('failsafe')]);
      if (running.etcd && sessions) {
        expect(await dcs.renew(what)).toBe('held');
        expect(await Promise.all([room.get('status'), room.get('failsafe')])).toEqual(before);
      }
      expect(await dcs.renew({ ...what, status: '{"optime":2}' })).toBe('held');
      expect(await room.get('status')).toMatchObject({ value: '{"optime":2}' });
      if (running.etcd) expect(await room.get('failsafe')).toEqual(before[1]);
    });

    test('belongs to a session, not to a name: a namesake does not own it', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      const namesake = await room.connect('pg1');
      await take(dcs);
      await namesake.publish('{}', 30);
      expect(await namesake.read()).toMatchObject({ ownsLock: false });
      expect(await namesake.renew({ ttl: 30 })).toBe('lost');
      await namesake.release('{"optime":9}');
      expect(await namesake.write(CONFIG)).toBe('conflict');
      expect(await dcs.read()).toMatchObject({ ownsLock: true });
      expect(await room.get('status')).toBeUndefined();
      expect(await dcs.renew({ ttl: 30 })).toBe('held');
    });

    test('is given up with a last status', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await take(dcs);
      await dcs.release('{"optime":7}');
      expect(await room.get('leader')).toBeUndefined();
      expect(await room.get('status')).toMatchObject({ value: '{"optime":7}' });
      expect(await dcs.read()).toMatchObject({ ownsLock: false });
      expect(await dcs.renew({ ttl: 30 })).toBe('lost');
      expect(await take(dcs)).toBe('held');
      expect(await dcs.read()).toMatchObject({ ownsLock: true });
    });

    test('is not touched by one who had it before', async () => {
      const room = await makeRoom();
      const [former, other] = [await room.connect('pg1'), await room.connect('pg2')];
      await take(former, SHORT);
      expect(await gone(room, 'leader')).toBe(true);
      expect(await take(other)).toBe('held');
      await former.release('{"optime":7}');
      expect(await former.renew({ ttl: SHORT, status: '{"optime":8}' })).toBe('lost');
      expect(await former.write(CONFIG)).toBe('conflict');
      expect(await former.write({ ...CONFIG, name: 'sync', guard: 'absent' })).toBe('conflict');
      expect(await room.get('leader')).toMatchObject({ value: 'pg2' });
      expect(await room.get('status')).toBeUndefined();
      expect(await other.renew({ ttl: 30 })).toBe('held');
    });

    test('that somebody removed is lost, and can be taken again', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await take(dcs);
      await room.put('leader', undefined);
      expect(await dcs.renew({ ttl: 30 })).toBe('lost');
      await dcs.release(undefined);
      expect(await take(dcs)).toBe('held');
      expect(await dcs.renew({ ttl: 30 })).toBe('held');
    });

    test('that somebody wrote over is lost', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await take(dcs);
      await room.put('leader', 'pg1');
      expect(await dcs.read()).toMatchObject({ ownsLock: false });
      expect(await dcs.renew({ ttl: 30 })).toBe('lost');
      await dcs.release(undefined);
      expect(await room.get('leader')).toMatchObject({ value: 'pg1' });
    });
  });

  describe.concurrent('a TTL that changes', () => {
    test('is raised for all that is bound to the session', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await dcs.write(CLAIM);
      await dcs.publish('{}', MEDIUM);
      expect(await take(dcs, MEDIUM)).toBe('held');
      expect(await dcs.renew({ ttl: 60 })).toBe('held');
      if (!sessions) await dcs.publish('{}', 60);
      await room.pass(MEDIUM * 1000 + 2000);
      expect(await room.get('leader')).toMatchObject({ value: 'pg1' });
      expect(await room.get('members/pg1')).toBeDefined();
      expect(await room.get('initialize')).toBeDefined();
      expect(await dcs.read()).toMatchObject({ ownsLock: true });
      expect(await dcs.renew({ ttl: 60 })).toBe('held');
    });

    test('is lowered at once', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await take(dcs, 60);
      expect(await dcs.renew({ ttl: SHORT })).toBe('held');
      expect(await dcs.read()).toMatchObject({ ownsLock: true });
      expect(await gone(room, 'leader')).toBe(true);
    });
  });

  describe.concurrent('a session', () => {
    test('takes the member document and the claim of a bootstrap with it', async () => {
      const room = await makeRoom();
      const [dcs, other] = [await room.connect('pg1'), await room.connect('pg2')];
      await dcs.publish('{"state":"running"}', MEDIUM);
      expect(await dcs.write(CLAIM)).toBe('done');
      expect(await dcs.write(CLAIM)).toBe('conflict');
      expect(await other.write(CLAIM)).toBe('conflict');
      await dcs.publish('{"state":"running"}', SHORT);
      expect(await gone(room, 'members/pg1')).toBe(true);
      expect(await gone(room, 'initialize')).toBe(true);
      expect(await other.write(CLAIM)).toBe('done');
    });

    test('keeps the claim while its owner publishes', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await dcs.publish('{}', MEDIUM);
      expect(await dcs.write(CLAIM)).toBe('done');
      for (let round = 0; round < 4; round++) {
        await room.pass(1800);
        await dcs.publish('{}', MEDIUM);
      }
      const claim = await room.get('initialize');
      expect(claim).toMatchObject({ value: '' });
      const guard = { version: claim?.version ?? '' };
      const done = { ...CLAIM, value: '7001', guard, withSession: false };
      expect(await dcs.write(done)).toBe('done');
      await dcs.publish('{}', SHORT);
      expect(await gone(room, 'members/pg1')).toBe(true);
      expect(await room.get('initialize')).toMatchObject({ value: '7001' });
    });

    test('that has ended is opened again by the next publication', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      await dcs.publish('a', SHORT);
      expect(await gone(room, 'members/pg1')).toBe(true);
      await dcs.publish('b', 30);
      expect(await room.get('members/pg1')).toMatchObject({ value: 'b' });
      await dcs.publish('c', 30);
      expect(await room.get('members/pg1')).toMatchObject({ value: 'c' });
      expect(await take(dcs)).toBe('held');
    });

    test('is gone on with by an agent that is started again', async () => {
      const room = await makeRoom();
      const disk = {};
      const before = await room.connect('pg1', disk);
      await before.publish('{}', 30);
      await take(before);
      await before.close();
      const after = await room.connect('pg1', disk);
      expect(await after.read()).toMatchObject({ ownsLock: true });
      const lock = await room.get('leader');
      expect(await after.renew({ ttl: 30 })).toBe('held');
      expect(await after.write(CONFIG)).toBe('done');
      await after.publish('{"state":"running"}', 30);
      if (sessions) expect(await room.get('leader')).toEqual(lock);
      await after.release(undefined);
      expect(await room.get('leader')).toBeUndefined();
    });

    test('is gone on with by an agent that is started again with another TTL', async () => {
      const room = await makeRoom();
      const disk = {};
      const before = await room.connect('pg1', disk);
      await take(before, MEDIUM);
      await before.close();
      const after = await room.connect('pg1', disk);
      expect(await after.renew({ ttl: 30 })).toBe('held');
      await room.pass(MEDIUM * 1000 + 2000);
      expect(await after.read()).toMatchObject({ ownsLock: true });
    });
  });

  describe.concurrent('a read', () => {
    test('shows the documents in the order of their keys, and the age of the store', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      const nothing = await dcs.read();
      expect(nothing).toMatchObject({ documents: [], ownsLock: false });
      await room.put('sync', 's');
      await room.put('config', 'c');
      await dcs.publish('{}', 30);
      const some = await dcs.read();
      expect(some.documents.map(({ name, value }) => `${name} ${value}`)).toEqual([
        'config c',
        'members/pg1 {}',
        'sync s',
      ]);
      expect(some.revision).toBeGreaterThan(nothing.revision);
      expect(some.identity).toBe(nothing.identity);
      expect(some.identity).not.toBe('');
    });
  });

  describe.concurrent('a write', () => {
    test('compares versions, and as leader also the lock', async () => {
      const room = await makeRoom();
      const dcs = await room.connect('pg1');
      expect(await dcs.write(CONFIG)).toBe('conflict');
      await take(dcs);
      expect(await dcs.write({ ...CONFIG, guard: 'absent' })).toBe('done');
      expect(await dcs.write({ ...CONFIG, guard: 'absent' })).toBe('conflict');
      const version = (await room.get('config'))?.version ?? '';
      await room.put('config', '{"ttl":20}');
      expect(await dcs.write({ ...CONFIG, value: '{"ttl":99}', guard: { version } })).toBe(
        'conflict',
      );
      expect(await room.get('config')).toMatchObject({ value: '{"ttl":20}' });
      expect(await dcs.write({ ...CONFIG, value: undefined })).toBe('done');
      expect(await room.get('config')).toBeUndefined();
      expect(await dcs.write({ ...CONFIG, value: undefined })).toBe('done');
    });

    test('is seen by the next read of who wrote, and of others', async () => {
      const room = await makeRoom();
      const [one, other] = [await room.connect('pg1'), await room.connect('pg2')];
      const abort = new AbortController();
      const watches = [one.watch(abort.signal), other.watch(abort.signal)];
      for (let round = 1; round <= 5; round++) {
        const value = String(round);
        await one.write({ ...PLAIN, name: 'failover', value, guard: 'any' });
        const { documents } = await one.read();
        expect(documents).toMatchObject([{ name: 'failover', value }]);
        const guard = { version: documents[0]?.version ?? '' };
        const theirs = { ...PLAIN, name: 'failover', value: `${value}!`, guard } as const;
        expect(await other.write(theirs)).toBe('done');
        expect((await other.read()).documents).toMatchObject([{ value: `${value}!` }]);
      }
      abort.abort();
      expect(await room.within(AT_ONCE, Promise.all(watches))).toEqual([undefined, undefined]);
    });
  });

  describe.concurrent('a watch', () => {
    /** An agent that has read, and what ends its watch. */
    async function watcher(room: Room) {
      const dcs = await room.connect('pg1');
      await dcs.read();
      const abort = new AbortController();
      return { dcs, abort, watch: () => dcs.watch(abort.signal) };
    }

    test.each(['leader', 'failover', 'config', 'sync'] as const)('tells of %s', async (name) => {
      const room = await makeRoom();
      const { dcs, watch } = await watcher(room);
      const made = watch();
      await room.pass(300);
      await room.put(name, 'x');
      expect(await room.within(AT_ONCE, made)).toBeUndefined();
      expect((await dcs.read()).documents).toMatchObject([{ name, value: 'x' }]);
      const removed = watch();
      await room.pass(300);
      await room.put(name, undefined);
      expect(await room.within(AT_ONCE, removed)).toBeUndefined();
      expect((await dcs.read()).documents).toEqual([]);
    });

    test('tells of a member that comes or goes', async () => {
      const room = await makeRoom();
      const { dcs, watch } = await watcher(room);
      const comes = watch();
      await room.pass(300);
      await (await room.connect('pg2')).publish('{}', SHORT);
      expect(await room.within(AT_ONCE, comes)).toBeUndefined();
      await dcs.read();
      expect(await room.within(IS_OVER, watch())).toBeUndefined();
      expect((await dcs.read()).documents).toEqual([]);
    });

    test('does not tell of what members and status say, which the next read shows', async () => {
      const room = await makeRoom();
      await room.put('members/pg2', 'w');
      const { dcs, watch, abort } = await watcher(room);
      const watching = watch();
      await room.pass(300);
      await room.put('members/pg2', 'x');
      await room.put('status', 'y');
      expect(await room.within(1500, watching)).toBe(NOTHING_YET);
      expect((await dcs.read()).documents).toMatchObject([{ value: 'x' }, { value: 'y' }]);
      abort.abort();
      expect(await room.within(AT_ONCE, watching)).toBeUndefined();
    });

    test('tells of what happened after the last read, and only once', async () => {
      const room = await makeRoom();
      const { watch, abort } = await watcher(room);
      await room.put('sync', 'x');
      expect(await room.within(AT_ONCE, watch())).toBeUndefined();
      const again = watch();
      expect(await room.within(1000, again)).toBe(NOTHING_YET);
      abort.abort();
      expect(await room.within(AT_ONCE, again)).toBeUndefined();
      expect(await room.within(AT_ONCE, watch())).toBeUndefined();
    });

    test('goes on after what is no news and happened before it began', async () => {
      const room = await makeRoom();
      const { watch } = await watcher(room);
      await room.put('members/pg2', 'x');
      await room.put('status', 'y');
      const watching = watch();
      await room.pass(300);
      await room.put('sync', 'z');
      expect(await room.within(AT_ONCE, watching)).toBeUndefined();
    });

    test('tells of a lock that is given up, and of one that is taken with the same name', async () => {
      const room = await makeRoom();
      const { dcs, watch } = await watcher(room);
      const [leader, namesake] = [await room.connect('pg2'), await room.connect('pg2')];
      await take(leader);
      await dcs.read();
      const released = watch();
      await room.pass(300);
      await leader.release(undefined);
      expect(await room.within(AT_ONCE, released)).toBeUndefined();
      expect((await dcs.read()).documents).toEqual([]);
      const taken = watch();
      await take(namesake);
      expect(await room.within(AT_ONCE, taken)).toBeUndefined();
    });

    test('tells of a lock that ended with its session', async () => {
      const room = await makeRoom();
      const { dcs, watch } = await watcher(room);
      await take(await room.connect('pg2'), SHORT);
      await dcs.read();
      expect(await room.within(IS_OVER, watch())).toBeUndefined();
      expect((await dcs.read()).documents).toEqual([]);
    });

    test('does not tell of renewals', async () => {
      const room = await makeRoom();
      const { dcs, watch, abort } = await watcher(room);
      const leader = await room.connect('pg2');
      await take(leader);
      await leader.publish('{}', 30);
      await dcs.read();
      const watching = watch();
      await room.pass(300);
      for (let optime = 1; optime <= 3; optime++) {
        await leader.renew({ ttl: 30, status: `{"optime":${optime}}` });
      }
      expect(await room.within(1000, watching)).toBe(NOTHING_YET);
      const { documents } = await dcs.read();
      expect(documents.find(({ name }) => name === 'status')?.value).toBe('{"optime":3}');
      abort.abort();
      expect(await room.within(AT_ONCE, watching)).toBeUndefined();
    });
  });
});
