import { describe, expect, it } from 'vitest';
import { HostClock } from '../../sim/agent-clock.ts';
import { SimGuard } from '../../sim/guard.ts';
import { Process } from '../../sim/process.ts';
import { Random } from '../../sim/random.ts';
import { Scheduler } from '../../sim/scheduler.ts';

/** A guard over a PostgreSQL that runs, and obeys only the second word. */
function guarded() {
  const scheduler = new Scheduler();
  const clock = new HostClock(scheduler, new Random(1));
  const done: string[] = [];
  const postgres = {
    up: true,
    stubborn: true,
    running: () => postgres.up,
    fenceFast: () => {
      done.push(`fast ${scheduler.now}`);
      if (!postgres.stubborn) postgres.up = false;
    },
    fenceKill: () => {
      done.push(`kill ${scheduler.now}`);
      postgres.up = false;
    },
  };
  let agent = new Process('agent');
  const host = {
    agent: () => agent,
    killAgent: () => {
      done.push(`agent killed ${scheduler.now}`);
      agent.kill();
    },
    release: () => done.push(`release ${scheduler.now}`),
  };
  const guard = new SimGuard({ name: 'pg1', scheduler, clock, postgres, ...host });
  agent.onKill(() => guard.agentDied());
  const restartAgent = () => {
    agent = new Process('agent');
  };
  guard.start();
  const begin = clock.monotonic();
  /** Gives it a deadline so many ms after the beginning. */
  const extend = (ms: number) => guard.extend(begin + ms);
  return { scheduler, clock, postgres, guard, done, extend, agent, restartAgent };
}

describe('SimGuard', () => {
  it('stops PostgreSQL at its deadline, and kills it two seconds later at the latest', async () => {
    const { scheduler, guard, done, extend } = guarded();
    extend(10_000);
    await scheduler.runUntil(9_999);
    expect([done, guard.sight().fenced]).toEqual([[], false]);
    await scheduler.runUntil(20_000);
    expect([done, guard.sight().fenced]).toEqual([['fast 10000', 'kill 12000'], true]);
  });

  it('does not kill what has stopped in time', async () => {
    const { scheduler, postgres, done, extend } = guarded();
    postgres.stubborn = false;
    extend(10_000);
    await scheduler.runUntil(20_000);
    expect(done).toEqual(['fast 10000']);
  });

  it('leaves PostgreSQL alone as long as later deadlines come in time', async () => {
    const { scheduler, done, extend } = guarded();
    for (const time of [0, 8_000, 16_000]) scheduler.at(time, () => extend(time + 10_000));
    await scheduler.runUntil(25_999);
    expect(done).toEqual([]);
    await scheduler.runUntil(26_100);
    expect(done).toEqual(['fast 26000']);
  });

  it('takes an earlier deadline at its word', async () => {
    const { scheduler, done, extend } = guarded();
    extend(10_000);
    extend(3_000);
    await scheduler.runUntil(4_000);
    expect(done).toEqual(['fast 3000']);
  });

  it('kills whatever is started while it is fenced, until it is disarmed', async () => {
    const { scheduler, postgres, guard, done, extend } = guarded();
    postgres.stubborn = false;
    extend(1_000);
    for (const time of [30_000, 60_000, 90_000]) {
      scheduler.at(time, () => {
        postgres.up = true;
      });
    }
    scheduler.at(80_000, () => guard.disarm());
    await scheduler.runUntil(100_000);
    const kills = done.filter((line) => line.startsWith('kill')).map((line) => +line.slice(5));
    expect(kills).toHaveLength(2);
    expect(kills.map((time) => time % 30_000 <= 50)).toEqual([true, true]);
    expect(guard.sight().fenced).toBe(false);
  });

  it('a deadline in the future ends the fence; one in the past does not', async () => {
    const { scheduler, postgres, guard, done, extend } = guarded();
    extend(1_000);
    await scheduler.runUntil(5_000);
    extend(4_000);
    postgres.up = true;
    await scheduler.runUntil(6_000);
    expect([guard.sight().fenced, postgres.up]).toEqual([true, false]);
    extend(20_000);
    postgres.up = true;
    await scheduler.runUntil(19_999);
    expect([guard.sight().fenced, postgres.up]).toEqual([false, true]);
    await scheduler.runUntil(20_001);
    expect(done.at(-1)).toBe('fast 20000');
  });

  it('after a pause of the host that outlasted the deadline it kills at once', async () => {
    const { scheduler, guard, done, extend } = guarded();
    extend(10_000);
    scheduler.at(5_000, () => guard.process?.freeze());
    scheduler.at(60_000, () => guard.process?.thaw());
    await scheduler.runUntil(70_000);
    expect(done).toEqual(['kill 60000']);
  });

  it('guards no more when it is dead, and knows no deadline when it is started again', async () => {
    const { scheduler, guard, done, extend } = guarded();
    extend(10_000);
    guard.kill();
    expect(guard.sight()).toMatchObject({ guard: 'dead', fenced: false });
    extend(10_000);
    guard.start();
    await scheduler.runUntil(20_000);
    expect([done, guard.sight().guard]).toEqual([[], 'alive']);
    extend(30_000);
    await scheduler.runUntil(30_001);
    expect(done).toEqual(['fast 30000']);
  });

  it('goes by the clock of its host, be it fast', async () => {
    const { scheduler, clock, done, extend } = guarded();
    clock.drift(100_000);
    extend(11_000);
    await scheduler.runUntil(10_001);
    expect(done).toHaveLength(1);
  });

  it('rings once for each deadline, whatever the clocks round', async () => {
    const { scheduler, clock, postgres, guard, done } = guarded();
    postgres.stubborn = false;
    const random = new Random(2);
    await scheduler.runUntil(1_234_567.89);
    for (let i = 0; i < 500; i += 1) {
      // Its clock shows less than the world's, and so has the finer steps.
      clock.reboot();
      clock.drift(random.int(-500, 500));
      postgres.up = true;
      let events = 0;
      scheduler.afterEvent = () => {
        events += 1;
        if (events > 5) throw new Error('it rings again and again');
      };
      const wait = random.next() * 30_000;
      guard.extend(clock.monotonic() + wait);
      await scheduler.runUntil(scheduler.now + wait + 100);
      guard.disarm();
      await scheduler.runUntil(scheduler.now + 10_000 * random.next());
    }
    expect(done).toHaveLength(500);
  });

  it('costs nothing while nobody is fenced', async () => {
    const { scheduler, extend } = guarded();
    let events = 0;
    scheduler.afterEvent = () => {
      events += 1;
    };
    extend(3_600_000);
    await scheduler.runUntil(3_599_000);
    expect(events).toBe(0);
  });
});

