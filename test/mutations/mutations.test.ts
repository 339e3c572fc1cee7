import { describe, expect, it } from 'vitest';
import { edited } from './bundle.ts';
import { allScenarios, catchDefect, findWithoutDefect, seedsFrom } from './catch-defect.ts';
import { MUTATIONS } from './mutations.ts';

/** Where the situation that is written down does not show the defect any more. */
const SEARCH = { scenarios: allScenarios(), seeds: seedsFrom(1, 20) };

describe('deliberate defects', () => {
  it('are many, and each has its name', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  it.concurrent.each(MUTATIONS)(
    '$name is caught',
    async (mutation) => {
      expect(await catchDefect(mutation, SEARCH)).toBeDefined();
    },
    180_000,
  );

  it('the same situations show nothing in the source as it is', async () => {
    expect(await findWithoutDefect(MUTATIONS)).toEqual([]);
  }, 180_000);

  it('a defect whose place has changed is an error, not a defect that nothing catches', () => {
    const edit = { file: 'f', find: 'abc', replace: 'd' };
    expect(edited('1 abc 2', edit)).toBe('1 d 2');
    expect(() => edited('1 2', edit)).toThrow('found 0 times in f');
    expect(() => edited('abc abc', edit)).toThrow('found 2 times in f');
  });
});
