import { expect, it } from 'vitest';
import { systemClock } from '../../../src/system/clock.ts';

it('sleeps, and its monotonic time goes on meanwhile', async () => {
  const before = systemClock.monotonic();
  await systemClock.sleep(5);
  expect(systemClock.monotonic()).toBeGreaterThan(before);
  expect(systemClock.now()).toBeInstanceOf(Date);
});

it('ends a sleep with the reason of the signal, also one that was aborted before', async () => {
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  const long = systemClock.sleep(3_600_000, controller.signal);
  controller.abort(reason);
  await expect(long).rejects.toBe(reason);
  await expect(systemClock.sleep(3_600_000, controller.signal)).rejects.toBe(reason);
});
