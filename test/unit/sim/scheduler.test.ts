import { describe, expect, it } from 'vitest';
import { delayed, Process, sleep } from '../../sim/process.ts';
import { Random } from '../../sim/random.ts';
import { Scheduler } from '../../sim/scheduler.ts';

describe('Scheduler', () => {
  it('runs events by time, and equal times in the order in which they were planned', async () => {
    const scheduler = new Scheduler();
    const random = new Random(1);
    const planned = Array.from({ length: 500 }, (_, order) => ({ time: random.int(0, 50), order }));
    const seen: { time: number; order: number }[] = [];
    for (const entry of planned) scheduler.at(entry.time, () => seen.push(entry));
    await scheduler.runUntil(50);
    expect(seen).toEqual([...planned].sort((a, b) => a.time - b.time || a.order - b.order));
  });

  it('lets every promise chain settle before the next event', async () => {
    const scheduler = new Scheduler();
    const trace: string[] = [];
    scheduler.at(1, () => {
      void (async () => {
        for (let i = 0; i < 20; i += 1) await Promise.resolve();
        trace.push('chain');
      })();
    });
    scheduler.at(1, () => trace.push('next'));
    await scheduler.runUntil(2);
    expect(trace).toEqual(['chain', 'next']);
  });

  it('stops at the time asked for, and goes on from there', async () => {
    const scheduler = new Scheduler();
    const seen: number[] = [];
    for (const time of [10, 20, 30]) scheduler.at(time, () => seen.push(scheduler.now));
    await scheduler.runUntil(20);
    expect([scheduler.now, seen]).toEqual([20, [10, 20]]);
    await scheduler.runUntil(100);
    expect([scheduler.now, seen]).toEqual([100, [10, 20, 30]]);
  });

  it('does not run what was cancelled', async () => {
    const scheduler = new Scheduler();
    let ran = false;
    const event = scheduler.after(5, () => {
      ran = true;
    });
    event.cancel();
    await scheduler.runUntil(10);
    expect(ran).toBe(false);
  });

  it('says what an event threw, and can be run again', async () => {
    const scheduler = new Scheduler();
    scheduler.at(1, () => {
      throw new Error('broken');
    });
    await expect(scheduler.runUntil(5)).rejects.toThrow('broken');
    await scheduler.runUntil(5);
    expect(scheduler.now).toBe(5);
  });

  it('gives up when time stands still', async () => {
    const scheduler = new Scheduler();
    const circle = (): void => {
      scheduler.after(0, circle);
    };
    circle();
    await expect(scheduler.runUntil(5)).rejects.toThrow('time stands still at 0');
  });

  it('calls the checkers after each event, when its promises have settled', async () => {
    const scheduler = new Scheduler();
    let value = 0;
    const seen: number[] = [];
    scheduler.afterEvent = () => seen.push(value);
    for (const time of [1, 2]) {
      scheduler.at(time, () => {
        void Promise.resolve().then(() => {
          value = time;
        });
      });
    }
    await scheduler.runUntil(3);
    expect(seen).toEqual([1, 2]);
  });

  it('gives the real event loop its turn in a long run', async () => {
    const scheduler = new Scheduler();
    let turns = 0;
    const real = setInterval(() => {
      turns += 1;
    }, 0);
    const tick = (): void => {
      scheduler.after(1, tick);
    };
    tick();
    await scheduler.runUntil(60_000);
    clearInterval(real);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('Process', () => {
  it('holds the events of a frozen process back, and runs them in order when it thaws', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    const seen: string[] = [];
    const note = (text: string) => () => seen.push(`${scheduler.now} ${text}`);
    scheduler.at(15, note('b'), process);
    scheduler.at(12, note('a'), process);
    scheduler.at(12, note('other'));
    scheduler.at(10, () => process.freeze());
    scheduler.at(20, () => process.thaw());
    scheduler.at(20, note('c'), process);
    await scheduler.runUntil(30);
    expect(seen).toEqual(['12 other', '20 a', '20 b', '20 c']);
  });

  it('stays frozen while one reason is left', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    const seen: number[] = [];
    process.freeze();
    process.freeze();
    scheduler.at(1, () => seen.push(scheduler.now), process);
    scheduler.at(5, () => process.thaw());
    scheduler.at(9, () => process.thaw());
    await scheduler.runUntil(10);
    expect(seen).toEqual([9]);
  });

  it('never goes on once it is dead, not even with what waited while it was frozen', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    let went = false;
    let told = 0;
    process.onKill(() => {
      told += 1;
    });
    void sleep(scheduler, 5, process).then(() => {
      went = true;
    });
    process.freeze();
    scheduler.at(10, () => process.kill());
    scheduler.at(11, () => process.thaw());
    await scheduler.runUntil(20);
    expect([went, told, process.alive]).toEqual([false, 1, false]);
  });
});

describe('sleep and delayed', () => {
  it('ends early when the signal is aborted, before or during the sleep', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    const abort = new AbortController();
    const ends: number[] = [];
    void sleep(scheduler, 100, process, abort.signal).then(() => ends.push(scheduler.now));
    scheduler.at(30, () => abort.abort());
    scheduler.at(40, () => {
      void sleep(scheduler, 100, process, abort.signal).then(() => ends.push(scheduler.now));
    });
    await scheduler.runUntil(300);
    expect(ends).toEqual([30, 40]);
  });

  it('an aborted sleep of a frozen process ends when the process thaws', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    const abort = new AbortController();
    let end = 0;
    void sleep(scheduler, 100, process, abort.signal).then(() => {
      end = scheduler.now;
    });
    scheduler.at(10, () => process.freeze());
    scheduler.at(20, () => abort.abort());
    scheduler.at(50, () => process.thaw());
    await scheduler.runUntil(200);
    expect(end).toBe(50);
  });

  it('delayed answers with what is so at its end, or rejects with what is thrown', async () => {
    const scheduler = new Scheduler();
    const process = new Process('agent');
    const seen: unknown[] = [];
    void delayed(scheduler, 5, process, () => scheduler.now).then((value) => seen.push(value));
    delayed(scheduler, 6, process, () => {
      throw new Error('no');
    }).catch((error: Error) => seen.push(error.message));
    await scheduler.runUntil(10);
    expect(seen).toEqual([5, 'no']);
  });
});

describe('Random', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('stays within its bounds and uses all of them evenly', () => {
    const random = new Random(3);
    const counts = new Map<number, number>();
    for (let i = 0; i < 6000; i += 1) {
      const value = random.int(2, 7);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([2, 3, 4, 5, 6, 7]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('a fork does not depend on what was drawn before', () => {
    const fresh = new Random(5);
    const used = new Random(5);
    used.next();
    expect(used.fork('store').next()).toBe(fresh.fork('store').next());
    expect(fresh.fork('store').next()).not.toBe(fresh.fork('hosts').next());
  });

  it('refuses to pick from nothing', () => {
    expect(() => new Random(1).pick([])).toThrow('nothing to pick from');
  });
});
