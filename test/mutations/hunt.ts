/** Runs seeds of the simulation until one shows a violation; a program of its own, bundled. */
import type { Profile } from '../sim/plan.ts';
import { runSeed } from '../sim/run-seed.ts';

/** What to run, as its only argument, in JSON. */
export interface Hunt {
  readonly seeds: readonly number[];
  readonly profile?: Profile;
  /** Stop at the first violation; else run all. */
  readonly first: boolean;
}

/** What it prints, in JSON. */
export interface Prey {
  readonly seed: number;
  readonly checker: string;
  readonly text: string;
}

const hunt: Hunt = JSON.parse(process.argv[2] ?? '{}');
const found: Prey[] = [];
for (const seed of hunt.seeds) {
  const { violations } = await runSeed(seed, hunt.profile);
  const [violation] = violations;
  if (!violation) continue;
  found.push({ seed, checker: violation.checker, text: violation.text });
  if (hunt.first) break;
}
process.stdout.write(JSON.stringify(found));
