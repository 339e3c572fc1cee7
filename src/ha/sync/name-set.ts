// Sets of member names. Case does not matter, as in `synchronous_standby_names` of PostgreSQL; a
// name is kept as it was written first.

/** Names without repetition. */
export type Names = readonly string[];

/** The same names, each once. */
export function nameSet(names: Iterable<string>): Names {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (!seen.has(key)) seen.set(key, name);
  }
  return [...seen.values()];
}

/** True when both are the same name. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** True when `name` is one of `names`. */
function includesName(names: Names, name: string): boolean {
  return names.some((each) => isSameName(each, name));
}

/** All of both. */
export function union(one: Names, other: Names): Names {
  return [...one, ...minus(other, one)];
}

/** Those of `names` that are also in `other`. */
export function common(names: Names, other: Names): Names {
  return names.filter((name) => includesName(other, name));
}

/** Those of `names` that are not in `other`. */
export function minus(names: Names, other: Names): Names {
  return names.filter((name) => !includesName(other, name));
}

/** True when both hold the same names, in whatever order. */
export function isSameSet(one: Names, other: Names): boolean {
  return one.length === other.length && minus(one, other).length === 0;
}
