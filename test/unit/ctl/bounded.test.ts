import { expect, it } from 'vitest';
import { forEachBounded } from '../../../src/ctl/bounded.ts';

it('takes each item once, and never more than so many at a time', async () => {
  const taken: number[] = [];
  let running = 0;
  let most = 0;
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    taken.push(item);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  });
  expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('rejects with what one of them rejects with, and does nothing for no items', async () => {
  await expect(
    forEachBounded([1, 2], 2, async (item) => {
      if (item === 2) throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await forEachBounded([], 4, async () => {
    throw new Error('never called');
  });
});
