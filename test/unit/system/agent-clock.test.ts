import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentClock, type TimeSources, uptimeMs } from '../../../src/system/agent-clock.ts';

describe('monotonic time', () => {
  /** A host: true time since its start, what of it was slept, and how far Node's clocks are off. */
  const host = { boot: 500_000, slept: 0, offset: 400_000, wallSet: 0 };
  const sources: TimeSources = {
    steady: () => host.boot - host.slept - host.offset,
    uptime: () => Math.floor(host.boot / 10) * 10,
    wall: () => 1_700_000_000_000 + Math.floor(host.boot + host.wallSet),
  };

  it('is the time since the host was started, with what it slept, and never ahead of it', () => {
    const clock = agentClock(sources);
    const steps = [1, 3.5, 9, 0.25, 14, 60_000, 7, 12.5];
    let before = clock.monotonic();
    for (const step of steps) {
      host.boot += step;
      // One of the steps is a suspend.
      if (step === 60_000) host.slept += step;
      const now = clock.monotonic();
      expect(now).toBeLessThanOrEqual(host.boot);
      expect(now).toBeGreaterThan(host.boot - 10);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('asks the host when it may have slept, when the wall clock was set, and once a second', () => {
    const uptime = vi.fn(sources.uptime);
    const clock = agentClock({ ...sources, uptime });
    const looksAfter = (change: Partial<typeof host>): number => {
      uptime.mockClear();
      Object.assign(host, change);
      const now = clock.monotonic();
      expect(now).toBeLessThanOrEqual(host.boot);
      expect(now).toBeGreaterThan(host.boot - 10);
      return uptime.mock.calls.length;
    };
    const { boot, slept } = host;
    expect(looksAfter({})).toBe(1);
    expect(looksAfter({ boot: boot + 0.7 })).toBe(0);
    expect(looksAfter({ boot: boot + 600.2 })).toBe(0);
    expect(looksAfter({ boot: boot + 1000 })).toBe(1);
    expect(looksAfter({ boot: boot + 1060, slept: slept + 50 })).toBe(1);
    expect(looksAfter({ wallSet: -3600_000 })).toBe(1);
    expect(looksAfter({})).toBe(0);
  });

  it('comes out early, never late, when the process stands still between two looks', () => {
    host.boot = 1_000_000;
    const clock = agentClock({
      ...sources,
      steady: () => {
        host.boot += 5000;
        return sources.steady();
      },
    });
    expect(clock.monotonic()).toBeLessThanOrEqual(host.boot);
  });

  it('is, on this host, what /proc/uptime says', () => {
    const { monotonic, wall } = agentClock();
    const before = monotonic();
    expect(monotonic()).toBeGreaterThanOrEqual(before);
    expect(before).toBeGreaterThan(performance.now());
    expect(wall()).toBeGreaterThan(1_700_000_000_000);
  });

  it('is rounded to the earlier millisecond for the guard, for which 0 means no deadline', () => {
    expect(uptimeMs(1234.9)).toBe(1234);
    expect(uptimeMs(-5)).toBe(1);
  });
});

describe('sleep', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lasts as long as it should, with timers that Node can take', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { sleep } = agentClock();
    const { signal } = new AbortController();
    let over = false;
    const days = 86_400_000;
    const sleeping = sleep(60 * days, signal).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(60 * days - 1);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    await sleeping;
    for (const [, ms] of timers.mock.calls) expect(ms).toBeLessThan(2 ** 31);
  });

  it('ends at once when it is aborted, also before, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, 'addEventListener');
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const { sleep } = agentClock();
    const sleeping = [sleep(10_000, controller.signal), sleep(20_000, controller.signal)];
    const short = sleep(10, controller.signal);
    await vi.advanceTimersByTimeAsync(11);
    await short;
    controller.abort('woken');
    await Promise.all(sleeping);
    await sleep(1000, controller.signal);
    await sleep(0, new AbortController().signal);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    expect(vi.getTimerCount()).toBe(0);
  });
});
