import { isUtf8 } from 'node:buffer';
import { parseKey } from '../../wire/keys.ts';
import type { Document, Guard } from '../dcs.ts';
import type { Comparison, KeyRange, KeyValue } from './transport.ts';

/** All keys that begin with `prefix`, which ends with a slash. */
export function prefixRange(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  // The byte behind the slash is 0: no carry to care about.
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return { key, end };
}

/** The first key that comes after `key`: the range of the two is `key` alone. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** The rest of a key as text; undefined for a key that is not UTF-8, which Patroni never makes. */
export function textAfter(key: Buffer, prefix: string): string | undefined {
  return isUtf8(key) ? key.toString('utf8', Buffer.byteLength(prefix)) : undefined;
}

/** Undefined for a key that is not Patroni's. Bytes that are not UTF-8 become U+FFFD. */
export function documentOf(found: KeyValue, rest: string | undefined): Document | undefined {
  const parsed = rest === undefined ? undefined : parseKey(rest);
  return parsed && { ...parsed, value: found.value.toString(), version: found.modRevision };
}

/** What must hold for a guarded change of a key. */
export function comparisons(key: Buffer, guard: Guard): readonly Comparison[] {
  if (guard === 'any') return [];
  return [guard === 'absent' ? { key, absent: true } : { key, modRevision: guard.version }];
}
