import type { ClusterView } from '../../src/model/cluster.ts';
import { DEFAULT_SETTINGS } from '../../src/model/settings.ts';
import { formatConfig } from '../../src/wire/config.ts';
import type { ClusterPlan } from './plan.ts';
import type { World } from './world.ts';

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

/** Faults of the servers that nothing has met yet are over, too: they would go on into peace. */
export function endFaults(world: World): void {
  for (const { postgres } of world.hosts.values()) postgres.instance.faults.clear();
}

/** Sets all wall clocks right: what was scheduled by them is due at last, and not in peace. */
export function setClocks(world: World): void {
  for (const { name, clock } of world.hosts.values()) {
    const ms = Math.round(world.wall - clock.wall());
    if (Math.abs(ms) > 1000) world.apply({ kind: 'step-clock', host: name, ms });
  }
}

/**
 * Where the store has lost the configuration and nobody leads, nobody writes it again: in pause
 * nobody starts PostgreSQL either. An operator gives it back, by `PUT /config`.
 */
export function restoreConfig(world: World, config: ClusterPlan['config']): void {
  const { config: there, leader } = world.view();
  if (there !== undefined || leader !== undefined) return;
  world.note('operator', `config: ${world.store.put('config', formatConfig(config), 'absent')}`);
}

/**
 * What an operator does for members that say that they need it: their data have diverged, a
 * pg_rewind died in them, and their configuration does not let them make a new copy; or WAL has
 * been removed, as the log of their PostgreSQL says.
 */
export function reinitializeLost(world: World): void {
  const { leader } = world.view();
  if (leader === undefined) return;
  for (const [host, said] of world.said) {
    if (!said.includes('consider doing reinitialize')) continue;
    const isStarved = world.hosts.get(host)?.postgres.instance.receiver.isStarved ?? false;
    if (said.includes('see the log of PostgreSQL') && !isStarved) continue;
    world.apply({ kind: 'reinitialize', host, force: true });
  }
}
