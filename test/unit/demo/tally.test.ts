import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Tally } from '../../../src/demo/tally.ts';

test('the longest time between two acknowledged writes is the outage', () => {
  const tally = new Tally();
  expect(tally.outageAt(1000)).toBe(0);
  tally.ack(1, 1000);
  tally.ack(2, 1300);
  tally.ack(3, 1310);
  expect(tally.outageAt(1320)).toBe(300);
  tally.startOutage();
  expect(tally.outageAt(1320)).toBe(10);
  // It goes on while nothing is acknowledged.
  expect(tally.outageAt(1810)).toBe(500);
  expect(tally.waitingAt(1810)).toBe(500);
});

test('every acknowledged id is in the spans, and no other', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
  fc.assert(
    fc.property(ids, (given) => {
      const sorted = [...given].sort((a, b) => a - b);
      const tally = new Tally();
      for (const id of sorted) tally.ack(id, id);
      const held = tally.spans.flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
      expect(held).toEqual(sorted);
      expect(tally.acknowledged).toBe(sorted.length);
    }),
  );
});
