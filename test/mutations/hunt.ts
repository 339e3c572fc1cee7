/** Plays situations and seeds until one shows a violation; a program of its own, bundled. */
import { readFileSync } from 'node:fs';
import { judge } from '../scenarios/judge.ts';
import { runSeed } from '../sim/run-seed.ts';
import type { Violation } from '../sim/watchers.ts';

/** What to run, as its only argument, in JSON. */
export interface Hunt {
  /** Files of `test/scenarios`, with their paths. */
  readonly scenarios: readonly string[];
  readonly seeds: readonly number[];
  /** Stop at the first violation; else run all. */
  readonly first: boolean;
}

/** What it prints, in JSON. */
export interface Prey {
  /** A file or a seed. */
  readonly where: string;
  readonly checker: string;
  readonly text: string;
}

async function* violationsOf(hunt: Hunt): AsyncGenerator<Prey> {
  const first = (where: string, [violation]: readonly Violation[]): Prey[] =>
    violation ? [{ where, checker: violation.checker, text: violation.text }] : [];
  for (const file of hunt.scenarios) {
    yield* first(file, await judge(readFileSync(file, 'utf8')));
  }
  for (const seed of hunt.seeds) {
    yield* first(`seed ${seed}`, (await runSeed(seed)).violations);
  }
}

const hunt: Hunt = JSON.parse(process.argv[2] ?? '{}');
const found: Prey[] = [];
for await (const prey of violationsOf(hunt)) {
  found.push(prey);
  if (hunt.first) break;
}
process.stdout.write(JSON.stringify(found));
