import { describe, expect, it } from 'vitest';
import {
  afterStep,
  lossOf,
  reachable,
  recentCommits,
  SETS,
  size,
  stepOf,
  subsets,
  WISHES,
  type Wish,
  type World,
} from './cluster-model.ts';

/** Steps from a world to the end when all that are wanted stay and catch up. */
function stepsToEnd(start: World, wish: Wish): number {
  let world = start;
  for (let steps = 0; steps <= 10; steps++) {
    const confirmed = world.names & wish.wanted;
    const step = stepOf(world, wish, confirmed);
    if (step.kind === 'wait') return Number.POSITIVE_INFINITY;
    if (step.kind === 'done') return isWish(world, wish) ? steps : Number.NaN;
    world = afterStep(world, step, confirmed);
  }
  return Number.POSITIVE_INFINITY;
}

function isWish({ voters, quorum, names, count }: World, { wanted, wantedCount }: Wish): boolean {
  const members = voters === wanted && names === wanted && count === wantedCount;
  return members && quorum === size(wanted) - wantedCount;
}

describe('synchronous replication of a primary and three standbys, in every way it can go', () => {
  it('loses no commit, whoever fails when', () => {
    const worlds = reachable();
    // A model in which hardly anything happens would prove hardly anything.
    expect(worlds.length).toBeGreaterThan(500);
    expect(worlds.some(({ quorum }) => quorum === 2)).toBe(true);
    expect(worlds.some(({ count }) => count === 3)).toBe(true);
  });

  it('comes to its end in a few steps, from wherever it was left', () => {
    const worst = Math.max(
      ...reachable().flatMap((world) => WISHES.map((wish) => stepsToEnd(world, wish))),
    );
    expect(worst).toBeLessThanOrEqual(6);
  });

  it('comes to its end from any state at all that others may have left', () => {
    const worst = Math.max(
      ...anyWorlds().flatMap((world) => WISHES.map((wish) => stepsToEnd(world, wish))),
    );
    expect(worst).toBeLessThanOrEqual(6);
  });

  it('is safe again one step after somebody changed one half by hand', () => {
    const broken = anyWorlds().filter((world) => !mayVouch(world));
    const losses = new Set<string>();
    for (const world of broken) {
      for (const wish of WISHES) {
        for (const confirmed of subsets(world.names)) {
          const after = afterStep(world, stepOf(world, wish, confirmed), confirmed);
          const loss = lossOf(after);
          if (loss !== undefined) losses.add(loss);
        }
      }
    }
    expect(broken.length).toBeGreaterThan(50);
    expect([...losses]).toEqual([]);
  });
});

/** Whatever may be found, with a commit that nobody but the primary has. */
function anyWorlds(): World[] {
  return SETS.flatMap((voters) =>
    SETS.flatMap((names) =>
      [0, 1, 2, 3].flatMap((quorum) =>
        [0, 1, 2, 3]
          .filter((count) => count <= size(names) && count > 0 === names > 0)
          .map((count) => ({ voters, quorum, names, count, commits: [0] })),
      ),
    ),
  );
}

/** True when the names in effect can be the reason for what /sync says. */
function mayVouch({ voters, quorum, names, count }: World): boolean {
  const few = recentCommits({ voters, quorum, names, count, commits: [] });
  return voters === 0 || few.every((set) => size(voters) - size(set & voters) <= quorum);
}
