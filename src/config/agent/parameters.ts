import { type Json, WholeFloat } from '../../model/json.ts';
import type { Parameters, ParameterValue } from '../../model/postgres-config.ts';
import { pythonNumber } from '../../model/python.ts';
import { printable } from '../../system/text.ts';
import { type Section, sectionIn, wrongValue } from '../section.ts';

/** A map of PostgreSQL parameters; those that are `null` are left out. Throws a `Refusal`. */
export function parametersIn(section: Section, key: string): Parameters | undefined {
  const map = sectionIn(section, key);
  if (!map) return undefined;
  const entries = Object.entries(map.values).flatMap(([name, value]) => {
    if (value === null) return [];
    const plain = parameterValue(value);
    if (plain !== undefined) return [[name, plain] as const];
    throw wrongValue(map, printable(name), 'must be one value, not a list or a map');
  });
  return Object.fromEntries(entries);
}

/** A value as a parameter can have it; undefined for `null`, a list or a map. */
export function parameterValue(value: Json): ParameterValue | undefined {
  if (value instanceof WholeFloat) return pythonNumber(value);
  return typeof value === 'object' ? undefined : value;
}
