import { describe, expect, it } from 'vitest';
import { DcsError } from '../../../src/model/errors.ts';
import { asks, FakeWorld, idle, Puppet } from './fakes.ts';
import { ticksIn } from './run-ticks.ts';

const RENEW = { kind: 'renew', ttl: 30 } as const;
const ACQUIRE = { kind: 'acquire', ttl: 30, sync: 'absent' } as const;

describe('the lease', () => {
  it('is counted from before the request, however long the answer takes', async () => {
    const world = new FakeWorld();
    world.dcs.renew = async () => {
      world.clock.now += 4000;
      return 'held';
    };
    const brain = new Puppet(asks(RENEW));
    const { ticks, mind } = ticksIn(world, brain);
    await ticks.tick();
    expect(mind.memory.leaseUntil).toBe(31_000);
    expect(brain.seen[1]?.now).toBe(5000);
  });

  it('is told to the guard before anything else is done', async () => {
    const world = new FakeWorld();
    const seen: number[] = [];
    const brain = new Puppet((facts) => {
      seen.push(world.deadlines.length);
      return asks(RENEW)(facts);
    });
    await ticksIn(world, brain).ticks.tick();
    expect(world.deadlines).toEqual([26_000]);
    expect(seen).toEqual([0, 1]);
  });

  it('that is over does not reach the guard: a standby would be stopped for it', async () => {
    const world = new FakeWorld();
    world.dcs.acquire = async () => {
      world.clock.now += 26_000;
      return 'held';
    };
    const { ticks, mind } = ticksIn(world, new Puppet(asks(ACQUIRE)));
    await ticks.tick();
    expect(world.deadlines).toEqual([]);
    expect(mind.memory.leaseUntil).toBe(31_000);
  });

  it('ends when the store says so', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(asks(RENEW));
    const { ticks, mind } = ticksIn(world, brain);
    await ticks.tick();
    world.dcs.renew = async () => 'lost';
    await ticks.tick();
    expect(mind.memory.leaseUntil).toBeUndefined();
    expect(brain.seen.at(-1)?.answers.lock).toEqual({ outcome: 'lost' });
  });

  it('lasts as long as it did when the answer to a renewal is lost', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(asks(RENEW));
    const { ticks, mind } = ticksIn(world, brain);
    await ticks.tick();
    world.dcs.renew = () => Promise.reject(new DcsError('no answer'));
    world.clock.now = 9000;
    await ticks.tick();
    expect(mind.memory.leaseUntil).toBe(31_000);
    expect(brain.seen.at(-1)?.answers.lock).toEqual({ outcome: 'unknown' });
    expect(world.deadlines).toEqual([26_000]);
  });

  it('does not begin when the answer to a request for the lock is lost', async () => {
    const world = new FakeWorld();
    world.dcs.acquire = () => Promise.reject(new DcsError('no answer'));
    const { ticks, mind } = ticksIn(world, new Puppet(asks(ACQUIRE)));
    await ticks.tick();
    expect(mind.memory).toMatchObject({ leaseUntil: undefined, acquireSentAt: 1000 });
  });

  it('may be on its way: that is remembered while the request is in flight', async () => {
    const world = new FakeWorld();
    const { ticks, mind } = ticksIn(world, new Puppet(asks(ACQUIRE)));
    let during: number | undefined;
    world.dcs.acquire = async () => {
      during = mind.memory.acquireSentAt;
      return 'lost';
    };
    await ticks.tick();
    expect(during).toBe(1000);
    expect(mind.memory.acquireSentAt).toBeUndefined();
  });
});

