import { describe, expect, it } from 'vitest';
import type { Action, DocumentWrite } from '../../../src/ha/plan.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { FakeWorld, idle, Puppet } from './fakes.ts';
import { ticksIn } from './run-ticks.ts';

const CHECKPOINT: Action = { kind: 'checkpoint' };
const PUBLISH: Action = {
  kind: 'publish',
  member: {
    name: 'pg1',
    state: 'running',
    role: 'primary',
    pendingRestart: false,
    pendingRestartReason: {},
    tags: {},
    pause: false,
    documentVersion: '',
  },
};

async function tickWith(world: FakeWorld, ...deeds: Action[]) {
  const brain = new Puppet(() => idle({ do: deeds }));
  const parts = ticksIn(world, brain);
  const due = await parts.ticks.tick();
  return { ...parts, brain, due };
}

function write(document: Partial<DocumentWrite>): Action {
  const document_ = { guard: 'absent', asLeader: true, ...document } as DocumentWrite;
  return { kind: 'write', document: document_ };
}

describe('the deeds of a plan', () => {
  it('are done in their order', async () => {
    const world = new FakeWorld();
    await tickWith(world, { kind: 'start-guard' }, CHECKPOINT, PUBLISH, { kind: 'disarm' });
    expect(world.calls).toEqual(['start-guard', 'checkpoint', 'publish', 'disarm']);
    expect(world.records[0]?.did).toEqual(['start-guard', 'checkpoint', 'publish', 'disarm']);
  });

  it('come after what is to be remembered', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(() => idle({ do: [CHECKPOINT], memory: { promotedAt: 7 } }));
    const { ticks, mind } = ticksIn(world, brain);
    let promotedAt: number | undefined;
    world.ports.server.checkpoint = async () => {
      promotedAt = mind.memory.promotedAt;
    };
    await ticks.tick();
    expect(promotedAt).toBe(7);
  });

  it.each([
    ['a lost race', (world: FakeWorld) => (world.dcs.write = async () => 'conflict'), 'conflict'],
    [
      'a store that does not answer',
      (world: FakeWorld) => (world.dcs.write = () => Promise.reject(new DcsError('gone'))),
      'the store: gone',
    ],
  ])('end with %s, and the next tick comes soon', async (_, fail, reason) => {
    const world = new FakeWorld();
    fail(world);
    const { due } = await tickWith(world, write({ name: 'sync', value: undefined }), CHECKPOINT);
    expect(world.calls).toEqual([]);
    expect(world.records[0]?.did).toEqual([`write sync: ${reason}`]);
    expect(world.records[0]).not.toHaveProperty('problem');
    expect(due).toBe(1500);
  });

  it('end with what PostgreSQL refuses, which is no mistake of ours', async () => {
    const world = new FakeWorld();
    world.ports.server.checkpoint = () => Promise.reject(new Error('the disk is full'));
    const { brain } = await tickWith(world, CHECKPOINT, PUBLISH);
    expect(world.calls).toEqual([]);
    expect(brain.seen).toHaveLength(1);
  });

  it('that fail again and again are tried less and less often', async () => {
    const world = new FakeWorld();
    world.ports.server.checkpoint = () => Promise.reject(new Error('the disk is full'));
    const { ticks, due } = await tickWith(world, CHECKPOINT);
    const dues = [due, await ticks.tick(), await ticks.tick()];
    expect(dues).toEqual([1500, 2000, 3000]);
    for (let times = 0; times < 20; times += 1) await ticks.tick();
    expect(await ticks.tick()).toBe(11_000);
  });

  it('write documents as Patroni does', async () => {
    const world = new FakeWorld();
    await tickWith(
      world,
      write({ name: 'initialize', value: '' }),
      write({ name: 'initialize', value: '7000000000000000001' }),
      write({ name: 'config', value: { ttl: 20 }, guard: { version: '3' } }),
      write({ name: 'sync', value: { leader: 'pg1', standbys: ['pg2'], quorum: 0 } }),
      write({ name: 'sync', value: undefined, guard: { version: '4' } }),
      write({ name: 'failover', value: undefined, guard: 'any' }),
      write({ name: 'history', value: [[1, 5, 'x']], asLeader: false }),
    );
    const common = { guard: 'absent', asLeader: true, withSession: false };
    expect(world.writes).toEqual([
      { ...common, name: 'initialize', value: '', withSession: true },
      { ...common, name: 'initialize', value: '7000000000000000001' },
      { ...common, name: 'config', value: '{"ttl":20}', guard: { version: '3' } },
      {
        ...common,
        name: 'sync',
        value: '{"leader":"pg1","quorum":0,"sync_standby":"pg2"}',
      },
      { ...common, name: 'sync', value: undefined, guard: { version: '4' } },
      { ...common, name: 'failover', value: '{}', guard: 'any' },
      { ...common, name: 'history', value: '[[1,5,"x"]]', asLeader: false },
    ]);
  });

  it('do the rest of what can be done to PostgreSQL', async () => {
    const world = new FakeWorld();
    await tickWith(
      world,
      { kind: 'set-sync-names', names: { kind: 'off' } },
      { kind: 'follow', source: undefined },
      { kind: 'sync-slots', changes: [] },
      { kind: 'finish-bootstrap' },
    );
    expect(world.calls).toEqual(['set-sync-names', 'follow', 'sync-slots', 'finish-bootstrap']);
    expect(world.records[0]?.did[1]).toBe('follow nobody');
  });
});

