import { WholeFloat } from '../model/json.ts';
import { pythonRound } from '../model/python.ts';

/**
 * A whole number as Patroni reads it from JSON (`parse_int` of utils.py): a number, rounded; or
 * text that is one, decimal, octal (`017`) or hexadecimal (`0x1f`). A unit behind it makes it
 * invalid, and so does anything else: undefined.
 */
export function lenientInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? pythonRound(value) : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof WholeFloat) return value.value;
  if (typeof value !== 'string') return undefined;
  const number = numberOf(value.trim());
  return number === undefined ? undefined : pythonRound(number);
}

/** Seconds in each unit of time, and to how many seconds a value in this unit is rounded. */
const UNITS: ReadonlyMap<string, readonly [seconds: number, step: number]> = new Map([
  ['d', [86_400, 3600]],
  ['h', [3600, 60]],
  ['min', [60, 1]],
  ['s', [1, 1]],
  ['ms', [0.001, 1]],
  ['us', [0.000_001, 1]],
]);

/** A time in whole seconds: a number, or text with a unit as PostgreSQL has them (`30min`). */
export function lenientSeconds(value: unknown): number | undefined {
  const plain = lenientInteger(value);
  if (plain !== undefined || typeof value !== 'string') return plain;
  const [, digits = '', name = ''] = /^(\S+?)\s*(d|h|min|s|ms|us)$/.exec(value.trim()) ?? [];
  const number = numberOf(digits);
  const unit = UNITS.get(name);
  if (number === undefined || unit === undefined) return undefined;
  const [seconds, step] = unit;
  return pythonRound((number * seconds) / step) * step;
}

/** Text as C's `strtol` and `strtod` take it, all of it; undefined when it is no number. */
export function numberOf(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (/^0x[0-9a-f]+$/i.test(digits)) return sign * Number.parseInt(digits, 16);
  if (/^0[0-7]*$/.test(digits)) return sign * Number.parseInt(digits, 8);
  if (/^[1-9]\d*$/.test(digits)) return sign * Number(digits);
  const float = /^(?:0[0-7]*|[1-9]\d*)?(?:\.\d+)?(?:e[-+]?\d+)?$/i;
  return /^[.\d]/.test(digits) && float.test(digits) ? sign * Number(digits) : undefined;
}

/** A whole number as Python's `int()` takes it: decimal text, and floats without their fraction. */
export function strictInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof WholeFloat) return value.value;
  if (typeof value !== 'string' || !/^\s*[-+]?\d+\s*$/.test(value)) return undefined;
  return Number(value);
}

/** Patroni's `parse_bool`: `on true yes 1` and `off false no 0`, in any case; else undefined. */
export function lenientBoolean(value: unknown): boolean | undefined {
  const text = String(value).toLowerCase();
  if (['on', 'true', 'yes', '1'].includes(text)) return true;
  if (['off', 'false', 'no', '0'].includes(text)) return false;
  return undefined;
}
