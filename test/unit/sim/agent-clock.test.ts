import { expect, it } from 'vitest';
import { HostClock } from '../../sim/agent-clock.ts';
import { Process } from '../../sim/process.ts';
import { Random } from '../../sim/random.ts';
import { Scheduler } from '../../sim/scheduler.ts';

function clocked() {
  const scheduler = new Scheduler();
  const clock = new HostClock(scheduler, new Random(1));
  const start = clock.monotonic();
  const process = new Process('agent');
  return { scheduler, clock, process, passed: () => clock.monotonic() - start };
}

it('a step moves the wall clock and not the monotonic one', async () => {
  const { scheduler, clock, passed } = clocked();
  const wall = clock.wall();
  clock.step(-300_000);
  await scheduler.runUntil(1_000);
  expect([clock.wall() - wall, passed()]).toEqual([-299_000, 1_000]);
});

it('drift changes the rate and never makes a jump', async () => {
  const { scheduler, clock, passed } = clocked();
  await scheduler.runUntil(10_000);
  clock.drift(1_000);
  expect(passed()).toBeCloseTo(10_000);
  await scheduler.runUntil(20_000);
  expect(passed()).toBeCloseTo(20_010);
  clock.drift(-1_000);
  await scheduler.runUntil(30_000);
  expect(passed()).toBeCloseTo(30_000);
});

it('a reboot starts the monotonic clock anew, while the wall clock goes on', async () => {
  const { scheduler, clock } = clocked();
  await scheduler.runUntil(3_600_000);
  const wall = clock.wall();
  clock.reboot();
  expect(clock.monotonic()).toBeLessThanOrEqual(5_000);
  expect(Math.abs(clock.wall() - wall)).toBeLessThanOrEqual(1);
});

it('a sleep never ends early by the clock of its host, slow or fast', async () => {
  const { scheduler, clock, process, passed } = clocked();
  for (const ppm of [-2_000, 2_000]) {
    clock.drift(ppm);
    const from = passed();
    let end = 0;
    void clock
      .ofProcess(process)
      .sleep(10_000, new AbortController().signal)
      .then(() => {
        end = passed();
      });
    await scheduler.runUntil(scheduler.now + 11_000);
    expect(end - from).toBeGreaterThanOrEqual(10_000);
    expect(end - from).toBeLessThan(10_002);
  }
});

it('a sleep over a pause of the host ends when the pause does', async () => {
  const { scheduler, clock, process } = clocked();
  let end = 0;
  void clock
    .ofProcess(process)
    .sleep(1_000, new AbortController().signal)
    .then(() => {
      end = scheduler.now;
    });
  scheduler.at(500, () => process.freeze());
  scheduler.at(60_000, () => process.thaw());
  await scheduler.runUntil(70_000);
  expect(end).toBe(60_000);
});
