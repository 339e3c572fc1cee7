import { expect, test } from 'vitest';
import { Leases } from '../../../src/embedded/core/leases.ts';

test('a lease lasts its TTL from the last time that it was kept alive', () => {
  const leases = new Leases();
  expect(leases.grant('1', 10, 5000)).toBe(true);
  expect(leases.endOf('1')).toBe(15_000);
  expect(leases.keepAlive('1', 14_999)).toBe(10);
  expect(leases.over(24_998)).toEqual([]);
  expect(leases.over(24_999)).toEqual(['1']);
});

test('one whose end has come cannot be kept alive, and is there until it is removed', () => {
  const leases = new Leases();
  leases.grant('1', 10, 0);
  expect(leases.keepAlive('1', 10_000)).toBeUndefined();
  expect(leases.has('1')).toBe(true);
  expect(leases.grant('1', 10, 10_000)).toBe(false);
  expect(leases.remove('1')).toBe(true);
  expect(leases.remove('1')).toBe(false);
  expect(leases.grant('1', 10, 10_000)).toBe(true);
});

test('those that are over come in the order of their ends', () => {
  const leases = new Leases();
  leases.grant('late', 3, 0);
  leases.grant('early', 1, 0);
  leases.grant('never', 60, 0);
  expect(leases.nextEnd()).toBe(1000);
  expect(leases.over(3000)).toEqual(['early', 'late']);
});

test('a backup starts from full', () => {
  const leases = new Leases();
  leases.grant('1', 10, 0);
  const saved = leases.save();
  leases.grant('2', 10, 0);
  leases.load(saved, 9000);
  expect(leases.ids()).toEqual(['1']);
  expect(leases.endOf('1')).toBe(19_000);
});
