import type { TimedDeed } from './draw-deeds.ts';
import type { SimPlan } from './plan.ts';
import { runPlan, withDeeds } from './run-seed.ts';

/** Runs that shrinking may take: enough for some forty deeds. */
const MOST_RUNS = 250;

/**
 * Leaves out deeds, in halves, quarters and one by one, as long as the same checker still fails.
 * Returns the smallest plan that was found.
 */
export async function shrink(plan: SimPlan, checker: string): Promise<SimPlan> {
  let runs = 0;
  const fails = async (deeds: readonly TimedDeed[]): Promise<boolean> => {
    runs += 1;
    const { violations } = await runPlan(withDeeds(plan, deeds), false);
    return violations[0]?.checker === checker;
  };
  let deeds = plan.deeds;
  let size = Math.ceil(deeds.length / 2);
  while (size >= 1 && runs < MOST_RUNS) {
    let smaller = false;
    // From the end: what comes after the failure goes first.
    for (let end = deeds.length; end > 0 && runs < MOST_RUNS; end -= size) {
      const without = [...deeds.slice(0, Math.max(0, end - size)), ...deeds.slice(end)];
      if (without.length < deeds.length && (await fails(without))) {
        deeds = without;
        smaller = true;
      }
    }
    if (size === 1 && !smaller) break;
    size = smaller && size === 1 ? 1 : Math.floor(size / 2) || 1;
  }
  return withDeeds(plan, deeds);
}