describe('a request for the lock', () => {
  const members = [{ name: 'pg2', apiUrl: 'http://pg2' }];

  it.each([
    { polled: 22_500, sent: 1 },
    { polled: 22_501, sent: 0 },
  ])('is not sent on what the others said $polled ms ago: $sent', async ({ polled, sent }) => {
    const world = new FakeWorld();
    world.ports.peers.status = async () => {
      // This agent stood still while somebody else may have led, and gone.
      world.clock.now += polled;
      return { ok: false, failure: 'gone' };
    };
    let requests = 0;
    world.dcs.acquire = async () => {
      requests += 1;
      return 'held';
    };
    const brain = new Puppet(({ answers }) => {
      if (!answers.peers) return { rule: 'test.poll', ask: { kind: 'poll', members } };
      return answers.lock ? idle() : { rule: 'test.acquire', ask: ACQUIRE };
    });
    const { ticks } = ticksIn(world, brain);
    await ticks.tick();
    expect(requests).toBe(sent);
    expect(brain.seen.at(-1)?.answers.lock?.outcome).toBe(sent === 1 ? 'held' : 'lost');
  });
});

describe('questions', () => {
  it('go to all peers at the same time', async () => {
    const world = new FakeWorld();
    const open: (() => void)[] = [];
    world.ports.peers.status = ({ name }) =>
      new Promise((resolve) => {
        open.push(() => resolve({ ok: false, failure: `${name} is gone` }));
        if (open.length === 2) for (const answer of open) answer();
      });
    const members = [
      { name: 'pg2', apiUrl: 'http://pg2' },
      { name: 'pg3', apiUrl: 'http://pg3' },
    ];
    const brain = new Puppet(asks({ kind: 'poll', members }));
    await ticksIn(world, brain).ticks.tick();
    expect(brain.seen[1]?.answers.peers).toEqual([
      { name: 'pg2', report: { ok: false, failure: 'pg2 is gone' } },
      { name: 'pg3', report: { ok: false, failure: 'pg3 is gone' } },
    ]);
  });

  const members = ['pg2', 'pg3'].map((name) => ({ name, apiUrl: `http://${name}` }));

  it.each([
    { agree: ['pg2', 'pg3'], answer: 'accepted', until: 21_000, deadlines: [16_000] },
    { agree: ['pg3'], answer: 'refused', until: undefined, deadlines: [] },
  ])('in failsafe mode need all members: $agree', async ({ agree, answer, until, deadlines }) => {
    const world = new FakeWorld();
    world.ports.peers.failsafe = async ({ name }) => {
      world.clock.now += 500;
      return agree.includes(name);
    };
    const brain = new Puppet(asks({ kind: 'failsafe', members, slots: {} }));
    const { ticks, mind } = ticksIn(world, brain);
    await ticks.tick();
    expect(brain.seen[1]?.answers.failsafe).toBe(answer);
    expect(mind.memory.leaseUntil).toBe(until);
    expect(world.deadlines).toEqual(deadlines);
  });

  it('keep what was promised to another leader while they were out', async () => {
    const world = new FakeWorld();
    const { ticks, mind } = ticksIn(world, new Puppet(asks({ kind: 'poll', members })));
    const promise = { name: 'pg2', apiUrl: '', connUrl: '', slots: {}, until: 40_000 };
    world.ports.peers.status = async () => {
      mind.remember({ failsafePromise: promise });
      return { ok: false, failure: 'gone' };
    };
    await ticks.tick();
    expect(mind.memory.failsafePromise).toEqual(promise);
  });

  it('end: after eight without a plan it is a mistake of ours', async () => {
    const world = new FakeWorld();
    const brain = new Puppet((facts) =>
      facts.dcs ? { rule: 'test.endless', ask: RENEW } : idle(),
    );
    await ticksIn(world, brain).ticks.tick();
    expect(brain.seen.filter(({ dcs }) => dcs)).toHaveLength(8);
    expect(world.records[0]?.problem).toMatch(/InvariantError: no plan/);
  });

  it('are named in the record, by their rules', async () => {
    const world = new FakeWorld();
    await ticksIn(world, new Puppet(asks(RENEW))).ticks.tick();
    expect(world.records).toEqual([
      { rule: 'test.idle', say: 'nothing', asked: ['test.ask'], did: [] },
    ]);
  });
});
