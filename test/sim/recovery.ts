import type { ClusterView } from '../../src/model/cluster.ts';
import { DEFAULT_SETTINGS } from '../../src/model/settings.ts';

/** A crashed primary replays, a standby is cloned and started again: what the fake takes at most. */
const REPAIR = 60_000;
/** An attempt that failed just before the last fault ended is made again after a pause. */
const RETRY = 180_000;

/**
 * How long after the last fault a cluster may take to be whole again, in ms: locks and promises run
 * out (2 × ttl), everybody sees it (3 × loop_wait), somebody waits before it races
 * (`primary_race_backoff`), and the data is repaired.
 */
export function recoveryBound({ config }: Pick<ClusterView, 'config'>): number {
  const settings = config?.settings ?? DEFAULT_SETTINGS;
  const { ttl, loopWait, primaryRaceBackoff } = settings;
  return 1000 * (2 * ttl + 3 * loopWait + primaryRaceBackoff) + REPAIR + RETRY;
}
