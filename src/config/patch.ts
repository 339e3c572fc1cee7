import { isRecord, type Json } from '../model/json.ts';
import { pythonScalar } from './python-scalar.ts';

type JsonMap = Readonly<Record<string, Json>>;

/**
 * Merges `patch` into `target` as Patroni does (utils.py, `patch_config`), and returns a new
 * value: `null` removes a key, maps are merged key by key, everything else replaces what was
 * there, except that a value which reads the same is kept as it was (`"10"` stays text when the
 * patch says `10`). Keys of `target` keep their place, new ones come behind; a map that is new is
 * taken as it is, with the nulls in it.
 */
export function mergePatch(target: JsonMap, patch: JsonMap): Record<string, Json> {
  const result = new Map<string, Json>(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const before = result.get(name);
    if (value === null) {
      result.delete(name);
    } else if (before === undefined || !readsTheSame(before, value)) {
      result.set(name, isMap(before) && isMap(value) ? mergePatch(before, value) : value);
    }
  }
  return Object.fromEntries(result);
}

function isMap(value: Json | undefined): value is JsonMap {
  return isRecord(value);
}

/** True for scalars that Python's `str` would print alike. */
function readsTheSame(one: Json, other: Json): boolean {
  const text = pythonScalar(one);
  return text !== undefined && text === pythonScalar(other);
}
