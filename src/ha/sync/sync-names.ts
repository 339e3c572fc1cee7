import type { SyncNames } from '../../model/postgres.ts';
import { compareText } from '../../model/python.ts';
import { parseSyncNames } from '../../model/sync-names.ts';
import { isSameName, isSameSet, minus, type Names, nameSet } from './name-set.ts';

/**
 * Stands for a standby that never comes, so that commits wait in strict mode while there is none:
 * with `*` anything that streams would do, pg_receivewal too (P#3435). The text is Patroni's.
 */
const PLACEHOLDER = '__patroni_strict_sync_replica_placeholder__';

/** What a commit waits for: `count` of `names`. */
export interface Demand {
  readonly names: Names;
  readonly count: number;
}

/** What PostgreSQL waits for now, as far as it is members; a text of somebody else is no demand. */
export function demandOf(names: SyncNames): Demand {
  if (names.kind === 'off' || names.kind === 'text') return { names: [], count: 0 };
  if (names.names.includes('*')) return { names: [], count: 0 };
  const members = minus(nameSet(names.names), [PLACEHOLDER]);
  return { names: members, count: Math.min(names.count, members.length) };
}

/** The names to set for a demand. Sorted: the same demand is always the same text. */
export function syncNamesFor(mode: 'on' | 'quorum', demand: Demand, strict: boolean): SyncNames {
  const kind = mode === 'on' ? 'first' : 'any';
  if (demand.names.length > 0) {
    return { kind, count: demand.count, names: [...demand.names].sort(compareText) };
  }
  return strict ? { kind, count: 1, names: [PLACEHOLDER] } : { kind: 'off' };
}

/** The names of the local configuration, for when nobody else decides. */
export function ownSyncNames(text: string | undefined): SyncNames {
  return text === undefined || text === '' ? { kind: 'off' } : { kind: 'text', text };
}

/**
 * True when both mean the same: an agent that has just been started sees its own configuration's
 * text in effect, and cannot tell by whom it was set.
 */
export function isSameSetting(one: SyncNames, other: SyncNames): boolean {
  const [left, right] = [understood(one), understood(other)];
  if (left.kind === 'off' || right.kind === 'off') return left.kind === right.kind;
  if (left.kind === 'text' || right.kind === 'text') {
    return left.kind === 'text' && right.kind === 'text' && left.text === right.text;
  }
  if (left.kind !== right.kind || left.count !== right.count) return false;
  if (!isSameSet(left.names, right.names)) return false;
  // Where commits wait for the first few, the order says for whom.
  const anyOrder = left.kind === 'any' || left.count >= left.names.length;
  return anyOrder || left.names.every((name, index) => isSameName(name, right.names[index] ?? ''));
}

function understood(names: SyncNames): SyncNames {
  return names.kind === 'text' ? parseSyncNames(names.text) : names;
}

/** A text that identifies a setting, to remember it by. */
export function settingKey(names: SyncNames): string {
  if (names.kind === 'off') return 'off';
  if (names.kind === 'text') return `text ${names.text}`;
  return `${names.kind} ${names.count} (${names.names.join(',')})`;
}
