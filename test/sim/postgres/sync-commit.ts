import type { StandbyView, SyncNames } from '../../../src/model/postgres.ts';

/** A connected standby, and the depth of the last record that it confirmed to have flushed. */
export interface Connected {
  readonly name: string;
  readonly depth: number;
}

/**
 * Commits up to this depth are acknowledged to clients; -1: none is. See the manual, "Synchronous
 * Replication". Of `standbys` those that have not confirmed anything yet are left out.
 */
export function confirmedDepth(names: SyncNames, standbys: readonly Connected[]): number {
  switch (names.kind) {
    case 'off':
      return Number.POSITIVE_INFINITY;
    case 'first': {
      const chosen = byPriority(names.names, standbys).slice(0, names.count);
      if (chosen.length < names.count) return -1;
      return Math.min(...chosen.map(({ depth }) => depth));
    }
    case 'any': {
      const depths = byPriority(names.names, standbys).map(({ depth }) => depth);
      return depths.sort((a, b) => b - a)[names.count - 1] ?? -1;
    }
    case 'text':
      return names.text.trim() === '*' ? confirmedDepth(ANYONE, standbys) : -1;
  }
}

const ANYONE: SyncNames = { kind: 'first', count: 1, names: ['*'] };

/** `sync_state` of a connected standby. */
export function syncStateOf(
  names: SyncNames,
  standbys: readonly Connected[],
  name: string,
): StandbyView['syncState'] {
  if (names.kind === 'text') {
    return names.text.trim() === '*' ? syncStateOf(ANYONE, standbys, name) : 'async';
  }
  if (names.kind === 'off') return 'async';
  const place = byPriority(names.names, standbys).findIndex((standby) => standby.name === name);
  if (place < 0) return 'async';
  if (names.kind === 'any') return 'quorum';
  return place < names.count ? 'sync' : 'potential';
}

/** Those that are listed, in the order of the list. Case does not matter; `*` matches everyone. */
function byPriority(listed: readonly string[], standbys: readonly Connected[]): Connected[] {
  const left = new Set(standbys);
  const found: Connected[] = [];
  for (const wanted of listed) {
    for (const standby of left) {
      if (wanted !== '*' && wanted.toLowerCase() !== standby.name.toLowerCase()) continue;
      left.delete(standby);
      found.push(standby);
    }
  }
  return found;
}
