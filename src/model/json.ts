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
