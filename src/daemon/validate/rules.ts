import { isRecord, type Json } from '../../model/json.ts';

/** What one rule says of one value. */
export interface Verdict {
  readonly ok: boolean;
  /** Dotted, below the value that the rule was asked about. */
  readonly path: string;
  /** What the message shows; empty text for nothing. */
  readonly value: Json;
  readonly error: string;
  /** Of alternatives that all fail, only the mistakes of the lowest level are shown. */
  readonly level: number;
}

/** Judges a value; a rule that has nothing to say of it gives no verdict at all. */
export type Rule = (value: Json) => Promise<readonly Verdict[]>;

type JsonMap = Readonly<Record<string, Json>>;

// Rules as Patroni's validator.py has them: the order of its messages, and which of them are shown
// when there are alternatives, are those of its `Schema`.

/** The text that Patroni says about a value that is fine or wrong in this way. */
export function judge(ok: boolean, error: string, shown: { value: Json; level?: number }): Verdict {
  return { ok, path: '', value: shown.value, error, level: shown.level ?? 0 };
}

/** A rule about the type alone. */
export function typed(name: string, fits: (value: Json) => boolean): Rule {
  return async (value) => [judge(fits(value), `is not ${name}`, { value, level: 1 })];
}

/** A rule that says in words what is wrong, or nothing. */
export function passes(check: (value: Json) => string | undefined | Promise<string | undefined>) {
  return async (value: Json): Promise<readonly Verdict[]> => {
    const wrong = await check(value);
    return [judge(wrong === undefined, `didn't pass validation: ${wrong}`, { value })];
  };
}

/** The type first, and only if it fits the other rule. */
export function first(type: Rule, then: Rule): Rule {
  return async (value) => {
    const verdicts = await type(value);
    return verdicts.every(({ ok }) => ok) ? then(value) : verdicts;
  };
}

/** A list of at least one item, each of which follows the rule. */
export function listOf(rule: Rule): Rule {
  return async (value) => {
    if (!Array.isArray(value)) return [judge(false, 'is not a list', { value, level: 1 })];
    const items: readonly Json[] = value;
    const empty = items.length === 0 ? [judge(false, 'is an empty list', { value })] : [];
    const verdicts = await inOrder(items, async (item, index) =>
      below(String(index), await rule(item)).map((verdict) => ({ ...verdict, value: item })),
    );
    return [...empty, ...verdicts];
  };
}

/** One of several rules must be fully content. */
export function either(...rules: readonly Rule[]): Rule {
  return async (value) => {
    const verdicts = await inOrder(rules, async (rule) => {
      const found = await rule(value);
      return found.some(({ ok }) => ok) ? keepFailures(found) : found;
    });
    if (verdicts.some(({ ok }) => ok)) return [judge(true, '', { value })];
    const lowest = Math.min(...verdicts.map(({ level }) => level));
    return verdicts.filter(({ level }) => level === lowest);
  };
}

/** What partly fits has failed; what fits has not. */
function keepFailures(found: readonly Verdict[]): readonly Verdict[] {
  const failures = found.filter(({ ok }) => !ok);
  return failures.length === 0 ? found : failures;
}

/** A key of a map, or several that belong together. */
export interface Entry {
  /** Which keys are looked at in this map, and whether they may be missing. */
  readonly keys: (map: JsonMap) => readonly string[];
  readonly required: boolean;
  /** What a key that is missing counts as. */
  readonly fallback?: Json;
  readonly rule: (key: string) => Rule;
  /** Of these not more than one may be there. */
  readonly exclusive?: readonly string[];
}

/** A key that must be there. */
export function need(key: string, rule: Rule): Entry {
  return { keys: () => [key], required: true, rule: () => rule };
}

/** A key that may be there. */
export function may(key: string, rule: Rule, fallback?: Json): Entry {
  const base = { keys: () => [key], required: false, rule: () => rule };
  return fallback === undefined ? base : { ...base, fallback };
}

/** At least one of these keys must be there. */
export function anyOf(rules: Readonly<Record<string, Rule>>): Entry {
  const names = Object.keys(rules);
  const present = (map: JsonMap): readonly string[] => names.filter((name) => name in map);
  return {
    keys: (map) => (present(map).length > 0 ? present(map) : names),
    required: true,
    rule: (key) => rules[key] ?? nothing,
  };
}

/** At most one of these keys may be there. */
export function atMostOne(rules: Readonly<Record<string, Rule>>): Entry {
  const names = Object.keys(rules);
  return {
    keys: (map) => names.filter((name) => name in map),
    required: false,
    rule: (key) => rules[key] ?? nothing,
    exclusive: names,
  };
}

const nothing: Rule = async () => [];

/** A map with these keys; what else is in it does not matter. */
export function mapOf(...entries: readonly Entry[]): Rule {
  return async (value) => {
    if (!isRecord(value)) return [judge(false, 'is not a dictionary', { value, level: 1 })];
    const map = value as JsonMap;
    return inOrder(entries, (entry) => entryVerdicts(entry, map));
  };
}

async function entryVerdicts(entry: Entry, map: JsonMap): Promise<readonly Verdict[]> {
  const keys = entry.keys(map);
  if (entry.exclusive && keys.length > 1) {
    const names = entry.exclusive.map((name) => `'${name}'`).join(', ');
    return [judge(false, `Multiple of (${names}) provided`, { value: '' })];
  }
  return inOrder(keys, async (key) => {
    const value = key in map ? (map[key] ?? null) : entry.fallback;
    if (value !== undefined) return below(key, await entry.rule(key)(value));
    return entry.required ? below(key, [judge(false, 'is not defined.', { value: '' })]) : [];
  });
}

function below(key: string, verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.map((verdict) => ({
    ...verdict,
    path: verdict.path === '' ? key : `${key}.${verdict.path}`,
  }));
}

/** One after the other: each may open connections. */
async function inOrder<T>(
  items: readonly T[],
  ask: (item: T, index: number) => Promise<readonly Verdict[]>,
): Promise<readonly Verdict[]> {
  const all: Verdict[] = [];
  for (const [index, item] of items.entries()) all.push(...(await ask(item, index)));
  return all;
}
