import { lenientInteger, numberOf } from '../numbers.ts';

/** Bytes in each unit, and to how many bytes a value in this unit is rounded. */
const UNITS: ReadonlyMap<string, readonly [bytes: number, step: number]> = new Map([
  ['TB', [1024 ** 4, 1024 ** 3]],
  ['GB', [1024 ** 3, 1024 ** 2]],
  ['MB', [1024 ** 2, 1024]],
  ['kB', [1024, 1]],
  ['B', [1, 1]],
]);

/**
 * A size in bytes: a number, or one with a unit as PostgreSQL has them, `16MB` (Patroni's
 * `parse_int` with the unit B). Undefined when it makes no sense.
 */
export function lenientBytes(text: string): number | undefined {
  const plain = lenientInteger(text);
  if (plain !== undefined) return plain;
  const [, digits = '', name = ''] = /^(\S+?)\s*(TB|GB|MB|kB|B)$/.exec(text.trim()) ?? [];
  const number = numberOf(digits);
  const unit = UNITS.get(name);
  if (number === undefined || unit === undefined) return undefined;
  const [bytes, step] = unit;
  return Math.round((number * bytes) / step) * step;
}
