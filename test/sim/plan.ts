import type { Tags } from '../../src/model/member.ts';
import type { Node } from '../../src/model/node.ts';
import type { Deed } from './deeds.ts';
import { drawCluster } from './draw-cluster.ts';
import { drawDeeds, type TimedDeed } from './draw-deeds.ts';
import { Random } from './random.ts';

/** Which kinds of deeds prevail. `mixed` has them all. */
export type Profile = 'agents' | 'network' | 'store' | 'postgres' | 'operators' | 'mixed';

/** Half of the seeds have a bit of everything. */
const PROFILES: readonly Profile[] = [
  'mixed',
  'mixed',
  'mixed',
  'mixed',
  'mixed',
  'agents',
  'network',
  'store',
  'postgres',
  'operators',
];

/** The words of `--profile`. */
export const PROFILE_NAMES: ReadonlySet<string> = new Set(PROFILES);

/** What is simulated, as plain data: everything about a run is known before it starts. */
export interface SimPlan extends ClusterPlan {
  readonly seed: number;
  readonly profile: Profile;
  /** In the order of their times. */
  readonly deeds: readonly TimedDeed[];
  /** From then on there are no faults. Milliseconds, like all times here. */
  readonly healAt: number;
  readonly endAt: number;
}

/** A cluster and its configuration. */
export interface ClusterPlan {
  readonly nodes: number;
  /** The dynamic configuration, as it is written in `/config`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, Tags>>;
  readonly fence: Node['fence'];
  readonly removesOnRewindFailure: boolean;
  readonly removesOnDivergence: boolean;
  /** How many clients write. */
  readonly clients: number;
}

const MINUTE = 60_000;
/** A new cluster is left in peace so long. */
const CALM_START = 45_000;
/** Long enough for the bound of the liveness checker (at most 7 minutes), and a quiet phase behind. */
const HEAL = 9 * MINUTE;

/** Draws the plan of a seed: the same one whenever it is asked for. */
export function drawPlan(seed: number, wanted?: Profile): SimPlan {
  const random = new Random(seed);
  const profile = wanted ?? random.fork('profile').pick(PROFILES);
  const cluster = drawCluster(random.fork('cluster'));
  const length = random.fork('length');
  const healAt = length.int(17, 24) * MINUTE;
  const deeds = drawDeeds(random.fork('deeds'), {
    profile,
    nodes: cluster.nodes,
    failsafe: cluster.config.failsafe_mode === true,
    from: length.chance(0.2) ? 1000 : CALM_START,
    until: healAt,
  });
  return { seed, profile, ...cluster, deeds, healAt, endAt: healAt + HEAL };
}

/** What is done when the faults are over, so that the cluster can be judged. */
export const CLOSING_DEEDS: readonly Deed[] = [{ kind: 'pause', on: false }];
