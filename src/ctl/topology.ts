import type { MemberRow } from './members.ts';

/** A row, and its name as it stands in the tree. */
export interface Labelled {
  readonly row: MemberRow;
  readonly label: string;
}

/**
 * The rows in the order of replication: the leader, below it its replicas, below each of them
 * those that replicate from it (tag `replicatefrom`), with names like `  + pg3`. Members that
 * replicate in a circle, which patronictl leaves out, come last, as if they followed the leader.
 */
export function topologyRows(rows: readonly MemberRow[]): Labelled[] {
  const leader = rows.find(isLeader);
  const replicas = new Set(rows.filter((row) => !isLeader(row)).map((row) => row.member));
  const followers = new Map<string | undefined, MemberRow[]>();
  for (const row of rows) {
    if (isLeader(row)) continue;
    const source = row.tags.replicatefrom;
    const cascades = typeof source === 'string' && source !== row.member && replicas.has(source);
    const parent = cascades ? source : leader?.member;
    const siblings = followers.get(parent);
    if (siblings) siblings.push(row);
    else followers.set(parent, [row]);
  }
  const result: Labelled[] = leader ? [{ row: leader, label: leader.member }] : [];
  const shown = new Set<MemberRow>();
  const add = (parent: string | undefined, level: number) => {
    for (const row of followers.get(parent) ?? []) {
      if (shown.has(row)) continue;
      shown.add(row);
      result.push({ row, label: `${'  '.repeat(level)}+ ${row.member}` });
      add(row.member, level + 1);
    }
  };
  add(leader?.member, 0);
  for (const row of rows) {
    if (shown.has(row) || isLeader(row)) continue;
    shown.add(row);
    result.push({ row, label: `+ ${row.member}` });
    add(row.member, 1);
  }
  return result;
}

function isLeader(row: MemberRow): boolean {
  return row.role === 'leader' || row.role === 'standby_leader';
}
