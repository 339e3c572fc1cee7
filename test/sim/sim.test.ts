import { describe, expect, it } from 'vitest';
import { printFailure, runFleet } from './fleet.ts';
import { runSeed } from './run-seed.ts';
import { fingerprint } from './trace.ts';

// What a cluster of pgherd's agents promises, held against a world full of faults.

const MINUTE = 60_000;

describe('the simulated world', () => {
  it('does the same for the same seed, to the last byte', async () => {
    for (const seed of [7, 8, 9]) {
      const [one, other] = [
        await runSeed(seed, undefined, true),
        await runSeed(seed, undefined, true),
      ];
      expect(one.trace.length).toBeGreaterThan(500);
      expect(fingerprint(one.trace)).toBe(fingerprint(other.trace));
    }
  });

  it('keeps its promises in 2,000 clusters', { timeout: 20 * MINUTE }, async () => {
    const report = await runFleet({ from: 1, seeds: 2000, jobs: 2 });
    expect(report.failures.map(printFailure)).toEqual([]);
    expect(report.simulatedMs).toBeGreaterThan(2000 * 28 * MINUTE);
  });
});
