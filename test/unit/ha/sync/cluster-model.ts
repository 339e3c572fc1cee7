import { nextSyncStep } from '../../../../src/ha/sync/next-step.ts';
import { prepareSync } from '../../../../src/ha/sync/prepare-sync.ts';
import type { Replication, SyncStep } from '../../../../src/ha/sync/replication.ts';
import { demandOf } from '../../../../src/ha/sync/sync-names.ts';
import { factsOf, syncOf } from './sync-facts.ts';

// Every way in which a cluster of a primary and three standbys can go, in both modes: standbys
// come and go and catch up or not, node count and mode are changed, a step is done and the next is
// decided anew (so an interruption anywhere is among them), the leader fails at any moment and any
// group that may elect a successor does. Commits are made all the time. What is followed is who has
// them: a set of members is a bit mask, and bit 3 is the primary.

const MODES = ['on', 'quorum'] as const;
type Mode = (typeof MODES)[number];
const OTHERS = ['b', 'c', 'd'];
const PRIMARY = 8;
export const SETS = [...Array(8).keys()];
const EVERYBODY = [...Array(16).keys()];

export interface World {
  readonly voters: number;
  readonly quorum: number;
  readonly names: number;
  readonly count: number;
  /** The standbys that have a commit from before the present names; the least of such sets. */
  readonly commits: readonly number[];
}

const START: World = { voters: 0, quorum: 0, names: 0, count: 0, commits: [0] };

export function size(set: number): number {
  let bits = 0;
  for (let rest = set; rest > 0; rest &= rest - 1) bits++;
  return bits;
}

const NAMES = EVERYBODY.map((set) => [...OTHERS, 'a'].filter((_, bit) => set & (1 << bit)));

function setOf(names: readonly string[]): number {
  return names.reduce((set, name) => set | (1 << [...OTHERS, 'a'].indexOf(name)), 0);
}

export function subsets(set: number): number[] {
  return SETS.filter((each) => (each & set) === each);
}

/** Without the sets that contain another one: if the smaller one is safe, so are they. */
function least(sets: readonly number[]): readonly number[] {
  const unique = [...new Set(sets)].sort((one, other) => one - other);
  return unique.filter((set) => !unique.some((less) => less !== set && (less & set) === less));
}

/** Who has a commit that was confirmed under the present names. */
export function recentCommits({ names, count }: World): number[] {
  return subsets(names).filter((set) => size(set) === count);
}

function allCommits(world: World): readonly number[] {
  return least([...world.commits, ...recentCommits(world)]);
}

function keyOf({ voters, quorum, names, count, commits }: World): number {
  const family = commits.reduce((sum, set) => sum | (1 << set), 0);
  return voters | (quorum << 3) | (names << 5) | (count << 8) | (family << 10);
}

export interface Wish {
  readonly mode: Mode;
  readonly wanted: number;
  readonly wantedCount: number;
}

export const WISHES: readonly Wish[] = SETS.flatMap((wanted) => [
  { mode: 'on' as const, wanted, wantedCount: size(wanted) },
  ...[1, 2, 3].map((count) => ({
    mode: 'quorum' as const,
    wanted,
    wantedCount: Math.min(count, size(wanted)),
  })),
]);

export function stepOf(world: World, wish: Wish, confirmed: number): SyncStep {
  const state: Replication = {
    voters: NAMES[world.voters] ?? [],
    quorum: world.quorum,
    names: NAMES[world.names] ?? [],
    count: world.count,
    confirmed: NAMES[confirmed] ?? [],
    wanted: NAMES[wish.wanted] ?? [],
    wantedCount: wish.wantedCount,
  };
  return nextSyncStep(wish.mode, state);
}

/** The world after a step; what was confirmed is so: those standbys have all commits of before. */
export function afterStep(world: World, step: SyncStep, confirmed: number): World {
  const commits = least(world.commits.map((set) => set | confirmed));
  if (step.kind === 'write-sync') {
    return { ...world, voters: setOf(step.voters), quorum: step.quorum, commits };
  }
  if (step.kind !== 'set-names') return { ...world, commits };
  const before = least([...commits, ...recentCommits(world)]);
  return { ...world, names: setOf(step.names), count: step.count, commits: before };
}

