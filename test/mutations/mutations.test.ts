import { describe, expect, it } from 'vitest';
import { allScenarios, catchDefect, findWithoutDefect, seedsFrom } from './catch-defect.ts';
import { MUTATIONS } from './mutations.ts';

/** Where the situation that is written down does not show the defect any more. */
const SEARCH = { scenarios: allScenarios(), seeds: seedsFrom(1, 20) };

describe('deliberate defects', () => {
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
});
