import { describe, expect, it } from 'vitest';
import { DcsError, InvariantError } from '../../../src/model/errors.ts';
import { asks, FakeWorld, idle, Puppet, STANDBY } from './fakes.ts';
import { ticksIn } from './run-ticks.ts';

const RENEW = { kind: 'renew', ttl: 30 } as const;
const STOP = { kind: 'stop', mode: 'immediate', checkpoint: false, limit: undefined };

/** Renews until `broken`; then it always throws. */
class Faulty extends Puppet {
  broken = false;

  constructor() {
    super((facts) => {
      if (this.broken) throw new InvariantError('a broken rule');
      return asks(RENEW)(facts);
    });
  }
}

describe('a store that does not answer', () => {
  it('is a fact, and no mistake', async () => {
    const world = new FakeWorld();
    world.dcs.read = () => Promise.reject(new DcsError('down'));
    const brain = new Puppet();
    await ticksIn(world, brain).ticks.tick();
    expect(brain.seen.map(({ dcs }) => dcs)).toEqual([undefined]);
    expect(world.records[0]).not.toHaveProperty('problem');
    expect(brain.upkeepSeen).toHaveLength(1);
  });
});

describe('a mistake of ours', () => {
  it.each(['read', 'renew'] as const)(
    'in %s acts as a store that does not answer',
    async (what) => {
      const world = new FakeWorld();
      const mistake = () => Promise.reject(new TypeError('undefined is not a function'));
      Object.assign(world.dcs, { [what]: mistake });
      const brain = new Puppet((facts) => (facts.dcs ? asks(RENEW)(facts) : idle()));
      await ticksIn(world, brain).ticks.tick();
      expect(brain.seen.at(-1)).toMatchObject({ dcs: undefined, answers: {} });
      expect(world.records).toHaveLength(1);
      expect(world.records[0]?.problem).toMatch(/TypeError/);
    },
  );

  it('in a deed does so, too', async () => {
    const world = new FakeWorld();
    world.ports.server.checkpoint = () => Promise.reject(new TypeError('undefined'));
    const brain = new Puppet(({ dcs }) => idle({ do: dcs ? [{ kind: 'checkpoint' }] : [] }));
    await ticksIn(world, brain).ticks.tick();
    expect(brain.seen.map(({ dcs }) => dcs !== undefined)).toEqual([true, false]);
  });

  it('leaves housekeeping for better times', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(({ dcs }) => {
      if (dcs) throw new InvariantError('a broken rule');
      return idle();
    });
    await ticksIn(world, brain).ticks.tick();
    expect(brain.upkeepSeen).toEqual([]);
  });

  it('stops PostgreSQL when nothing can be decided and the lease is used up', async () => {
    const world = new FakeWorld();
    const brain = new Faulty();
    const { ticks } = ticksIn(world, brain);
    await ticks.tick();
    brain.broken = true;
    world.clock.now = 24_999;
    expect(await ticks.tick()).toBe(25_000);
    expect(world.jobs).toEqual([]);
    world.clock.now = 25_000;
    await ticks.tick();
    expect(world.jobs.map(({ spec }) => spec)).toEqual([STOP]);
    expect(world.records.at(-1)).toMatchObject({
      rule: 'internal-error',
      did: ['stop immediate'],
      problem: expect.stringMatching(/broken rule.*then.*broken rule/),
    });
  });

  it('stops a primary that has no lease at all, and no standby', async () => {
    const world = new FakeWorld();
    const brain = new Faulty();
    brain.broken = true;
    const { ticks } = ticksIn(world, brain);
    world.postgres = STANDBY;
    await ticks.tick();
    expect(world.jobs).toEqual([]);
    world.postgres = { ...STANDBY, role: 'primary' };
    await ticks.tick();
    expect(world.jobs).toHaveLength(1);
  });

  it('does not stop what is down already, nor anything in pause', async () => {
    const world = new FakeWorld();
    const brain = new Faulty();
    brain.broken = true;
    const { ticks } = ticksIn(world, brain);
    world.documents = [{ name: 'config', value: '{"pause":true}', version: '1' }];
    await ticks.tick();
    world.documents = [{ name: 'config', value: '{}', version: '2' }];
    world.postgres = { ...world.postgres, state: 'stopped' };
    await ticks.tick();
    expect(world.jobs).toEqual([]);
  });

  it('does not make the loop spin', async () => {
    const world = new FakeWorld();
    const brain = new Faulty();
    brain.broken = true;
    expect(await ticksIn(world, brain).ticks.tick()).toBe(world.clock.now + 1000);
  });
});
