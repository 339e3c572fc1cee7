import type { MemberRow } from './members.ts';

/** A row, and where it stands in the tree of replication. */
export interface TreeRow {
  readonly row: MemberRow;
  /** The name as it is drawn: `pg1`, `+ pg2`, `  + pg3`. */
  readonly label: string;
  /** 0 for the leader, 1 for what follows it, and so on. */
  readonly level: number;
  /** The member it replicates from, as far as the tags say; null on the leader, or without one. */
  readonly source: string | null;
}

/**
 * The rows in the order of replication: the leader, below it its replicas, below each of them
 * those that replicate from it (tag `replicatefrom`), with names like `  + pg3`. Members that
 * replicate in a circle, which patronictl leaves out, come last, as if they followed the leader.
 */
export function topologyRows(rows: readonly MemberRow[]): TreeRow[] {
  const leader = rows.find(isLeader);
  const sourceOf = sources(rows, leader?.member ?? null);
  const followers = new Map<string | null, MemberRow[]>();
  for (const row of rows) {
    if (isLeader(row)) continue;
    const siblings = followers.get(sourceOf(row));
    if (siblings) siblings.push(row);
    else followers.set(sourceOf(row), [row]);
  }
  const result: TreeRow[] = leader
    ? [{ row: leader, label: leader.member, level: 0, source: null }]
    : [];
  const shown = new Set<MemberRow>();
  const add = (row: MemberRow, level: number): void => {
    if (shown.has(row)) return;
    shown.add(row);
    const label = `${'  '.repeat(level - 1)}+ ${row.member}`;
    result.push({ row, label, level, source: sourceOf(row) });
    for (const follower of followers.get(row.member) ?? []) add(follower, level + 1);
  };
  for (const row of followers.get(leader?.member ?? null) ?? []) add(row, 1);
  for (const row of rows) if (!isLeader(row)) add(row, 1);
  return result;
}

/** A member follows the replica that its tag names, if there is one; the leader otherwise. */
function sources(
  rows: readonly MemberRow[],
  leader: string | null,
): (row: MemberRow) => string | null {
  const replicas = new Set(rows.filter((row) => !isLeader(row)).map((row) => row.member));
  return (row) => {
    const source = row.tags.replicatefrom;
    const cascades = typeof source === 'string' && source !== row.member && replicas.has(source);
    return cascades ? source : leader;
  };
}

function isLeader(row: MemberRow): boolean {
  return row.role === 'leader' || row.role === 'standby_leader';
}
