import { type Json, WholeFloat } from '../model/json.ts';
import { pythonNumber } from '../model/python.ts';

/** A scalar as Python's `str` prints it (`True`, `1.0`); undefined for `null`, a list or a map. */
export function pythonScalar(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof WholeFloat) return pythonNumber(value);
  return typeof value === 'object' ? undefined : pythonNumber(value);
}

/** What counts as true in Python: nothing, zero and what is empty do not. */
export function isTruthy(value: Json | undefined): boolean {
  if (value instanceof WholeFloat) return value.value !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