describe('SimGuard has the lock given away', () => {
  it('once, when the agent is dead and PostgreSQL too, and lets none run from then on', async () => {
    const { scheduler, postgres, guard, done, extend, agent } = guarded();
    extend(60_000);
    scheduler.at(1_000, () => agent.kill());
    scheduler.at(2_050, () => {
      postgres.up = false;
    });
    scheduler.at(5_000, () => {
      postgres.up = true;
    });
    await scheduler.runUntil(6_000);
    expect(done).toEqual(['release 2101', expect.stringMatching(/^kill 50\d\d/)]);
    expect(guard.sight().fenced).toBe(true);
  });

  it('not while PostgreSQL goes on under a dead agent, but when it was stopped', async () => {
    const { scheduler, postgres, done, extend, agent } = guarded();
    postgres.stubborn = false;
    extend(10_000);
    agent.kill();
    await scheduler.runUntil(9_999);
    expect(done).toEqual([]);
    await scheduler.runUntil(20_000);
    expect(done).toEqual(['fast 10000', 'release 10000']);
  });

  it('not while an agent lives, be it another one', async () => {
    const { scheduler, postgres, done, extend, agent, restartAgent } = guarded();
    extend(60_000);
    scheduler.at(1_000, () => {
      agent.kill();
      restartAgent();
      postgres.up = false;
    });
    await scheduler.runUntil(20_000);
    expect(done).toEqual([]);
  });

  it('not when nothing was guarded', async () => {
    const { scheduler, postgres, guard, done, extend, agent } = guarded();
    extend(60_000);
    guard.disarm();
    agent.kill();
    postgres.up = false;
    await scheduler.runUntil(20_000);
    expect(done).toEqual([]);
  });

  it('after it has killed an agent that stands still', async () => {
    const { scheduler, postgres, done, extend, agent } = guarded();
    postgres.stubborn = false;
    extend(10_000);
    agent.freeze();
    await scheduler.runUntil(20_000);
    expect(done).toEqual(['fast 10000', 'agent killed 10960', 'release 10960']);
  });

  it('and kills nobody who stood still with the guard, and wakes after it', async () => {
    const { scheduler, guard, done, extend, agent } = guarded();
    extend(10_000);
    scheduler.at(10_500, () => {
      agent.freeze();
      guard.process?.freeze();
    });
    scheduler.at(60_000, () => guard.process?.thaw());
    scheduler.at(60_001, () => agent.thaw());
    await scheduler.runUntil(70_000);
    expect(done).toEqual(['fast 10000', 'kill 60000']);
  });
});
