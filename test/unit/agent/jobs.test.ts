import { describe, expect, it } from 'vitest';
import type { JobSpec } from '../../../src/ha/job.ts';
import type { Action } from '../../../src/ha/plan.ts';
import { asks, FakeWorld, idle, Puppet, settled } from './fakes.ts';
import { ticksIn } from './run-ticks.ts';

const REWIND: JobSpec = { kind: 'rewind', from: { name: 'pg2', connUrl: 'postgres://pg2' } };
const STOP: JobSpec = { kind: 'stop', mode: 'fast', checkpoint: false, limit: undefined };
const OK = { ok: true } as const;

function scripted(world: FakeWorld) {
  const script: { next: readonly Action[] } = { next: [] };
  const brain = new Puppet(() => idle({ do: script.next }));
  const parts = ticksIn(world, brain);
  const tick = async (...next: Action[]): Promise<void> => {
    script.next = next;
    await parts.ticks.tick();
  };
  return { ...parts, brain, tick };
}

describe('a job', () => {
  it('is a fact while it runs, and in one tick after it has ended', async () => {
    const world = new FakeWorld();
    const { brain, tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await tick();
    world.jobs[0]?.end(OK);
    await settled();
    await tick();
    await tick();
    expect(brain.seen.map(({ job }) => job?.outcome ?? job?.spec.kind)).toEqual([
      undefined,
      'rewind',
      OK,
      undefined,
    ]);
  });

  it('that has ended is shown in every round of that tick', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(asks({ kind: 'renew', ttl: 30 }));
    const { ticks, jobs } = ticksIn(world, brain);
    jobs.start(REWIND, false);
    world.jobs[0]?.end(OK);
    await settled();
    await ticks.tick();
    await ticks.tick();
    const shown = brain.seen.map(({ job }) => job?.outcome);
    expect(shown).toEqual([OK, OK, undefined, undefined]);
  });

  it('that ends during a tick is a fact in the next one', async () => {
    const world = new FakeWorld();
    const { brain, tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    world.ports.server.observe = async () => {
      world.jobs[0]?.end(OK);
      await settled();
      return world.postgres;
    };
    await tick();
    await tick();
    expect(brain.seen.map(({ job }) => job?.outcome)).toEqual([undefined, undefined, OK]);
  });

  it('takes the place of one that has ended, and is not forgotten with it', async () => {
    const world = new FakeWorld();
    const { tick, jobs } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    world.jobs[0]?.end(OK);
    await settled();
    await tick({ kind: 'job', job: STOP });
    expect(jobs.current).toMatchObject({ spec: STOP, outcome: undefined });
  });

  it('that dies of an error has failed', async () => {
    const world = new FakeWorld();
    world.ports.server.run = () => Promise.reject(new Error('no such program'));
    const { brain, tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await settled();
    await tick();
    expect(brain.seen[1]?.job?.outcome).toEqual({
      ok: false,
      cancelled: false,
      failure: 'Error: no such program',
    });
  });

  it('does not begin beside another', async () => {
    const world = new FakeWorld();
    const { tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await tick({ kind: 'job', job: STOP }, { kind: 'checkpoint' });
    expect(world.jobs).toHaveLength(1);
    expect(world.records.at(-1)?.did).toEqual(['stop fast: rewind is running']);
    expect(world.calls).toEqual([]);
  });
});

describe('a job that may not wait', () => {
  it('ends the other first, while the ticks go on', async () => {
    const world = new FakeWorld();
    const { brain, tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await tick({ kind: 'job', job: STOP, preempt: true });
    expect(world.jobs[0]?.signal.aborted).toBe(true);
    await tick();
    expect(brain.seen.at(-1)?.job).toMatchObject({ spec: REWIND, outcome: undefined });
    expect(world.jobs).toHaveLength(1);
    world.jobs[0]?.end({ ok: false, cancelled: true, failure: 'cancelled' });
    await settled();
    expect(world.jobs.map(({ spec }) => spec)).toEqual([REWIND, STOP]);
    await tick();
    expect(brain.seen.at(-1)?.job).toMatchObject({ spec: STOP, outcome: undefined });
  });

  it('is not begun anew by every tick that wants it', async () => {
    const world = new FakeWorld();
    const { tick } = scripted(world);
    await tick({ kind: 'job', job: STOP, preempt: true });
    await tick({ kind: 'job', job: { ...STOP }, preempt: true });
    expect(world.jobs).toHaveLength(1);
    expect(world.jobs[0]?.signal.aborted).toBe(false);
  });

  it('gives way to a newer one', async () => {
    const world = new FakeWorld();
    const { tick } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await tick({ kind: 'job', job: STOP, preempt: true });
    await tick({ kind: 'job', job: { ...STOP, mode: 'immediate' }, preempt: true });
    world.jobs[0]?.end(OK);
    await settled();
    expect(world.jobs.slice(1).map(({ spec }) => spec)).toEqual([{ ...STOP, mode: 'immediate' }]);
  });
});

describe('cancelling', () => {
  it('aborts the job and whatever was to come after it', async () => {
    const world = new FakeWorld();
    const { tick, jobs } = scripted(world);
    await tick({ kind: 'job', job: REWIND });
    await tick({ kind: 'job', job: STOP, preempt: true }, { kind: 'cancel-job' });
    world.jobs[0]?.end({ ok: false, cancelled: true, failure: 'cancelled' });
    await settled();
    expect(world.jobs).toHaveLength(1);
    expect(jobs.current?.outcome).toMatchObject({ cancelled: true });
  });
});

describe('making a primary', () => {
  const PROMOTE: JobSpec = { kind: 'promote', above: 0 };
  const START: JobSpec = { kind: 'start', as: 'primary', from: undefined };

  it.each([PROMOTE, START])('is refused once the guard may be at work: %o', async (job) => {
    const world = new FakeWorld();
    const { tick, mind } = scripted(world);
    mind.remember({ leaseUntil: 30_000 });
    world.clock.now = 25_000;
    await tick({ kind: 'job', job });
    expect(world.jobs).toEqual([]);
    expect(world.records[0]?.did[0]).toMatch(/the lease is about to end$/);
    world.clock.now = 24_999;
    await tick({ kind: 'job', job });
    expect(world.jobs).toHaveLength(1);
  });

  it.each([PROMOTE, START])('is refused without a lease: %o', async (job) => {
    const world = new FakeWorld();
    await scripted(world).tick({ kind: 'job', job });
    expect(world.records[0]?.did[0]).toMatch(/the lock is not ours$/);
  });

  it('is refused when the lease has passed while another job was ending', async () => {
    const world = new FakeWorld();
    const { tick, brain, mind } = scripted(world);
    mind.remember({ leaseUntil: 30_000 });
    await tick({ kind: 'job', job: REWIND });
    await tick({ kind: 'job', job: PROMOTE, preempt: true });
    world.clock.now = 25_000;
    world.jobs[0]?.end(OK);
    await settled();
    await tick();
    expect(world.jobs).toHaveLength(1);
    expect(brain.seen.at(-1)?.job).toMatchObject({
      spec: PROMOTE,
      outcome: { ok: false, cancelled: false, failure: 'the lease is about to end' },
    });
  });

  it('forgets what was promised to the leader before (P#2803)', async () => {
    const world = new FakeWorld();
    const { tick, mind } = scripted(world);
    const promise = { name: 'pg2', apiUrl: '', connUrl: '', slots: {}, until: 40_000 };
    mind.remember({ leaseUntil: 30_000, failsafePromise: promise });
    await tick({ kind: 'job', job: PROMOTE });
    expect(mind.memory.failsafePromise).toBeUndefined();
  });

  it('is no matter of the lease for a standby', async () => {
    const world = new FakeWorld();
    await scripted(world).tick({ kind: 'job', job: { ...START, as: 'standby' } });
    expect(world.jobs).toHaveLength(1);
  });
});
