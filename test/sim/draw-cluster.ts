import type { Tags } from '../../src/model/member.ts';
import type { ClusterPlan } from './plan.ts';
import type { Random } from './random.ts';

/** A value, and how often it is drawn. */
type Weighted<T> = readonly (readonly [number, T])[];

/** Draws one of the values by its weight. */
export function weighted<T>(random: Random, choices: Weighted<T>): T {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [weight, value] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  const last = choices.at(-1);
  if (!last) throw new Error('nothing to choose from');
  return last[1];
}

/** Modes of replication, as keys of the dynamic configuration. */
const MODES: Weighted<Readonly<Record<string, unknown>>> = [
  [25, {}],
  [20, { synchronous_mode: true }],
  [15, { synchronous_mode: true, synchronous_mode_strict: true }],
  [25, { synchronous_mode: 'quorum' }],
  [15, { synchronous_mode: 'quorum', synchronous_mode_strict: true }],
];

/** [ttl, loop_wait, retry_timeout]: ttl ≥ loop_wait + 2 × retry_timeout, as Patroni wants it. */
const TIMES: Weighted<readonly [number, number, number]> = [
  [8, [30, 10, 10]],
  [2, [20, 5, 5]],
  [1, [20, 10, 5]],
  [1, [60, 10, 10]],
  [1, [40, 15, 10]],
  [0.5, [20, 2, 3]],
];

/** Members that lead no more often than never: at least one other must be able to. */
const TAGS: Weighted<Tags> = [
  [4, { nofailover: true }],
  [2, { failover_priority: 0 }],
  [3, { failover_priority: 2 }],
  [2, { failover_priority: 5 }],
  [3, { nosync: true }],
  [2, { sync_priority: 3 }],
  [1, { sync_priority: 0 }],
  [1, { nostream: true }],
  [2, { clonefrom: true }],
];

/** A cluster of 1 to 5 nodes with any legal configuration. */
export function drawCluster(random: Random): ClusterPlan {
  const nodes = weighted(random, [
    [1, 1],
    [2, 2],
    [12, 3],
    [3, 4],
    [2, 5],
  ]);
  return {
    nodes,
    config: drawConfig(random),
    tags: drawTags(random, nodes),
    fence: weighted(random, [
      [8, 'required'],
      [1, 'preferred'],
      [1, 'off'],
    ]),
    removesOnRewindFailure: random.chance(0.5),
    removesOnDivergence: random.chance(0.5),
    clients: random.int(1, 2),
  };
}

function drawConfig(random: Random): Readonly<Record<string, unknown>> {
  const [ttl, loopWait, retryTimeout] = weighted(random, TIMES);
  const maybe = (chance: number, values: Readonly<Record<string, unknown>>) =>
    random.chance(chance) ? values : {};
  return {
    ttl,
    loop_wait: loopWait,
    retry_timeout: retryTimeout,
    ...weighted(random, MODES),
    ...maybe(0.3, { synchronous_node_count: 2 }),
    ...maybe(0.1, { maximum_lag_on_syncnode: 1_048_576 }),
    ...maybe(0.2, { maximum_lag_on_failover: random.pick([1000, 100_000, 16_777_216]) }),
    ...maybe(0.35, { failsafe_mode: true }),
    ...maybe(0.3, { check_timeline: true }),
    ...maybe(0.3, { primary_start_timeout: random.pick([0, 0, 5, 30, 60]) }),
    ...maybe(0.1, { primary_stop_timeout: random.pick([5, 30]) }),
    ...maybe(0.15, { primary_race_backoff: random.pick([3, 10, 30]) }),
    ...maybe(0.1, { max_timelines_history: 3 }),
    ...maybe(0.15, { member_slots_ttl: random.pick([0, 60]) }),
    ...maybe(0.3, {
      slots: { keep_phys: { type: 'physical' }, keep_log: LOGICAL_SLOT },
    }),
    postgresql: { use_pg_rewind: random.chance(0.75), use_slots: random.chance(0.9) },
  };
}

const LOGICAL_SLOT = { type: 'logical', database: 'postgres', plugin: 'pgoutput' };

function drawTags(random: Random, nodes: number): Readonly<Record<string, Tags>> {
  const tags: Record<string, Tags> = {};
  if (nodes === 1) return tags;
  // Two members (or the one of two) stay without tags that keep them from leading.
  for (let index = nodes; index > Math.min(2, nodes - 1); index -= 1) {
    if (random.chance(0.3)) tags[`pg${index}`] = weighted(random, TAGS);
    // Only from a member with a lower number: a circle would be a mistake of the operator.
    else if (random.chance(0.08)) tags[`pg${index}`] = { replicatefrom: `pg${index - 1}` };
  }
  // Without an archive nothing comes from a member that does not stream itself.
  for (const [name, { replicatefrom }] of Object.entries(tags)) {
    if (tags[String(replicatefrom)]?.nostream === true) delete tags[name];
  }
  return tags;
}
