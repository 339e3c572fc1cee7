import { Refusal } from '../../model/errors.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { compactJson } from '../../wire/json-text.ts';

/** A dynamic configuration: a map, as it stands in the DCS. */
export type ConfigMap = Readonly<Record<string, Json>>;

/** A value to set, at a path of keys; `null` removes what is there. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: Json;
}

/**
 * Splits `postgresql.parameters.work_mem=4MB` into its path and the text behind the first `=`. What
 * stands behind `postgresql.parameters.` is one key, dots and all: names of extensions have dots.
 */
export function splitAssignment(pair: string): { path: string[]; text: string } {
  const equals = pair.indexOf('=');
  const key = pair.slice(0, equals).trim();
  const [, parameter] = /^postgresql\.parameters\.(.+)$/s.exec(key) ?? [];
  const path = parameter ? ['postgresql', 'parameters', parameter] : key.split('.');
  if (equals < 0 || path.includes('')) {
    throw new Refusal('usage', `Invalid parameter setting ${printable(pair)}`, {
      hint: 'the form is KEY=VALUE, with dots between the parts of KEY: -s ttl=30',
      usage: true,
    });
  }
  return { path, text: pair.slice(equals + 1) };
}

/**
 * Sets one value. A map on the way that is missing is made, and one that becomes empty is removed,
 * as patronictl does.
 */
export function assign(config: ConfigMap, { path, value }: Assignment): ConfigMap {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return value === null ? without(config, key) : put(config, key, value);
  const inner = Object.hasOwn(config, key) ? config[key] : undefined;
  const below = assign(isRecord(inner) ? (inner as ConfigMap) : {}, { path: rest, value });
  return Object.keys(below).length === 0 ? without(config, key) : put(config, key, below);
}

/**
 * `edited` with its keys in the order that `before` has them, new ones behind: the document in the
 * DCS changes only where the configuration does. (Keys that look like whole numbers come first:
 * that is how JavaScript keeps them.)
 */
export function inOrderOf(before: Json, edited: Json): Json {
  if (!isRecord(before) || !isRecord(edited)) return edited;
  const [old, now] = [before as ConfigMap, edited as ConfigMap];
  const kept = Object.keys(old).filter((key) => Object.hasOwn(now, key));
  const added = Object.keys(now).filter((key) => !Object.hasOwn(old, key));
  return Object.fromEntries([
    ...kept.map((key) => [key, inOrderOf(old[key] ?? null, now[key] ?? null)]),
    ...added.map((key) => [key, now[key]]),
  ]);
}

/** True when two configurations say the same; the order of keys says nothing. */
export function sameConfig(one: Json, other: Json): boolean {
  return compactJson(one) === compactJson(inOrderOf(one, other));
}

function put(config: ConfigMap, key: string, value: Json): ConfigMap {
  // A computed key, so that `__proto__` is a key like any other.
  return { ...config, [key]: value };
}

function without(config: ConfigMap, key: string): ConfigMap {
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== key));
}
