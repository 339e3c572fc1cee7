import { describe, expect, it } from 'vitest';
import { Agent } from '../../../src/agent/agent.ts';
import type { Facts } from '../../../src/ha/facts.ts';
import type { Plan } from '../../../src/ha/plan.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { asks, FakeWorld, idle, Puppet, STANDBY } from './fakes.ts';

function running(world: FakeWorld, next: (facts: Facts) => Plan = () => idle()) {
  const brain = new Puppet(next);
  const agent = new Agent(world.ports, brain);
  const ended = agent.run();
  const ticksAt = (): number[] => brain.seen.map(({ now }) => now);
  return { agent, brain, ended, ticksAt };
}

describe('the loop', () => {
  it('ticks every loop_wait, and does not drift', async () => {
    const world = new FakeWorld();
    world.ports.server.observe = async () => {
      world.clock.now += 300;
      return world.postgres;
    };
    const { ticksAt } = running(world);
    await world.clock.pass(30_000);
    expect(ticksAt()).toEqual([1300, 11_300, 21_300, 31_300].slice(0, ticksAt().length));
    expect(ticksAt().length).toBeGreaterThanOrEqual(3);
  });

  it('is woken by an order', async () => {
    const world = new FakeWorld();
    const { agent, ticksAt, brain } = running(world);
    await world.clock.pass(2000);
    void agent.order({ kind: 'restart', onlyIfPending: false });
    await world.clock.pass(1);
    expect(ticksAt()).toEqual([1000, 3000]);
    expect(brain.seen[1]?.orders.restart).toBeDefined();
  });

  it('is woken by a change in the store', async () => {
    const world = new FakeWorld();
    let change = (): void => {};
    world.dcs.watch = () =>
      new Promise((resolve) => {
        change = resolve;
      });
    const { ticksAt } = running(world);
    await world.clock.pass(2000);
    change();
    await world.clock.pass(1);
    expect(ticksAt()).toEqual([1000, 3000]);
    await world.clock.pass(999);
    change();
    await world.clock.pass(1);
    expect(ticksAt()).toEqual([1000, 3000, 4000]);
  });

  it('is woken by the end of a job', async () => {
    const world = new FakeWorld();
    const { ticksAt } = running(world, ({ job }) =>
      idle({ do: job ? [] : [{ kind: 'job', job: { kind: 'crash-recovery' } }] }),
    );
    await world.clock.pass(2000);
    world.jobs[0]?.end({ ok: true });
    await world.clock.pass(1);
    expect(ticksAt()).toEqual([1000, 3000]);
  });

  it('is woken when a leader must give up', async () => {
    const world = new FakeWorld();
    world.dcs.renew = async () => {
      world.dcs.renew = () => Promise.reject(new DcsError('gone'));
      return 'held';
    };
    world.documents = [{ name: 'config', value: '{"loop_wait":20}', version: '1' }];
    const { ticksAt } = running(world, asks({ kind: 'renew', ttl: 30 }));
    await world.clock.pass(24_000);
    expect(ticksAt()).toContain(25_000);
  });

  it('does not spin, whatever asks for the next tick', async () => {
    const world = new FakeWorld();
    world.dcs.watch = () => Promise.resolve();
    const { ticksAt } = running(world, () => idle({ wakeAt: 0 }));
    await world.clock.pass(1000);
    expect(ticksAt().length).toBeLessThanOrEqual(21);
    expect(ticksAt().length).toBeGreaterThan(15);
  });

  it('watches again after an error, and does not hammer the store', async () => {
    const world = new FakeWorld();
    let watches = 0;
    world.dcs.watch = () => {
      watches += 1;
      return Promise.reject(new DcsError('compacted'));
    };
    running(world);
    await world.clock.pass(4000);
    expect(watches).toBe(3);
    expect(world.records.filter(({ problem }) => problem)).toEqual([]);
  });

  it('puts a mistake in the watch on record', async () => {
    const world = new FakeWorld();
    world.dcs.watch = () => Promise.reject(new TypeError('undefined'));
    running(world);
    await world.clock.pass(0);
    expect(world.records.find(({ rule }) => rule === 'watch')?.problem).toMatch(/TypeError/);
  });

  it('ends when it is told to, and with a plan that says so', async () => {
    const world = new FakeWorld();
    const { agent, ended } = running(world);
    await world.clock.pass(100);
    agent.stop();
    await ended;
    const other = new FakeWorld();
    await running(other, () => idle({ do: [{ kind: 'exit', code: 0, why: 'test' }] })).ended;
    expect([world.calls, other.calls]).toEqual([['close'], ['exit 0', 'close']]);
  });
});

