import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentDcs, WriteRequest } from '../../src/dcs/agent-dcs.ts';
import { DcsError } from '../../src/model/errors.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { startFlakyProxy } from '../harness/flaky-proxy.ts';
import { freePorts } from '../harness/ports.ts';
import { waitFor } from '../harness/processes.ts';
import { type AgentOptions, type Disk, openAgent } from './dcs-session/etcd-room.ts';
import { agentOn, follow, proxyTo, startFor, type Test } from './dcs-session/opened.ts';
import { failureOf, timed } from './dcs-store.ts';

const WRITE: WriteRequest = {
  name: 'failover',
  value: '{}',
  guard: 'absent',
  asLeader: false,
  withSession: false,
};

const take = (dcs: AgentDcs, ttl = 30) => dcs.acquire({ ttl, sync: 'absent' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What a call comes to as soon as there is an answer. gRPC needs seconds to notice that a
 * connection is of no use any more.
 */
const soon = <T>(call: () => Promise<T>) => waitFor('an answer', call);

/** Calls all that has to ask the store; each must be a `DcsError`, soon. */
async function expectNoAnswer(dcs: AgentDcs, hasSession = true): Promise<void> {
  const signal = new AbortController().signal;
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => dcs.read(),
    () => take(dcs),
    () => dcs.publish('x', 30),
    () => dcs.write(WRITE),
    () => dcs.write({ ...WRITE, name: 'initialize', withSession: true }),
    () => dcs.watch(signal),
    // Without a session there is nothing that could be ours.
    ...(hasSession
      ? [
          () => dcs.renew({ ttl: 30 }),
          () => dcs.renew({ ttl: 20 }),
          () => dcs.release('{}'),
          () => dcs.write({ ...WRITE, asLeader: true }),
        ]
      : []),
  ];
  const failures = await Promise.all(attempts.map((attempt) => timed(() => failureOf(attempt()))));
  for (const { result, ms } of failures) {
    expect(result).toBeInstanceOf(DcsError);
    expect(ms).toBeLessThan(10_000);
  }
}

describe.concurrent.each([
  { name: 'etcd 3.4, gateway', kind: 'etcd3', options: { version: '3.4' } },
  { name: 'etcd 3.5, gateway', kind: 'etcd3', options: { version: '3.5' } },
  { name: 'etcd 3.5, gRPC', kind: 'etcd3', options: { version: '3.5', gateway: false } },
  { name: 'etcd 3.5, v2 API', kind: 'etcd', options: { version: '3.5', v2: true } },
] as const)('bad weather, $name', ({ kind, options }) => {
  let etcd: RunningEtcd;
  let scopes = 0;
  const sessions = kind === 'etcd3';

  beforeAll(async () => {
    etcd = await startEtcd({ ...options, shortLeases: true });
    // On a slow machine it takes seconds to load gRPC.
    const first = await openAgent(etcd.hosts, 'pg1', { kind, timeoutMs: () => 30_000 });
    await first.read();
    await first.close();
  });
  afterAll(() => etcd?.stop());

  /** Agents of one cluster, each through a proxy of its own. */
  function cluster(t: Test) {
    scopes += 1;
    const scope = `c${scopes}`;
    return (hosts: readonly string[], name: string, more: AgentOptions = {}) =>
      agentOn(t, hosts, { name, kind, scope, timeoutMs: () => 2000, ...more });
  }

  test('an answer that gets lost is a DcsError, and what was done is found', async (t) => {
    const connect = cluster(t);
    const flaky = await proxyTo(t, etcd);
    const dcs = await connect([flaky.host], 'pg1');
    const ttl = sessions ? 30 : 2;
    const overGrpc = 'gateway' in options;
    /** After so many answers no more of them arrive; of gRPC's, many at a time are one. */
    const lose = (after: number): void => {
      if (overGrpc) flaky.mood = 'lose-answers';
      else flaky.loseAfter(after);
    };
    const heal = (): void => {
      flaky.mood = 'pass';
      if (overGrpc) flaky.cut();
    };
    await dcs.read();
    await dcs.publish('{}', ttl);
    // On the v3 API the lease is kept alive before.
    lose(sessions ? 1 : 0);
    expect(await failureOf(take(dcs, ttl))).toBeInstanceOf(DcsError);
    heal();
    if (kind === 'etcd') {
      // Nothing tells whose it is, so it has to end.
      expect(await dcs.read()).toMatchObject({ ownsLock: false });
    }
    if (kind === 'etcd' || overGrpc) {
      await waitFor('the lock', async () => {
        return (await take(dcs)) === 'held' || (await dcs.read()).ownsLock;
      });
    }
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
    expect(await dcs.renew({ ttl: 30 })).toBe('held');
    lose(0);
    expect(await failureOf(dcs.renew({ ttl: 30, status: '{}' }))).toBeInstanceOf(DcsError);
    lose(0);
    expect(await failureOf(dcs.write(WRITE))).toBeInstanceOf(DcsError);
    heal();
    expect(await soon(() => dcs.renew({ ttl: 30, status: '{}' }))).toBe('held');
    await dcs.publish('{}', 30);
    const names = (await dcs.read()).documents.map(({ name }) => name);
    // Of a write over gRPC not even the request may have arrived.
    if (!overGrpc) expect(names).toContain('failover');
    expect(names.slice(-3)).toEqual(['leader', 'members/pg1', 'status']);
    // The lock is looked up before.
    lose(1);
    expect(await failureOf(dcs.release(undefined))).toBeInstanceOf(DcsError);
    heal();
    if (overGrpc) await soon(() => dcs.release(undefined).then(() => true));
    expect(await soon(() => dcs.read())).toMatchObject({ ownsLock: false });
    expect(await dcs.renew({ ttl: 30 })).toBe('lost');
  });

  test('a lock of which nobody knows whether /sync is as told is not ours', async (t) => {
    if (sessions) return;
    const connect = cluster(t);
    const flaky = await proxyTo(t, etcd);
    const dcs = await connect([flaky.host], 'pg1');
    await dcs.read();
    flaky.loseAfter(1);
    expect(await failureOf(take(dcs, 2))).toBeInstanceOf(DcsError);
    flaky.mood = 'pass';
    expect(await dcs.read()).toMatchObject({ ownsLock: false, documents: [{ value: 'pg1' }] });
    expect(await dcs.renew({ ttl: 2 })).toBe('lost');
    await waitFor('the end of the lock', async () => (await take(dcs)) === 'held');
  });

  test('a store that accepts and hangs is a DcsError in time, and the session goes on', async (t) => {
    const connect = cluster(t);
    const flaky = await proxyTo(t, etcd);
    const dcs = await connect([flaky.host], 'pg1');
    await take(dcs);
    await dcs.read();
    flaky.mood = 'hang';
    await expectNoAnswer(dcs);
    flaky.mood = 'pass';
    expect(await soon(() => dcs.renew({ ttl: 30 }))).toBe('held');
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
  });

  test('connections that are kept are used again, and closed ones do no harm', async (t) => {
    const connect = cluster(t);
    const flaky = await proxyTo(t, etcd);
    const dcs = await connect([flaky.host], 'pg1');
    await take(dcs);
    await dcs.renew({ ttl: 30, status: '1' });
    const before = flaky.accepted;
    for (let round = 2; round < 6; round++) {
      expect(await dcs.renew({ ttl: 30, status: String(round) })).toBe('held');
      await dcs.publish(String(round), 30);
      await dcs.read();
    }
    expect(flaky.accepted).toBe(before);
    flaky.mood = 'reset-kept';
    expect(await dcs.renew({ ttl: 30, status: '9' })).toBe('held');
    await dcs.publish('9', 30);
    expect((await dcs.read()).documents.map(({ value }) => value)).toEqual(['pg1', '9', '9']);
  });

  test('an endpoint that hangs is left, by the watch as well', async (t) => {
    const connect = cluster(t);
    const [flaky, good] = [await proxyTo(t, etcd), await proxyTo(t, etcd)];
    const dcs = await connect([flaky.host, good.host], 'pg1', { timeoutMs: () => 6000 });
    const other = await connect(etcd.hosts, 'pg2');
    await dcs.read();
    const state = follow(t, dcs);
    await take(other);
    await waitFor('news', async () => state.news > 0);
    flaky.mood = 'hang';
    const { ms } = await timed(() => dcs.publish('{}', 30));
    expect(ms).toBeLessThan(5000);
    await dcs.read();
    await dcs.publish('{}', 30);
    const before = state.news;
    await pause(500);
    await other.release(undefined);
    const { documents } = await waitFor('the news of the end of the lock', async () => {
      if (state.news === before) return false;
      return dcs.read();
    });
    expect(documents.map(({ name }) => name)).toEqual(['members/pg1']);
  });

  test('an end of the lock wakes those who watch at once', async (t) => {
    const connect = cluster(t);
    const leader = await connect(etcd.hosts, 'pg1');
    const standbys = await Promise.all(['pg2', 'pg3'].map((name) => connect(etcd.hosts, name)));
    const latencies: number[] = [];
    for (let round = 0; round < 5; round++) {
      await take(leader);
      for (const dcs of standbys) {
        await waitFor('the sight of the lock', async () => {
          return (await dcs.read()).documents.length > 0;
        });
      }
      const { signal } = new AbortController();
      let released = 0;
      const woken = standbys.map((dcs) =>
        dcs.watch(signal).then(async () => {
          latencies.push(performance.now() - released);
          return (await dcs.read()).documents;
        }),
      );
      await pause(200);
      released = performance.now();
      await leader.release(undefined);
      expect(await Promise.all(woken)).toEqual([[], []]);
    }
    // The median: a slow minute of the machine is none of ours.
    const median = latencies.sort((one, other) => one - other)[latencies.length >> 1] ?? 0;
    expect(median).toBeLessThan(2000);
  });
});

describe.concurrent.each([
  { name: 'etcd 3.4, gateway', kind: 'etcd3', options: { version: '3.4' } },
  { name: 'etcd 3.5, gateway', kind: 'etcd3', options: { version: '3.5' } },
  { name: 'etcd 3.5, gRPC', kind: 'etcd3', options: { version: '3.5', gateway: false } },
  { name: 'etcd 3.4, v2 API', kind: 'etcd', options: { version: '3.4', v2: true } },
] as const)('the lives of a store, $name', ({ kind, options }) => {
  test('it is restarted, wiped, and gone', async (t) => {
    const etcd = await startFor(t, options);
    const disk: Disk = {};
    const connect = (name: string, more: AgentOptions = {}) =>
      agentOn(t, etcd.hosts, { name, kind, timeoutMs: () => 4000, ...more });
    const dcs = await connect('pg1', { disk });
    const standby = await connect('pg2');
    for (let round = 0; round < 5; round++) await standby.write({ ...WRITE, guard: 'any' });
    await dcs.publish('{}', 30);
    await take(dcs);
    const state = follow(t, standby);
    const before = await dcs.read();
    expect(before).toMatchObject({ ownsLock: true });

    await etcd.restart(0);
    const renewed = await waitFor('a renewal', () => dcs.renew({ ttl: 30 }));
    expect(renewed).toBe('held');
    const same = await dcs.read();
    expect(same).toMatchObject({ ownsLock: true, identity: before.identity });
    expect(same.revision).toBeGreaterThanOrEqual(before.revision);
    const news = state.news;
    await waitFor('a watch that has begun again', async () => {
      await dcs.write({ ...WRITE, guard: 'any' });
      return state.news > news;
    });

    await etcd.restart(0, true);
    // Nobody took the lock away: before a look at this store "lost" would cost the primary its life.
    const said = await waitFor('a word about the lock', async () => {
      const word = await dcs.renew({ ttl: 30 }).catch(String);
      return /lost|held|wiped/.exec(word)?.[0];
    });
    expect(said).toBe('wiped');
    await expect(dcs.renew({ ttl: 30 })).rejects.toThrow(/wiped or restored/);
    const wiped = await waitFor('a read', () => dcs.read());
    expect(wiped).toMatchObject({ documents: [], ownsLock: false });
    expect(wiped.revision).toBeLessThan(before.revision);
    expect(await dcs.renew({ ttl: 30 })).toBe('lost');
    await dcs.publish('{"again":true}', 30);
    expect(await take(dcs)).toBe('held');
    expect((await dcs.read()).documents.map(({ name }) => name)).toEqual(['leader', 'members/pg1']);

    await etcd.stop();
    await expectNoAnswer(dcs);
  });
});

describe.concurrent.each([
  { kind: 'etcd3', options: { version: '3.5' } },
  { kind: 'etcd3', options: { version: '3.5', gateway: false } },
  { kind: 'etcd', options: { version: '3.5', v2: true } },
] as const)('an agent that starts while etcd is down: $options', ({ kind, options }) => {
  test('finds it later', async (t) => {
    const etcd = await startFor(t, options);
    const [host = ''] = etcd.hosts;
    const [dead] = await freePorts(1);
    const dcs = await agentOn(t, [`127.0.0.1:${dead}`], { kind });
    await expectNoAnswer(dcs, false);
    await dcs.reload({
      kind,
      hosts: [host],
      protocol: 'http',
      useProxies: false,
      tls: { insecure: false },
    });
    expect(await take(dcs)).toBe('held');
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
  });
});

describe.concurrent.each(['3.4', '3.5'] as const)('a cluster of three, etcd %s', (version) => {
  let etcd: RunningEtcd;

  beforeAll(async () => {
    etcd = await startEtcd({ version, members: 3 });
  });
  afterAll(() => etcd?.stop());

  /** The number of the server that leads etcd itself. */
  async function leaderOfEtcd(): Promise<number> {
    return waitFor('a leader of etcd', async () => {
      for (const [index, url] of etcd.urls.entries()) {
        const reply = await fetch(`${url}/v3/maintenance/status`, {
          method: 'POST',
          body: '{}',
          signal: AbortSignal.timeout(1000),
        });
        const status = (await reply.json()) as { leader: string; header: { member_id: string } };
        if (status.leader === status.header.member_id) return index;
      }
      return undefined;
    });
  }

  test.sequential('loses its leader, and no lock with it; watches go on', async (t) => {
    const first = await leaderOfEtcd();
    const order = [first, (first + 1) % 3, (first + 2) % 3];
    const hosts = order.map((index) => etcd.hosts[index] ?? '');
    const scope = 'failing';
    const [leader, standby] = await Promise.all(
      ['pg1', 'pg2'].map((name) => agentOn(t, hosts, { name, scope, timeoutMs: () => 8000 })),
    );
    if (!leader || !standby) throw new Error('no agents');
    await leader.publish('{}', 30);
    await take(leader);
    await standby.read();
    const state = follow(t, standby);
    etcd.signal(first, 'SIGSTOP');
    t.onTestFinished(() => etcd.signal(first, 'SIGCONT'));
    // While etcd elects, a call may fail; it must not say that the lock is lost.
    const ends: string[] = [];
    await waitFor('a renewal', async () => {
      const end = await leader.renew({ ttl: 30, status: `{"optime":${ends.length}}` });
      ends.push(end);
      return end === 'held';
    });
    expect(ends).toEqual(['held']);
    await waitFor('a read', () => standby.read());
    const news = state.news;
    await waitFor('news', async () => {
      await leader.write({ ...WRITE, guard: 'any', asLeader: true });
      await pause(100);
      return state.news > news;
    });
    etcd.signal(first, 'SIGCONT');
    expect(await leader.renew({ ttl: 30 })).toBe('held');
    await leader.release(undefined);
    await waitFor('the end of the lock', async () => {
      const { documents } = await standby.read();
      return !documents.some(({ name }) => name === 'leader');
    });
  });

  test.sequential('is found as a whole where the configuration names one of them', async (t) => {
    const first = await leaderOfEtcd();
    const flaky = await startFlakyProxy(etcd.hosts[first] ?? '');
    t.onTestFinished(() => flaky.stop());
    const paths: string[] = [];
    const onRequest = (path: string): void => void paths.push(path);
    const dcs = await agentOn(t, [flaky.host], {
      scope: 'found',
      useProxies: false,
      onRequest,
    });
    await take(dcs);
    await waitFor('the list of servers', async () => paths.includes('/v3/cluster/member/list'));
    await pause(200);
    flaky.mood = 'hang';
    expect(await dcs.renew({ ttl: 30 })).toBe('held');
    await flaky.stop();
    expect(await dcs.renew({ ttl: 30 })).toBe('held');
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
  });

  test.sequential('has no majority: nothing is known, and nothing is held', async (t) => {
    const first = await leaderOfEtcd();
    const others = [(first + 1) % 3, (first + 2) % 3];
    const hosts = [etcd.hosts[first] ?? ''];
    const dcs = await agentOn(t, hosts, { scope: 'minority', timeoutMs: () => 3000 });
    await take(dcs);
    await dcs.publish('{}', 30);
    const state = follow(t, dcs);
    await dcs.read();
    for (const other of others) etcd.signal(other, 'SIGSTOP');
    t.onTestFinished(() => {
      for (const other of others) etcd.signal(other, 'SIGCONT');
    });
    // The leader that was cut off goes on to keep leases alive for a while, by its own word.
    expect(await failureOf(dcs.renew({ ttl: 30 }))).toBeInstanceOf(DcsError);
    await waitFor('the end of the watch', async () => state.errors > 0);
    expect(await failureOf(dcs.read())).toBeInstanceOf(DcsError);
    for (const other of others) etcd.signal(other, 'SIGCONT');
    await waitFor('a renewal', async () => (await dcs.renew({ ttl: 30 })) === 'held');
    expect(await dcs.read()).toMatchObject({ ownsLock: true });
  });
});

describe.concurrent('history', () => {
  test('that etcd has compacted is not missed', async (t) => {
    const etcd = await startFor(t, { version: '3.5' });
    const client = new Etcd3({ hosts: etcd.clientUrl });
    t.onTestFinished(() => client.close());
    const dcs = await agentOn(t, etcd.hosts);
    const other = await agentOn(t, etcd.hosts, { name: 'pg2' });
    await dcs.read();
    for (let round = 0; round < 10; round++) await other.write({ ...WRITE, guard: 'any' });
    await client.kv.compact({ revision: (await other.read()).revision, physical: true });
    const signal = new AbortController().signal;
    await dcs.watch(signal);
    expect((await dcs.read()).documents).toMatchObject([{ name: 'failover' }]);
    const watching = dcs.watch(signal);
    await other.write({ ...WRITE, value: undefined, guard: 'any' });
    await watching;
    expect((await dcs.read()).documents).toEqual([]);
  });
});

describe.concurrent('requests', () => {
  test('of three agents of which nothing is new are one a tick, or less', async (t) => {
    const etcd = await startFor(t, { version: '3.5' });
    const loopMs = 300;
    const ttl = 6;
    const counts: Record<string, string[]> = {};
    const agents = await Promise.all(
      ['pg1', 'pg2', 'pg3'].map((name) => {
        const paths: string[] = [];
        counts[name] = paths;
        const onRequest = (path: string): void => void paths.push(path);
        return agentOn(t, etcd.hosts, { name, onRequest, loopWaitMs: () => loopMs });
      }),
    );
    const [leader, ...standbys] = agents;
    if (!leader) throw new Error('no agents');
    await take(leader, ttl);
    for (const dcs of agents) {
      await dcs.publish('{}', ttl);
      await dcs.read();
      follow(t, dcs);
    }
    await pause(1000);
    for (const dcs of agents) await dcs.read();
    for (const paths of Object.values(counts)) paths.length = 0;
    const ticks = 15;
    for (let tick = 0; tick < ticks; tick++) {
      await pause(loopMs);
      await leader.read();
      expect(await leader.renew({ ttl, status: '{}' })).toBe('held');
      for (const dcs of standbys) {
        await dcs.read();
        await dcs.publish('{}', ttl);
      }
    }
    const all = Object.values(counts).flat();
    expect(all.length).toBeLessThanOrEqual(ticks * 3);
    expect(counts.pg1?.length).toBeLessThanOrEqual(ticks * 2 + 2);
    expect(new Set(all)).toEqual(new Set(['/v3/lease/keepalive', '/v3/kv/txn']));
  });
});
