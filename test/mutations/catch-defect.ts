import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleHunt } from './bundle.ts';
import type { Hunt, Prey } from './hunt.ts';
import type { Mutation } from './mutations.ts';

const run = promisify(execFile);

/** A hunt that finds nothing in that time has found nothing. */
const PATIENCE_MS = 120_000;

/** Seeds `from`, `from + 1`, …: where the one that is written down does not find it any more. */
export function seedsFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/**
 * Builds the simulation with the defect in it, and runs seeds until one shows a violation: those
 * of the mutation first, then `search`. Undefined: it was not caught.
 * @throws StaleMutation when the source has changed, and `find` is not there exactly once
 */
export async function catchDefect(
  mutation: Mutation,
  search: readonly number[],
): Promise<Prey | undefined> {
  const profile = mutation.profile === undefined ? {} : { profile: mutation.profile };
  const seeds = [...mutation.seeds, ...search];
  const [prey] = await inBundle(mutation, { seeds, first: true, ...profile });
  return prey;
}

/** Runs the seeds of all mutations on the source as it is: what is found there is a true failure. */
export async function findWithoutDefect(mutations: readonly Mutation[]): Promise<Prey[]> {
  const profiles = new Set(mutations.map(({ profile }) => profile));
  const found = [...profiles].map((profile) => {
    const own = mutations.filter((mutation) => mutation.profile === profile);
    const seeds = [...new Set(own.flatMap((mutation) => mutation.seeds))];
    return inBundle(undefined, { seeds, first: false, ...(profile ? { profile } : {}) });
  });
  return (await Promise.all(found)).flat();
}

async function inBundle(mutation: Mutation | undefined, hunt: Hunt): Promise<Prey[]> {
  const directory = await mkdtemp(join(tmpdir(), 'pgherd-mutation-'));
  try {
    const file = join(directory, 'hunt.mjs');
    await bundleHunt(file, mutation);
    const { stdout } = await run(process.execPath, [file, JSON.stringify(hunt)], {
      timeout: PATIENCE_MS,
    });
    return JSON.parse(stdout);
  } finally {
    await rm(directory, { recursive: true });
  }
}
