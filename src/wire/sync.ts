import type { Sync } from '../model/cluster.ts';
import { compareText } from '../model/python.ts';
import { compactJson, parseRecord } from './json-text.ts';
import { strictInteger } from './numbers.ts';

/**
 * The `sync` document: who is synchronous. `valid` is false when it is not a map; a document
 * without a leader says nothing and is simply absent.
 */
export function parseSync(
  text: string,
  version: string,
): { sync: Sync | undefined; valid: boolean } {
  const record = parseRecord(text);
  if (!record) return { sync: undefined, valid: false };
  const { leader, sync_standby: standbys, quorum } = record;
  if (typeof leader !== 'string' || leader === '') {
    return { sync: undefined, valid: leader === undefined || leader === null || leader === '' };
  }
  const sync = {
    leader,
    standbys: nameList(standbys),
    quorum: quorum ? (strictInteger(quorum) ?? 0) : 0,
    version,
  };
  return { sync, valid: true };
}

/** The `sync` document as Patroni writes it (`sync_state` of dcs/__init__.py): names in order. */
export function formatSync(sync: Omit<Sync, 'version'>): string {
  const names = [...sync.standbys].sort(compareText).join(',');
  return compactJson({ leader: sync.leader, quorum: sync.quorum, sync_standby: names || null });
}

/** Names are joined by commas; Kubernetes annotations and old versions know lists. */
function nameList(value: unknown): string[] {
  const names = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return names
    .filter((name): name is string => typeof name === 'string')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
