import type { ClusterView, Sync } from '../../model/cluster.ts';
import type { SyncNames } from '../../model/postgres.ts';
import type { Action, SyncDocument } from '../plan.ts';
import { syncVersion } from './membership.ts';
import { minus, nameSet } from './name-set.ts';

/**
 * Writes `/sync`, or removes it: only over what was seen there, and only while the lock is ours. So
 * a step that was worked out from a stale view, or sent by a former leader, does nothing.
 */
export function writeSync(seen: ClusterView, value: SyncDocument | undefined): Action {
  const version = syncVersion(seen);
  const guard = version === 'absent' ? version : { version };
  return { kind: 'write', document: { name: 'sync', value, guard, asLeader: true } };
}

/**
 * Changes the names. PostgreSQL has no compare-and-set, so `/sync` is written again as it was seen:
 * if it is not so any more, that fails, and the names stay.
 */
export function setSyncNames(seen: ClusterView, names: SyncNames): readonly Action[] {
  const { sync } = seen;
  const same = sync && { leader: sync.leader, standbys: sync.standbys, quorum: sync.quorum };
  return [writeSync(seen, same), { kind: 'set-sync-names', names }];
}

/** `/sync` of a leader that has every commit and vouches for nobody else yet. */
export function alone(leader: string): SyncDocument {
  return { leader, standbys: [], quorum: 0 };
}

/**
 * `/sync` after `leader` has won a vote under `seen`: the former leader takes its place among the
 * voters, and as many must agree as before. Every commit is in all voters but `quorum`, and in the
 * winner, who has the latest of what his voters have: so this is as safe as what it replaces.
 * Undefined when a commit would then wait for nobody.
 */
export function inherited(seen: Sync, leader: string): SyncDocument | undefined {
  const voters = minus(nameSet([...seen.standbys, seen.leader]), [leader]);
  if (seen.quorum < 0 || seen.quorum >= voters.length) return undefined;
  return { leader, standbys: voters, quorum: seen.quorum };
}
