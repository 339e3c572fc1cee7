import { common, minus, type Names, union } from './name-set.ts';

// What makes an acknowledged commit safe, as numbers. `/sync` says who may elect a leader: of its
// leader and its `voters`, `quorum` others besides the candidate must be seen. PostgreSQL says who
// has a commit: the primary, and `count` of `names`. No commit is lost while every group that may
// elect has a member in common with every group that may have the commit.

/** Both halves as they are, and what they are to become. The leader in `/sync` is the primary. */
export interface Replication {
  /** In `/sync`, without the leader. */
  readonly voters: Names;
  readonly quorum: number;
  /** In `synchronous_standby_names`, as it is in effect. */
  readonly names: Names;
  readonly count: number;
  /** Those of `names` that surely have all commits from before the names were last changed. */
  readonly confirmed: Names;
  /** Who is to be synchronous, and how many of them a commit is to wait for. */
  readonly wanted: Names;
  readonly wantedCount: number;
}

/** One change of one half. */
export type SyncStep =
  | { readonly kind: 'write-sync'; readonly voters: Names; readonly quorum: number }
  | { readonly kind: 'set-names'; readonly names: Names; readonly count: number }
  /** Standbys must catch up first. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' };

type Halves = Pick<Replication, 'voters' | 'quorum' | 'names' | 'count'>;

/**
 * True when every group of `quorum + 1` of the voters and the leader shares a member with every
 * group of the leader and `count` of the names. Without voters only the leader itself may lead, and
 * it has every commit.
 */
export function overlaps({ voters, quorum, names, count }: Halves): boolean {
  if (quorum < 0) return false;
  return voters.length === 0 || union(voters, names).length <= quorum + count;
}

/**
 * The smallest quorum with which `voters` may be written to `/sync` now, so that neither a commit
 * of the past nor one to come is lost; undefined when there is none yet.
 */
export function safeQuorum(state: Replication, voters: Names): number | undefined {
  if (voters.length === 0) return 0;
  const forNewCommits = union(voters, state.names).length - state.count;
  const forOldCommits = voters.length - certainHolders(state, voters);
  const quorum = Math.max(0, forNewCommits, forOldCommits);
  return quorum < voters.length ? quorum : undefined;
}

/** The smallest count with which `names` may be set now; undefined when no count is enough. */
export function safeCount(state: Replication, names: Names): number | undefined {
  if (state.voters.length === 0) return 0;
  const count = Math.max(0, union(state.voters, names).length - state.quorum);
  return count <= names.length ? count : undefined;
}

/**
 * How many of `voters` have, at the least, any one commit from before the present names: the
 * confirmed ones, and those that the present `/sync` vouches for: all voters but `quorum`. The
 * latter may be just those that are not among `voters`.
 */
function certainHolders(state: Replication, voters: Names): number {
  const sure = common(state.confirmed, voters).length;
  if (!overlaps(state)) return sure;
  const confirmedBefore = common(state.confirmed, state.voters).length;
  const vouched = state.voters.length - state.quorum - confirmedBefore;
  const elsewhere = minus(minus(state.voters, voters), state.confirmed).length;
  return sure + Math.max(0, vouched - elsewhere);
}
