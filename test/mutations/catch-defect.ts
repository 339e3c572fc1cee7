import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleHunt } from './bundle.ts';
import type { Hunt, Prey } from './hunt.ts';
import type { Mutation } from './mutations.ts';

const run = promisify(execFile);

/** A hunt that finds nothing in that time has found nothing. */
const PATIENCE_MS = 300_000;

const SCENARIOS = join(import.meta.dirname, '../scenarios');

/** In these somebody has to help in the end, since no cure is allowed; or nobody writes. */
const NOT_JUDGED = new Set([
  'bootstrap/foreign-system-id.txt',
  'failover/starved-primary.txt',
  'rejoin/no-rewind.txt',
  'rejoin/source-goes.txt',
]);

/** Seeds `from`, `from + 1`, …: where the one that is written down does not find it any more. */
export function seedsFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** All situations of `test/scenarios` that heal by themselves: the paths of their files. */
export function allScenarios(): string[] {
  return readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt') && !NOT_JUDGED.has(name))
    .sort()
    .map((name) => join(SCENARIOS, name));
}

/**
 * Builds the simulation with the defect in it, and looks for a violation: in the mutation's own
 * situations and seeds first, then in `search`. Undefined: it was not caught.
 * @throws StaleMutation when the source has changed, and `find` is not there exactly once
 */
export async function catchDefect(
  mutation: Mutation,
  search: Pick<Hunt, 'scenarios' | 'seeds'>,
): Promise<Prey | undefined> {
  const own = { scenarios: pathsOf([mutation]), seeds: mutation.seeds ?? [] };
  const [prey] = await inBundle(mutation, [own, search], true);
  return prey;
}

/** What the mutations' situations and seeds show in the source as it is: true failures. */
export function findWithoutDefect(mutations: readonly Mutation[]): Promise<Prey[]> {
  const seeds = [...new Set(mutations.flatMap((mutation) => mutation.seeds ?? []))];
  return inBundle(undefined, [{ scenarios: pathsOf(mutations), seeds }], false);
}

function pathsOf(mutations: readonly Mutation[]): string[] {
  const names = new Set(mutations.flatMap(({ scenarios }) => scenarios));
  return [...names].map((name) => join(SCENARIOS, `${name}.txt`));
}

async function inBundle(
  mutation: Mutation | undefined,
  hunts: readonly Pick<Hunt, 'scenarios' | 'seeds'>[],
  first: boolean,
): Promise<Prey[]> {
  const directory = await mkdtemp(join(tmpdir(), 'pgherd-mutation-'));
  try {
    const file = join(directory, 'hunt.mjs');
    await bundleHunt(file, mutation);
    const found: Prey[] = [];
    for (const hunt of hunts) {
      const argument = JSON.stringify({ ...hunt, first } satisfies Hunt);
      const { stdout } = await run(process.execPath, [file, argument], { timeout: PATIENCE_MS });
      found.push(...JSON.parse(stdout));
      if (first && found.length > 0) break;
    }
    return found;
  } finally {
    await rm(directory, { recursive: true });
  }
}
