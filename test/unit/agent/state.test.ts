import { describe, expect, it } from 'vitest';
import { Agent } from '../../../src/agent/agent.ts';
import { type StateSources, States } from '../../../src/agent/state.ts';
import type { Facts } from '../../../src/ha/facts.ts';
import { BLANK_MEMORY } from '../../../src/ha/memory.ts';
import { NO_ORDERS } from '../../../src/ha/orders.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { factsOf, NODE, NOW, primary, sees, standby } from '../ha/facts-of.ts';
import { FakeWorld, idle, Puppet, settled } from './fakes.ts';

function sourcesOf(last: Facts | undefined, change: Partial<StateSources> = {}): StateSources {
  return {
    node: NODE,
    scope: 'demo',
    last,
    memory: last?.memory ?? BLANK_MEMORY,
    job: undefined,
    orders: NO_ORDERS,
    postgres: last?.postgres,
    known: last?.dcs?.view,
    settings: factsOf().settings,
    dcsSeenAt: 1_795_406_713_900,
    ...change,
  };
}

const statusOf = (last: Facts | undefined, change: Partial<StateSources> = {}) =>
  new States().of(sourcesOf(last, change), NOW).status;

describe('the state of an agent', () => {
  it('is the same object until something changes', () => {
    const states = new States();
    const sources = sourcesOf(factsOf());
    const first = states.of(sources, NOW);
    expect(states.of({ ...sources }, NOW + 1)).toBe(first);
    const memory = { ...sources.memory, leaseUntil: NOW + 5 };
    const second = states.of({ ...sources, memory }, NOW + 2);
    expect(second).not.toBe(first);
    expect(second.leaseUntil).toBe(NOW + 5);
    expect(states.of({ ...sources, memory }, NOW + 3)).toBe(second);
  });

  it('before the first tick: nothing is known, and the lock counts as free', () => {
    const state = new States().of(sourcesOf(undefined, { dcsSeenAt: undefined }), NOW);
    expect(state.status).toMatchObject({ state: 'unknown', role: '', clusterUnlocked: true });
    expect(state.status.dcsLastSeen).toBe(0);
    expect(state.tickedAt).toBeUndefined();
    expect(state.view).toBeUndefined();
  });

  it('says what a standby says, with the time of its data and who streams from it', () => {
    const links = [
      {
        name: 'pg3',
        state: 'streaming',
        syncState: 'async' as const,
        flushLsn: 900,
        replayLsn: 900,
        user: 'replicator',
        clientAddress: '10.0.0.3',
        syncPriority: 0,
      },
    ];
    const postgres = standby({ replayedAt: '2026-01-01 00:00:00+00', standbys: links });
    const facts = factsOf({ postgres: { ...postgres, latestEndLsn: 1100 } });
    const state = new States().of(sourcesOf(facts), NOW);
    expect(state.latestEndLsn).toBe(1100);
    expect(state.tickedAt).toBe(NOW);
    expect(state.status).toMatchObject({
      state: 'running',
      role: 'replica',
      receivedLsn: 1000,
      replayedLsn: 1000,
      replayedAt: '2026-01-01 00:00:00+00',
      dcsLastSeen: 1_795_406_713,
      failsafeActive: false,
      replication: [
        {
          applicationName: 'pg3',
          user: 'replicator',
          clientAddress: '10.0.0.3',
          syncPriority: 0,
        },
      ],
    });
  });

  it('of a server that does not answer it says neither positions nor times', () => {
    const facts = factsOf({ postgres: primary({ answering: false }) });
    expect(statusOf(facts)).toEqual({
      ...statusOf(undefined),
      state: 'unknown',
      role: 'primary',
      systemId: facts.postgres.systemId,
      clusterUnlocked: false,
      failsafeActive: false,
    });
  });

  it('knows that failsafe mode is active from its own promise, too', () => {
    const promise = { name: 'pg1', apiUrl: '', connUrl: '', slots: {} };
    const until = (at: number) =>
      factsOf({ memory: { failsafePromise: { ...promise, until: at } } });
    expect(statusOf(until(NOW + 1)).failsafeActive).toBe(true);
    expect(statusOf(until(NOW)).failsafeActive).toBe(false);
    expect(statusOf(factsOf({ memory: { failsafeActive: true } })).failsafeActive).toBe(true);
  });

  it('says of a standby that is being promoted what it is, not what it will be', () => {
    const job = {
      spec: { kind: 'promote', above: 1 } as const,
      startedAt: NOW,
      outcome: undefined,
    };
    expect(statusOf(factsOf(), { job }).role).toBe('replica');
  });

  it('shows an order at once, with its filters', () => {
    const scheduledRestart = {
      id: 1,
      at: Date.UTC(2026, 0, 2),
      onlyIfPending: true,
      postmasterStart: 'noon',
    };
    const { scheduledRestart: shown } = statusOf(factsOf({ dcs: sees() }), {
      orders: { ...NO_ORDERS, scheduledRestart },
    });
    expect(shown).toMatchObject({ schedule: '2026-01-02T00:00:00+00:00', onlyIfPending: true });
  });
});

describe('an agent', () => {
  it('keeps the last view and the time at which the store answered when it does no more', async () => {
    const world = new FakeWorld();
    world.documents = [{ name: 'leader', value: 'pg1', version: '1' }];
    const agent = new Agent(world.ports, new Puppet(() => idle()));
    const running = agent.run();
    await settled();
    const seenAt = Math.trunc(world.clock.now / 1000);
    expect(agent.state().view?.leader).toBe('pg1');
    expect(agent.state()).toBe(agent.state());
    Object.assign(world.dcs, { read: () => Promise.reject(new DcsError('gone')) });
    await world.clock.pass(10_000);
    const { view, known, status } = agent.state();
    expect(view).toBeUndefined();
    expect(known?.leader).toBe('pg1');
    expect(status).toMatchObject({ clusterUnlocked: true, dcsLastSeen: seenAt });
    agent.stop();
    await world.clock.pass(1000);
    await running;
  });

  it('tells a fresh status by its own look, whatever another look says after it', async () => {
    const world = new FakeWorld();
    const agent = new Agent(world.ports, new Puppet(() => idle()));
    const running = agent.run();
    await settled();
    world.postgres = { ...world.postgres, lsn: 777 };
    expect((await agent.freshStatus()).location).toBe(777);
    agent.stop();
    await world.clock.pass(1000);
    await running;
  });
});
