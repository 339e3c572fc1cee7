import { isShownAsItIs } from '../../model/application-name.ts';
import { isNoFailover, type Member } from '../../model/member.ts';
import type { StandbyView } from '../../model/postgres.ts';
import { isNoStream, isNoSync, replicateFrom, syncPriority } from '../../model/tags.ts';
import type { Facts } from '../facts.ts';
import { isSameName, type Names } from './name-set.ts';

// Who is to be synchronous (Patroni: postgresql/sync.py).

interface Replica {
  readonly member: Member;
  readonly standby: StandbyView;
}

/** Members that can be synchronous now, best first; in mode `on` as many as are needed. */
export function pickStandbys(facts: Facts, mode: 'on' | 'quorum'): Names {
  const { synchronousNodeCount: count, maximumLagOnSyncnode: maximumLag } = facts.settings;
  const replicas = eligible(facts).sort(byPreference);
  const lsns = replicas.map(({ standby }) => standby.flushLsn);
  // A lone standby has only the primary to be compared with; if all hang, none is better.
  const front = lsns.length > 1 ? Math.max(...lsns) : facts.postgres.lsn;
  const picked: string[] = [];
  for (const { member, standby } of replicas) {
    if (maximumLag > 0 && front - standby.flushLsn > maximumLag) continue;
    // Who may not lead takes a place only when there are too few others: its vote helps nobody.
    if (picked.length >= count && (mode === 'on' || isNoFailover(member.tags))) continue;
    picked.push(member.name);
  }
  return picked;
}

/**
 * Those of `names` that have everything up to `lsn`, and that PostgreSQL counts as synchronous. Of
 * two connections with one name the one that is behind counts: a standby that was made anew may
 * have less than the connection that it left behind.
 */
export function confirmedStandbys(facts: Facts, names: Names, lsn: number): Names {
  return names.filter((name) => {
    const standby = connectionOf(facts, name);
    const counted = standby?.syncState === 'sync' || standby?.syncState === 'quorum';
    return standby !== undefined && counted && standby.flushLsn >= lsn;
  });
}

/**
 * Members that stream from here and may be synchronous. Never this node itself (P#3112), nor one
 * whose name may be that of another one here.
 */
function eligible(facts: Facts): Replica[] {
  const { self, dcs } = facts;
  const members = (dcs?.view.members ?? []).filter(
    ({ name, state, tags }) =>
      state === 'running' && !isNoSync(tags) && !isSameName(name, self.name) && isShownAsItIs(name),
  );
  const streaming = (name: string): boolean => connectionOf(facts, name) !== undefined;
  return members.flatMap((member) => {
    const standby = connectionOf(facts, member.name);
    const unfit = isNoStream(member.tags) || cascades(member, members, streaming);
    return standby && !unfit ? [{ member, standby }] : [];
  });
}

function connectionOf({ postgres }: Facts, name: string): StandbyView | undefined {
  return postgres.standbys
    .filter((standby) => standby.state === 'streaming' && isSameName(standby.name, name))
    .reduce<StandbyView | undefined>(
      (least, next) => (least && least.flushLsn <= next.flushLsn ? least : next),
      undefined,
    );
}

/** True for a member that is to stream from another one whose WAL comes from here after all. */
function cascades(
  member: Member,
  members: readonly Member[],
  streaming: (name: string) => boolean,
): boolean {
  const passed = new Set<string>();
  let source: Member | undefined = member;
  while (source && !passed.has(source.name)) {
    passed.add(source.name);
    const from: string | undefined = replicateFrom(source.tags);
    if (from === undefined) return source !== member && streaming(source.name);
    const next: Member | undefined = members.find(({ name }) => isSameName(name, from));
    if (!next) return false;
    source = next;
  }
  return false;
}

/** Members that may lead; then `sync_priority`; then who is synchronous already; then the WAL. */
function byPreference(one: Replica, other: Replica): number {
  return (
    Number(isNoFailover(one.member.tags)) - Number(isNoFailover(other.member.tags)) ||
    syncPriority(other.member.tags) - syncPriority(one.member.tags) ||
    RANKS[other.standby.syncState] - RANKS[one.standby.syncState] ||
    other.standby.flushLsn - one.standby.flushLsn
  );
}

const RANKS: Readonly<Record<StandbyView['syncState'], number>> = {
  sync: 3,
  quorum: 2,
  potential: 1,
  async: 0,
};
