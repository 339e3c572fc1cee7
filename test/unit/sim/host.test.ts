import { describe, expect, it } from 'vitest';
import type { TickRecord } from '../../../src/agent/ports.ts';
import type { Node } from '../../../src/model/node.ts';
import { SimHost } from '../../sim/host.ts';
import { Random } from '../../sim/random.ts';
import { room } from './room.ts';

/** A cluster of one: pg1, alone on its host. */
function alone(node: Partial<Node> = {}) {
  const { scheduler, links, store, pass } = room();
  const ticks: TickRecord[] = [];
  const exits: string[] = [];
  const host: SimHost = new SimHost({
    name: 'pg1',
    scope: 'demo',
    node: {
      name: 'pg1',
      connUrl: 'postgres://pg1:5432/postgres',
      apiUrl: 'http://pg1:8008/patroni',
      version: '4.1.5',
      tags: {},
      fence: 'required',
      watchdog: 'off',
      bootstrap: {},
      clonesWithoutLeader: false,
      removeDataDirectoryOnRewindFailure: false,
      removeDataDirectoryOnDivergedTimelines: false,
      ...node,
    },
    random: new Random(1),
    room: {
      scheduler,
      links,
      store,
      hostAt: (place) => (place === 'pg1' ? host : undefined),
      serverOf: (name) => (name === 'pg1' ? host.postgres : undefined),
    },
    record: (tick) => ticks.push(tick),
    exited: (how) => exits.push(how),
    note: () => {},
  });
  /** When PostgreSQL stopped accepting writes; undefined: it does. */
  let stoppedAt: number | undefined;
  scheduler.afterEvent = () => {
    if (host.postgres.instance.acceptsWrites) stoppedAt = undefined;
    else stoppedAt ??= scheduler.now;
  };
  /** Starts it and waits until it leads. */
  const lead = async () => {
    host.startAgent();
    await pass(60_000);
    expect(host.postgres.instance.acceptsWrites).toBe(true);
    expect(store.get('leader')?.value).toBe('pg1');
  };
  return { scheduler, links, store, pass, ticks, exits, host, lead, stoppedAt: () => stoppedAt };
}

describe('SimHost', () => {
  it('runs the production agent, which makes a cluster and leads it, without any problem', async () => {
    const { lead, ticks, exits } = alone();
    await lead();
    expect(ticks.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(exits).toEqual([]);
  });

  it.each(['killed', 'frozen'])(
    'its guard stops PostgreSQL when the agent is %s, before the lock ends',
    async (how) => {
      const { lead, pass, host, store, stoppedAt } = alone();
      await lead();
      if (how === 'killed') host.killAgent();
      else host.freezeAgent();
      const lockEnd = store.lockEnd() ?? 0;
      await pass(60_000);
      expect(store.get('leader')).toBeUndefined();
      expect(stoppedAt()).toBeLessThan(lockEnd);
      expect(host.guard.sight().fenced).toBe(true);
    },
  );

  it('an agent that is started again goes on where the last one was', async () => {
    const { lead, pass, host, store, stoppedAt } = alone();
    await lead();
    const version = store.get('leader')?.version;
    host.killAgent();
    expect(host.agentSince()).toBeUndefined();
    await pass(3_000);
    host.startAgent();
    await pass(60_000);
    expect(store.get('leader')?.version).toBe(version);
    expect(stoppedAt()).toBeUndefined();
    expect(host.agentSince()).toBe(63_000);
  });

  it('a paused host stands still; then the guard runs within 20 ms, and the agent after it', async () => {
    const { lead, pass, scheduler, host, ticks } = alone();
    await lead();
    host.pauseHost();
    expect(host.postgres.instance.acceptsWrites).toBe(false);
    const before = ticks.length;
    await pass(120_000);
    expect([ticks.length, host.agentSince(), host.guardSince()]).toEqual([
      before,
      undefined,
      undefined,
    ]);
    const resumed = scheduler.now;
    host.resumeHost();
    await pass(25);
    expect((host.guardSince() ?? 0) - resumed).toBeLessThanOrEqual(20);
    expect(host.guardSince()).toBeLessThan(host.agentSince() ?? 0);
    expect(host.postgres.instance.acceptsWrites).toBe(false);
    await pass(120_000);
    expect(host.postgres.instance.acceptsWrites).toBe(true);
  });

  it('what is started on a paused host waits with it', async () => {
    const { host, pass, ticks } = alone();
    host.pauseHost();
    host.startAgent();
    await pass(60_000);
    expect(ticks).toEqual([]);
    host.resumeHost();
    await pass(60_000);
    expect(ticks.length).toBeGreaterThan(0);
  });

  it('overlapping pauses end with the last of them, and a crash ends them all', async () => {
    const { lead, host, pass } = alone();
    await lead();
    host.pauseHost();
    host.pauseHost();
    host.resumeHost();
    await pass(1_000);
    expect(host.agentSince()).toBeUndefined();
    host.crash();
    host.boot();
    host.resumeHost();
    await pass(1_000);
    expect(host.agentSince()).toBeDefined();
  });

  it('after a power cut everything comes back with the data and the session of before', async () => {
    const { lead, host, pass, store } = alone();
    await lead();
    const system = store.get('initialize')?.value;
    host.crash();
    expect([host.postgres.running(), host.guard.sight().guard]).toEqual([false, 'dead']);
    host.startAgent();
    expect(host.agent.alive).toBe(false);
    await pass(5_000);
    host.boot();
    await pass(90_000);
    expect(host.postgres.instance.acceptsWrites).toBe(true);
    expect(store.get('initialize')?.value).toBe(system);
  });

  it('says when the agent ends by itself', async () => {
    const { lead, host, pass, exits } = alone();
    await lead();
    void host.program?.order({ kind: 'shutdown' });
    await pass(60_000);
    expect(exits).toEqual(['ended with code 0']);
    expect([host.agent.alive, host.postgres.running()]).toEqual([false, false]);
  });

  it('without a fence has no guard', async () => {
    const { lead, host } = alone({ fence: 'off' });
    await lead();
    expect(host.guardSince()).toBeUndefined();
  });
});