describe('a leader that asks in failsafe mode', () => {
  const MESSAGE = { name: 'pg2', apiUrl: 'http://pg2', connUrl: 'postgres://pg2', slots: {} };

  function failsafe(): FakeWorld {
    const world = new FakeWorld();
    world.postgres = STANDBY;
    world.documents = [
      { name: 'config', value: '{"failsafe_mode":true}', version: '1' },
      { name: 'members/pg2', value: '{}', version: '2' },
    ];
    return world;
  }

  it('is promised respect, which the next decision goes by', async () => {
    const world = failsafe();
    const { agent, brain } = running(world);
    await world.clock.pass(1000);
    expect(agent.receiveFailsafe(MESSAGE)).toBe(true);
    await world.clock.pass(10_000);
    expect(brain.seen.at(-1)?.memory.failsafePromise).toEqual({ ...MESSAGE, until: 32_000 });
  });

  it('is refused by a primary', async () => {
    const world = failsafe();
    world.postgres = { ...STANDBY, role: 'primary' };
    const { agent } = running(world);
    await world.clock.pass(0);
    expect(agent.receiveFailsafe(MESSAGE)).toBe(false);
  });

  it('is refused while a request for the lock is on its way', async () => {
    const world = failsafe();
    world.dcs.acquire = () => new Promise(() => {});
    const { agent } = running(world, asks({ kind: 'acquire', ttl: 30, sync: 'absent' }));
    await world.clock.pass(0);
    expect(agent.receiveFailsafe(MESSAGE)).toBe(false);
  });

  it('is refused while this member is promoted, even when its lease is over', async () => {
    const world = failsafe();
    const promote = { kind: 'job', job: { kind: 'promote', above: 0 } } as const;
    const { agent } = running(world, ({ job }) =>
      idle({ do: job ? [] : [promote], memory: { leaseUntil: 9000 } }),
    );
    await world.clock.pass(9000);
    expect(agent.receiveFailsafe(MESSAGE)).toBe(false);
    world.jobs[0]?.end({ ok: false, cancelled: false, failure: 'pg_ctl: timeout' });
    await world.clock.pass(0);
    expect(agent.receiveFailsafe(MESSAGE)).toBe(true);
  });
});

describe('what a node says of itself', () => {
  it('is little before the first tick', () => {
    const world = new FakeWorld();
    const status = new Agent(world.ports, new Puppet()).status();
    expect(status).toMatchObject({ name: 'pg1', scope: 'demo', state: 'unknown', role: '' });
  });

  it('is what the last tick saw, and the job of now', async () => {
    const world = new FakeWorld();
    const { agent } = running(world);
    await world.clock.pass(0);
    world.postgres = { ...world.postgres, lsn: 500 };
    expect(agent.status()).toMatchObject({ state: 'running', role: 'primary', location: 100 });
  });

  it('is what a new look shows, for those who race', async () => {
    const world = new FakeWorld();
    world.postgres = STANDBY;
    const { agent } = running(world);
    await world.clock.pass(0);
    world.postgres = { ...STANDBY, receivedLsn: 500 };
    expect(await agent.freshStatus()).toMatchObject({
      role: 'replica',
      receivedLsn: 500,
      replayedLsn: 90,
      replicationState: 'streaming',
    });
  });

  it('says what is being done to PostgreSQL', async () => {
    const world = new FakeWorld();
    world.postgres = { ...STANDBY, state: 'stopped' };
    const clone = { kind: 'job', job: { kind: 'clone', from: undefined } } as const;
    const { agent } = running(world, ({ job }) => idle({ do: job ? [] : [clone] }));
    await world.clock.pass(0);
    expect(agent.status().state).toBe('creating replica');
  });

  it('is no position when PostgreSQL does not answer: an old one would cost a write', async () => {
    const world = new FakeWorld();
    world.postgres = { ...STANDBY, answering: false };
    const { agent } = running(world);
    await world.clock.pass(0);
    expect(agent.status()).toMatchObject({ state: 'unknown', role: 'replica' });
    expect(agent.status()).not.toHaveProperty('receivedLsn');
  });

  it.each([
    { mode: 'true', syncStandby: true, quorumStandby: false },
    { mode: '"quorum"', syncStandby: false, quorumStandby: true },
    { mode: 'false', syncStandby: false, quorumStandby: false },
  ])('says whether it is synchronous, in mode $mode', async ({ mode, ...expected }) => {
    const world = new FakeWorld();
    world.postgres = STANDBY;
    world.documents = [
      { name: 'config', value: `{"synchronous_mode":${mode}}`, version: '1' },
      { name: 'sync', value: '{"leader":"pg2","sync_standby":"PG1"}', version: '2' },
    ];
    const { agent } = running(world);
    await world.clock.pass(0);
    expect(agent.status()).toMatchObject(expected);
  });
});
