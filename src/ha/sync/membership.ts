import { type ClusterView, isSyncStandby, type Sync } from '../../model/cluster.ts';
import type { Settings } from '../../model/settings.ts';
import { isSameName, type Names, nameSet } from './name-set.ts';

/** The mode that is in force: a standby cluster has no commits of its own to make safe. */
export function syncMode(settings: Settings): Settings['synchronousMode'] {
  return settings.standbyCluster ? 'off' : settings.synchronousMode;
}

/** True when `/sync` limits who may lead: synchronous mode is asked for, and a leader began it. */
export function syncBinds(settings: Settings, sync: Sync | undefined): sync is Sync {
  return syncMode(settings) !== 'off' && sync !== undefined;
}

/**
 * True when `/sync` lets this member race for the lock. In mode `on` it must be named there, as
 * standby or as leader; in quorum mode everybody may try, and the votes decide.
 */
export function maySucceed(view: ClusterView, settings: Settings, name: string): boolean {
  const { sync } = view;
  if (!syncBinds(settings, sync) || syncMode(settings) === 'quorum') return true;
  return isSyncStandby(sync, name) || isSameName(sync.leader, name);
}

/** What `/sync` must still be like when something is done that was judged by it. */
export function syncVersion(view: ClusterView): string | 'absent' {
  return view.sync?.version ?? view.syncVersion ?? 'absent';
}

/** A vote that a candidate must win. */
export interface Quorum {
  /** How many of `voters` must agree, besides the candidate if it is one of them; else one more. */
  readonly quorum: number;
  /** The leader in `/sync` and its standbys. */
  readonly voters: Names;
}

/**
 * The vote that decides a race; undefined when none does. A `/sync` of quorum mode keeps its
 * meaning when the mode was switched to `on`: not each of its standbys has every commit.
 */
export function quorumOf(view: ClusterView, settings: Settings): Quorum | undefined {
  const { sync } = view;
  if (!syncBinds(settings, sync)) return undefined;
  if (syncMode(settings) === 'on' && sync.quorum === 0) return undefined;
  return { quorum: sync.quorum, voters: nameSet([sync.leader, ...sync.standbys]) };
}
