import { WholeFloat } from './json.ts';
import { isNoFailover, type Tags } from './member.ts';

/** `failover_priority`: among equals the highest leads; 0 never (Patroni's tags.py). */
export function failoverPriority(tags: Tags): number {
  if (isNoFailover(tags)) return 0;
  return wholeNumber(tags.failover_priority) ?? 1;
}

/** `nosync`: never a synchronous standby. */
export function isNoSync(tags: Tags): boolean {
  return tags.nosync === true || syncPriority(tags) <= 0;
}

/** `sync_priority`: who is chosen first as synchronous standby; `nosync` wins over it. */
export function syncPriority(tags: Tags): number {
  if (tags.nosync === true) return 0;
  return wholeNumber(tags.sync_priority) ?? 1;
}

/** `nostream`: replays from the archive only. */
export function isNoStream(tags: Tags): boolean {
  return tags.nostream === true;
}

/** `replicatefrom`: the member to stream from instead of the leader. */
export function replicateFrom(tags: Tags): string | undefined {
  const { replicatefrom } = tags;
  return typeof replicatefrom === 'string' && replicatefrom !== '' ? replicatefrom : undefined;
}

/** `clonefrom`: base backups are taken from this member before others. */
export function isCloneSource(tags: Tags): boolean {
  return tags.clonefrom === true;
}

function wholeNumber(value: unknown): number | undefined {
  const number = value instanceof WholeFloat ? value.value : value;
  if (typeof number === 'string' && /^\s*[-+]?\d+\s*$/.test(number)) return Number(number);
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}