/** Every group whose members, with the candidate among them or not, may make it the leader. */
function electorates(
  { voters, quorum }: World,
  mode: Mode,
): { candidate: number; group: number }[] {
  const mayVote = voters | PRIMARY;
  const found: { candidate: number; group: number }[] = [];
  for (const candidate of [1, 2, 4, PRIMARY]) {
    const listed = (candidate & mayVote) !== 0;
    if (mode === 'on' && !listed) continue;
    const votes = mode === 'on' && quorum === 0 ? 1 : quorum + 1;
    for (const group of EVERYBODY) {
      if ((group & mayVote) !== group || size(group) !== votes) continue;
      if (!listed || (group & candidate) !== 0) found.push({ candidate, group });
    }
    // The leader in /sync may always come back.
    if (candidate === PRIMARY) found.push({ candidate, group: PRIMARY });
  }
  return found;
}

/** The world when `candidate` leads, in which it is the primary and the former one a standby. */
function elected(world: World, candidate: number, mode: Mode): World {
  const swap = (set: number): number => {
    const rest = set & ~(candidate | PRIMARY);
    return rest | (set & candidate ? PRIMARY : 0) | (set & PRIMARY ? candidate : 0);
  };
  const { sync, demand } = prepared(world, candidate, mode);
  const commits = allCommits(world).map((set) => swap(set | candidate | PRIMARY) & ~PRIMARY);
  return {
    voters: swap(setOf(sync.standbys)),
    quorum: sync.quorum,
    names: swap(setOf(demand.names)),
    count: demand.count,
    commits: least(commits),
  };
}

function prepared(world: World, candidate: number, mode: Mode) {
  const actions = prepareSync(
    factsOf({
      self: NAMES[candidate]?.[0] ?? '',
      role: 'standby',
      settings: { synchronousMode: mode },
      sync: syncOf('a', NAMES[world.voters] ?? [], world.quorum),
    }),
  );
  const [write, set] = actions;
  if (write?.kind !== 'write' || write.document.name !== 'sync' || !write.document.value) {
    throw new Error('no /sync');
  }
  if (set?.kind !== 'set-sync-names') throw new Error('no names');
  return { sync: write.document.value, demand: demandOf(set.names) };
}

/** Everything that can come next; throws when a commit can be lost. */
function* successors(world: World): Generator<World> {
  for (const wish of WISHES) {
    for (const confirmed of subsets(world.names)) {
      yield afterStep(world, stepOf(world, wish, confirmed), confirmed);
    }
  }
  const loss = lossOf(world);
  if (loss !== undefined) throw new Error(loss);
  for (const mode of MODES) {
    const candidates = electorates(world, mode).map(({ candidate }) => candidate);
    for (const candidate of new Set(candidates)) yield elected(world, candidate, mode);
  }
}

/** How a commit can be lost now, if it can. */
export function lossOf(world: World): string | undefined {
  const commits = allCommits(world);
  for (const mode of MODES) {
    for (const { candidate, group } of electorates(world, mode)) {
      const known = group | candidate;
      const lost = commits.find((set) => ((set | PRIMARY) & known) === 0);
      if (lost === undefined) continue;
      const text = `${NAMES[known]} elect ${NAMES[candidate]} in mode ${mode}`;
      return `${text}, only ${NAMES[lost | PRIMARY]} have it: ${JSON.stringify(world)}`;
    }
  }
  return undefined;
}

/** Every world that the cluster can come to; throws when a commit can be lost in one. */
export function reachable(): World[] {
  const seen = new Set([keyOf(START)]);
  const worlds = [START];
  for (const world of worlds) {
    for (const next of successors(world)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      worlds.push(next);
    }
  }
  return worlds;
}
