import { describe, expect, it } from 'vitest';
import { OrderDesk } from '../../../src/agent/orders.ts';
import { FakeWorld, idle, Puppet } from './fakes.ts';
import { ticksIn } from './run-ticks.ts';

const RESTART = { kind: 'restart', onlyIfPending: false } as const;
const REINIT = { kind: 'reinitialize', force: false, fromLeader: false } as const;
const SCHEDULED = { kind: 'scheduled-restart', onlyIfPending: false, at: 99 } as const;

describe('an order', () => {
  it('is a fact until it is answered, and its asker is told', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(({ orders }) =>
      idle({
        do: orders.restart
          ? [{ kind: 'answer', order: orders.restart.id, ok: true, text: 'restarted' }]
          : [],
      }),
    );
    const { ticks, desk } = ticksIn(world, brain);
    const reply = desk.place({ ...RESTART, timeout: 5 }, undefined);
    await ticks.tick();
    await ticks.tick();
    expect(await reply).toEqual({ ok: true, text: 'restarted' });
    expect(brain.seen[0]?.orders.restart).toEqual({ id: 1, onlyIfPending: false, timeout: 5 });
    expect(brain.seen[1]?.orders.restart).toBeUndefined();
  });

  it('answers only the one who gave it', async () => {
    const desk = new OrderDesk();
    const restart = desk.place(RESTART, undefined);
    const reinit = desk.place(REINIT, undefined);
    desk.answer(desk.waiting.reinitialize?.id ?? 0, { ok: false, text: 'no leader' });
    expect(await reinit).toEqual({ ok: false, text: 'no leader' });
    expect(desk.waiting.restart).toBeDefined();
    desk.answer(desk.waiting.restart?.id ?? 0, { ok: true, text: 'done' });
    expect(await restart).toEqual({ ok: true, text: 'done' });
  });

  it.each([
    [RESTART, 'restart already in progress'],
    [REINIT, 'reinitialize already in progress'],
    [SCHEDULED, 'Another restart is already scheduled'],
  ])('of the same kind as one that waits is turned down: %o', async (order, text) => {
    const desk = new OrderDesk();
    void desk.place(order, undefined);
    const before = desk.waiting;
    expect(await desk.place(order, undefined)).toEqual({ ok: false, text });
    expect(desk.waiting).toEqual(before);
  });

  it('for a scheduled restart is taken at once, and void after another start', async () => {
    const desk = new OrderDesk();
    expect((await desk.place(SCHEDULED, 'noon')).ok).toBe(true);
    expect(desk.waiting.scheduledRestart).toEqual({
      id: 1,
      onlyIfPending: false,
      at: 99,
      postmasterStart: 'noon',
    });
    desk.answer(1, { ok: true, text: 'done' });
    expect(desk.waiting.scheduledRestart).toBeUndefined();
  });

  it('for a scheduled restart can be taken back, once', async () => {
    const desk = new OrderDesk();
    const cancel = { kind: 'cancel-restart' } as const;
    expect(await desk.place(cancel, undefined)).toEqual({
      ok: false,
      text: 'no restarts are scheduled',
    });
    await desk.place(SCHEDULED, 'noon');
    expect(await desk.place(cancel, undefined)).toEqual({
      ok: true,
      text: 'scheduled restart deleted',
    });
    expect(desk.waiting.scheduledRestart).toBeUndefined();
    expect((await desk.place(SCHEDULED, 'noon')).ok).toBe(true);
  });

  it('is answered when the agent goes', async () => {
    const world = new FakeWorld();
    const brain = new Puppet(({ orders }) =>
      idle({ do: orders.shutdown ? [{ kind: 'exit', code: 0, why: 'asked' }] : [] }),
    );
    const { ticks, desk } = ticksIn(world, brain);
    const restart = desk.place(RESTART, undefined);
    expect((await desk.place({ kind: 'shutdown' }, undefined)).ok).toBe(true);
    await ticks.tick();
    expect((await restart).ok).toBe(false);
  });
});
