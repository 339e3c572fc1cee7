import { defineConfig } from 'vitest/config';

/**
 * Projects by what they need: nothing; nothing but time, for simulated clusters; a build; a store
 * and a PostgreSQL; a whole cluster, of Patroni's nodes or of ours. `everything` is what
 * `make test-all` has beside the others.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/tidy.test.ts', 'test/unit/**/*.test.ts', 'test/mutations/edits.test.ts'],
          // None needs a second of its own; a machine that has no time may take its time.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'sim',
          include: [
            'test/sim/**/*.test.ts',
            'test/scenarios/**/*.test.ts',
            'test/mutations/mutations.test.ts',
          ],
          testTimeout: 60_000,
          // Long runs use all processors themselves.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          globalSetup: ['test/harness/build-once.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          // Most of the time is waiting: for a lease to end, for a server that does not answer.
          maxConcurrency: 25,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/*.test.ts'],
          globalSetup: ['test/harness/build-once.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Clusters wait for leases to end: two of them do not get into each other's way.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'everything',
          include: ['test/integration/everything/*.test.ts', 'test/interop/main-road.test.ts'],
          globalSetup: ['test/harness/build-once.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          exclude: ['test/interop/main-road.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