describe('giving the lock away', () => {
  it('ends the lease before the request is sent', async () => {
    const world = new FakeWorld();
    const release: Action = { kind: 'release', lsn: 77 };
    const brain = new Puppet(() => idle({ do: [release] }));
    const { ticks, mind } = ticksIn(world, brain);
    mind.remember({ leaseUntil: 30_000 });
    let during: number | undefined;
    let status: string | undefined;
    world.dcs.release = async (text) => {
      during = mind.memory.leaseUntil;
      status = text;
    };
    await ticks.tick();
    expect(during).toBeUndefined();
    expect(status).toBe('{"optime":77}');
  });

  it('tells no position that nobody knows', async () => {
    const world = new FakeWorld();
    let status: string | undefined = 'not asked';
    world.dcs.release = async (text) => {
      status = text;
    };
    await tickWith(world, { kind: 'release' });
    expect(status).toBeUndefined();
  });
});

describe('housekeeping', () => {
  it('comes after the plan, and knows what it has done', async () => {
    const world = new FakeWorld();
    const job = { kind: 'promote', above: 0 } as const;
    const brain = new Puppet(() =>
      idle({ do: [{ kind: 'job', job }], memory: { leaseUntil: 30_000 } }),
    );
    brain.upkeep = { do: [PUBLISH], memory: { promotedAt: 5 } };
    const { ticks, mind } = ticksIn(world, brain);
    await ticks.tick();
    expect(brain.upkeepSeen[0]).toMatchObject({
      memory: { leaseUntil: 30_000 },
      job: { spec: job, outcome: undefined },
    });
    expect(world.records[0]?.did).toEqual(['promote', 'publish']);
    expect(mind.memory.promotedAt).toBe(5);
  });

  it('is done, too, when a deed of the plan failed', async () => {
    const world = new FakeWorld();
    world.dcs.write = async () => 'conflict';
    const brain = new Puppet(() => idle({ do: [write({ name: 'sync', value: undefined })] }));
    brain.upkeep = { do: [PUBLISH] };
    await ticksIn(world, brain).ticks.tick();
    expect(world.calls).toEqual(['publish']);
  });

  it('is left undone by an agent that goes', async () => {
    const world = new FakeWorld();
    const { brain, ticks } = await tickWith(world, { kind: 'exit', code: 3, why: 'test' });
    expect(world.calls).toEqual(['exit 3']);
    expect(brain.upkeepSeen).toEqual([]);
    expect(ticks.ended).toBe(true);
  });
});

describe('the next tick', () => {
  it('is due at the earliest time that anybody asked for', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(() => idle({ wakeAt: 8000 }));
    const { ticks } = ticksIn(world, brain);
    expect(await ticks.tick()).toBe(8000);
    brain.upkeep = { do: [], wakeAt: 6000 };
    expect(await ticks.tick()).toBe(6000);
  });

  it('is due loop_wait after this one began, however long it took', async () => {
    const world = new FakeWorld();
    world.documents = [{ name: 'config', value: '{"loop_wait":7}', version: '1' }];
    world.ports.server.observe = async () => {
      world.clock.now += 2000;
      return world.postgres;
    };
    expect(await ticksIn(world, new Puppet()).ticks.tick()).toBe(8000);
  });

  it('is due when a lease that is not renewed has to be given up', async () => {
    const world = new FakeWorld();
    const { ticks, mind } = ticksIn(world, new Puppet());
    mind.remember({ leaseUntil: 12_000 });
    expect(await ticks.tick()).toBe(6000);
  });
});

describe('the dynamic configuration', () => {
  const config = (value: string, version: string) => [{ name: 'config' as const, value, version }];

  it('is given to PostgreSQL before anything is done with it, and once a version', async () => {
    const world = new FakeWorld();
    world.documents = config('{"ttl":30}', '1');
    const { ticks } = ticksIn(world, new Puppet(() => idle({ do: [CHECKPOINT] })));
    let before: number | undefined;
    world.ports.server.checkpoint = async () => {
      before ??= world.configured.length;
    };
    await ticks.tick();
    await ticks.tick();
    expect(before).toBe(1);
    expect(world.configured).toEqual([{ ttl: 30 }]);
    world.documents = config('{"ttl":40}', '2');
    await ticks.tick();
    expect(world.configured).toEqual([{ ttl: 30 }, { ttl: 40 }]);
  });

  it('that could not be written is tried again soon, and keeps nothing else from being done', async () => {
    const world = new FakeWorld();
    world.documents = config('{}', '1');
    const { configure } = world.ports.server;
    world.ports.server.configure = () => Promise.reject(new Error('disk full'));
    const { ticks } = ticksIn(world, new Puppet(() => idle({ do: [CHECKPOINT] })));
    expect(await ticks.tick()).toBe(world.clock.now + 500);
    expect(world.records[0]?.did).toEqual(['configure: Error: disk full', 'checkpoint']);
    world.ports.server.configure = configure;
    await ticks.tick();
    expect(world.configured).toEqual([{}]);
  });
});
