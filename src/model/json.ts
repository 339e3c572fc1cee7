/**
 * A whole number that was written as a float (`1.0`, `1e3`). Python keeps it apart from the integer
 * 1, so it is kept apart here too: what is read and written back stays the same text.
 */
export class WholeFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** Plain data, as JSON and YAML know it. A `bigint` is a whole number too large for a `number`. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | WholeFloat
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** True for a plain map: not null, not a list, not a number. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !(value instanceof WholeFloat);
}

/** True when both are the same plain data. An entry that is `undefined` is as good as none. */
export function isSameData(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one instanceof WholeFloat) return other instanceof WholeFloat && one.value === other.value;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => isSameData(item, other[at]));
  }
  return isRecord(one) && isRecord(other) && hasAllOf(one, other) && hasAllOf(other, one);
}

function hasAllOf(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  for (const key in other) if (!isSameData(one[key], other[key])) return false;
  return true;
}
