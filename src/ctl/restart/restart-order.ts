import type { ClusterView } from '../../model/cluster.ts';
import type { Member } from '../../model/member.ts';
import { holdsLock } from '../select-members.ts';

/**
 * Parameters of shared memory of which a standby needs at least what its primary has (PostgreSQL
 * manual, "Hot Standby", Administrator's Overview).
 */
const SHARED_MEMORY = [
  'max_connections',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'max_wal_senders',
  'max_worker_processes',
] as const;

/** In which order to restart, and one sentence when it is not the usual one or has a price. */
export interface RestartOrder {
  readonly order: 'replicas-first' | 'leader-first';
  readonly members: readonly Member[];
  readonly why: string | null;
}

/**
 * Replicas by name, the leader last. When the restart makes a parameter of shared memory smaller,
 * the leader goes first: a standby keeps the larger value while its primary has it, and would have
 * to be restarted once more.
 */
export function restartOrder(view: ClusterView, members: readonly Member[]): RestartOrder {
  const sorted = [...members].sort((one, other) => (one.name < other.name ? -1 : 1));
  const leaders = sorted.filter((member) => holdsLock(view, member));
  const replicas = sorted.filter((member) => !holdsLock(view, member));
  const both = leaders.length > 0 && replicas.length > 0;
  const lower = both ? changes(leaders, (before, after) => after < before) : [];
  const higher = both ? changes(leaders, (before, after) => after > before) : [];
  if (lower.length > 0 && higher.length === 0) {
    const why = `The leader is restarted first, because ${lower.join(', ')} becomes smaller`;
    return { order: 'leader-first', members: [...leaders, ...replicas], why };
  }
  const why =
    lower.length > 0
      ? `${lower.join(', ')} becomes smaller and ${higher.join(', ')} larger: ` +
        'the replicas will need a second restart'
      : null;
  return { order: 'replicas-first', members: [...replicas, ...leaders], why };
}

function changes(
  leaders: readonly Member[],
  matters: (before: number, after: number) => boolean,
): string[] {
  return SHARED_MEMORY.filter((name) =>
    leaders.some(({ pendingRestartReason }) => {
      const change = pendingRestartReason[name];
      return change !== undefined && matters(Number(change.oldValue), Number(change.newValue));
    }),
  );
}
