import type { Profile } from './plan.ts';
import { type Outcome, runPlan, runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { printLine } from './trace.ts';

// A child process of `fleet.ts`: runs every `step`th seed, and prints one line of JSON for each
// failure and one with the totals at the end. `{"seed": 7}` alone prints the trace of one seed.

/** What a worker is told, as JSON in its only argument. */
export interface WorkerOrder {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly profile?: Profile | undefined;
  /** End with the first failure. */
  readonly bail: boolean;
  /** Print everything that happens. */
  readonly trace: boolean;
  /** Look for the deeds that matter in a failure; the trace is that of these then. */
  readonly shrink: boolean;
}

/** A line that a worker prints. */
export type WorkerLine =
  | {
      readonly kind: 'failure';
      readonly seed: number;
      readonly profile: string;
      readonly checker: string;
      readonly text: string;
      readonly at: number;
      readonly plan: string;
      readonly deeds: readonly string[];
      readonly deedsBefore: number;
    }
  | { readonly kind: 'totals'; readonly seeds: number; readonly simulatedMs: number };

function print(line: WorkerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function printTrace({ trace }: Outcome): void {
  process.stdout.write(`${trace.map(printLine).join('\n')}\n`);
}

async function work(order: WorkerOrder): Promise<void> {
  let seeds = 0;
  let simulatedMs = 0;
  for (let index = 0; index < order.count; index += order.step) {
    const outcome = await runSeed(order.from + index, order.profile, order.trace);
    seeds += 1;
    simulatedMs += outcome.simulatedMs;
    const { plan } = outcome;
    const [violation] = outcome.violations;
    const shrinks = order.shrink && violation !== undefined;
    const small = shrinks ? await shrink(plan, violation.checker) : plan;
    if (order.trace) printTrace(shrinks ? await runPlan(small, true) : outcome);
    if (violation === undefined) continue;
    const { deeds, ...rest } = small;
    print({
      kind: 'failure',
      seed: plan.seed,
      profile: plan.profile,
      ...violation,
      plan: JSON.stringify(rest),
      deeds: deeds.map(([at, deed]) => `${(at / 1000).toFixed(3)} ${JSON.stringify(deed)}`),
      deedsBefore: plan.deeds.length,
    });
    if (order.bail) break;
  }
  print({ kind: 'totals', seeds, simulatedMs });
}

await work(JSON.parse(process.argv[2] ?? '') as WorkerOrder);
