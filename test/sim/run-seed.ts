import type { TimedDeed } from './draw-deeds.ts';
import { CLOSING_DEEDS, drawPlan, type Profile, type SimPlan } from './plan.ts';
import {
  endFaults,
  recoveryBound,
  reinitializeLost,
  restoreConfig,
  setClocks,
} from './recovery.ts';
import type { TraceLine } from './trace.ts';
import type { Violation } from './watchers.ts';
import { World } from './world.ts';

/** What came of a plan. */
export interface Outcome {
  readonly plan: SimPlan;
  /** Empty: all went as it must. Nothing is run after the first. */
  readonly violations: readonly Violation[];
  /** Time that passed in the world, in ms. */
  readonly simulatedMs: number;
  readonly trace: readonly TraceLine[];
}

/** Runs the plan of a seed. */
export function runSeed(seed: number, profile?: Profile, trace = false): Promise<Outcome> {
  return runPlan(drawPlan(seed, profile), trace);
}

/** Runs a plan until its end or the first violation. */
export async function runPlan(plan: SimPlan, trace: boolean): Promise<Outcome> {
  const world = new World({
    ...plan,
    trace,
    node: {
      removeDataDirectoryOnRewindFailure: plan.removesOnRewindFailure,
      removeDataDirectoryOnDivergedTimelines: plan.removesOnDivergence,
    },
  });
  await live(world, plan);
  const { violations, now: simulatedMs, trace: lines } = world;
  return { plan, violations, simulatedMs, trace: lines };
}

async function live(world: World, plan: SimPlan): Promise<void> {
  for (const [at, deed] of plan.deeds) {
    if (!(await advance(world, at))) return;
    world.apply(deed);
  }
  if (!(await advance(world, plan.healAt))) return;
  for (const deed of CLOSING_DEEDS) world.apply(deed);
  world.workload.slowDown();
  endFaults(world);
  setClocks(world);
  restoreConfig(world, plan.config);
  const bound = recoveryBound(world.view());
  // Twice: what streams from a new copy may need WAL that is not in it.
  for (const part of [1 / 2, 3 / 4]) {
    if (!(await advance(world, plan.healAt + bound * part))) return;
    reinitializeLost(world);
  }
  if (!(await advance(world, plan.healAt + bound))) return;
  world.expectRecovery();
  if (await advance(world, plan.endAt)) world.expectPeace();
}

/** False when something went wrong on the way: then the rest tells nothing new. */
async function advance(world: World, at: number): Promise<boolean> {
  if (world.violations.length > 0) return false;
  await world.run(at - world.now);
  return world.violations.length === 0;
}

/** The same plan with other deeds: for shrinking. */
export function withDeeds(plan: SimPlan, deeds: readonly TimedDeed[]): SimPlan {
  return { ...plan, deeds };
}
