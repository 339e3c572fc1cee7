import { common, isSameSet, minus, type Names, union } from './name-set.ts';
import { overlaps, type Replication, type SyncStep, safeCount, safeQuorum } from './replication.ts';

/**
 * The next step towards the wanted state of quorum mode, in which a commit waits for any
 * `wantedCount` of `wanted`. Both halves overlap after each step, and a step is worked out from
 * nothing but what is there: it does not matter where the one before was interrupted. The end is
 * the same as that of Patroni's quorum.py: `wanted` in both halves, and the smallest quorum.
 */
export function nextQuorumStep(state: Replication): SyncStep {
  // The halves were changed by somebody else: /sync promises what is not so, and goes first.
  if (!overlaps(state)) return promise(state) ?? NOBODY;
  return demand(state) ?? promise(state) ?? release(state) ?? startOver(state) ?? rest(state);
}

/** Always safe: only the leader itself may lead again. */
const NOBODY: SyncStep = { kind: 'write-sync', voters: [], quorum: 0 };

/** Let PostgreSQL wait for just what is wanted, if /sync allows that already. */
function demand(state: Replication): SyncStep | undefined {
  const { wanted, wantedCount } = state;
  const count = safeCount(state, wanted);
  if (count === undefined || count > wantedCount) return undefined;
  return setNames(state, wanted, wantedCount);
}

/** Promise the wanted voters, with as small a quorum as is safe now and needed in the end. */
function promise(state: Replication): SyncStep | undefined {
  const { voters, quorum, wanted, wantedCount } = state;
  const safe = safeQuorum(state, wanted);
  if (safe === undefined) return undefined;
  // A larger quorum than is safe now comes first when commits are to wait for fewer standbys.
  const next = Math.max(safe, wanted.length - wantedCount);
  if (next === quorum && isSameSet(voters, wanted)) return undefined;
  return { kind: 'write-sync', voters: wanted, quorum: next };
}

/**
 * Standbys are gone, and neither half can become what is wanted in one step: wait for those that
 * are left, and for as many of the gone ones as /sync still demands.
 */
function release(state: Replication): SyncStep | undefined {
  let names = common(state.names, state.wanted);
  for (const gone of minus(union(state.names, state.voters), state.wanted)) {
    if (safeCount(state, names) !== undefined) break;
    names = [...names, gone];
  }
  const count = safeCount(state, names);
  if (count === undefined || names.length === 0) return undefined;
  return setNames(state, names, Math.max(count, Math.min(state.wantedCount, names.length)));
}

function setNames(state: Replication, names: Names, count: number): SyncStep | undefined {
  if (count === state.count && isSameSet(names, state.names)) return undefined;
  return { kind: 'set-names', names, count };
}

/** None of those that commits wait for is left: nobody is there who could vouch for others. */
function startOver({ voters, names, wanted }: Replication): SyncStep | undefined {
  return voters.length > 0 && common(names, wanted).length === 0 ? NOBODY : undefined;
}

function rest({ voters, quorum, names, count, wanted, wantedCount }: Replication): SyncStep {
  const promised = isSameSet(voters, wanted) && quorum === wanted.length - wantedCount;
  const demanded = isSameSet(names, wanted) && count === wantedCount;
  return { kind: promised && demanded ? 'done' : 'wait' };
}
