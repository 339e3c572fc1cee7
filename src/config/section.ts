import { Refusal } from '../model/errors.ts';
import { isRecord, type Json, WholeFloat } from '../model/json.ts';
import { pythonNumber } from '../model/python.ts';
import { printable } from '../system/text.ts';
import { lenientInteger } from '../wire/numbers.ts';

/** A map inside the configuration: its values are checked when they are asked for. */
export interface Section {
  /** Dotted name, as messages call it: `ctl.authentication`; empty for the whole configuration. */
  readonly name: string;
  readonly values: Readonly<Record<string, Json>>;
}

/** A value as it is; undefined when it is absent, `null`, empty text or an empty map or list. */
export function valueIn(section: Section, key: string): Json | undefined {
  const value = hasKey(section, key) ? section.values[key] : undefined;
  if (value === undefined || value === '') return undefined;
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return empty ? undefined : value;
}

/** True when the key is there with any value but `null`. */
export function hasKey(section: Section, key: string): boolean {
  return Object.hasOwn(section.values, key) && section.values[key] !== null;
}

/** Text, or a number, which becomes text as in Patroni. Throws a `Refusal` for anything else. */
export function textIn(section: Section, key: string): string | undefined {
  const value = valueIn(section, key);
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof WholeFloat) {
    return pythonNumber(value);
  }
  throw wrongValue(section, key, 'must be text');
}

/** Text of a secret: Patroni formats whatever is there, so `yes` without quotes is `True`. */
export function secretIn(section: Section, key: string): string | undefined {
  const value = valueIn(section, key);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return textIn(section, key);
}

/** A TCP port, as a number or as digits. Throws a `Refusal` for anything else. */
export function portIn(section: Section, key: string): number | undefined {
  const text = textIn(section, key);
  if (text === undefined) return undefined;
  const port = parsePort(text);
  if (port === undefined) throw wrongValue(section, key, 'must be a port number (1 to 65535)');
  return port;
}

/** A boolean in any of Patroni's spellings; false when it is absent. Throws a `Refusal`. */
export function flagIn(section: Section, key: string): boolean {
  const value = valueIn(section, key);
  if (value === undefined) return false;
  const flag = typeof value === 'object' ? undefined : yesOrNo(String(value));
  if (flag === undefined) throw wrongValue(section, key, 'must be true or false');
  return flag;
}

/** A whole number in any of Patroni's spellings (`parse_int` of utils.py). Throws a `Refusal`. */
export function integerIn(section: Section, key: string): number | undefined {
  const value = valueIn(section, key);
  if (value === undefined) return undefined;
  const number = lenientInteger(value);
  if (number === undefined) throw wrongValue(section, key, 'must be a whole number');
  return number;
}

/** A list of texts. Throws a `Refusal` for anything else. */
export function textsIn(section: Section, key: string): readonly string[] | undefined {
  const value = valueIn(section, key);
  if (value === undefined) return undefined;
  const isText = (item: Json): boolean => typeof item === 'string' || typeof item === 'number';
  if (!Array.isArray(value) || !value.every(isText)) {
    throw wrongValue(section, key, 'must be a list of texts');
  }
  return value.map(String);
}

/** A map of texts; numbers and booleans become text as in Python. Throws a `Refusal`. */
export function textMapIn(
  section: Section,
  key: string,
): Readonly<Record<string, string>> | undefined {
  const map = sectionIn(section, key);
  if (!map) return undefined;
  const entries = Object.keys(map.values).flatMap((name) => {
    const text = secretIn(map, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries);
}

/** A map below; undefined when it is absent or empty. Throws a `Refusal` when it is no map. */
export function sectionIn(section: Section, key: string): Section | undefined {
  const value = valueIn(section, key);
  if (value === undefined) return undefined;
  if (!isJsonMap(value)) throw wrongValue(section, key, 'must be a map (key: value)');
  return { name: fullName(section, key), values: value };
}

/** A refusal about one key; the sentence goes on after the key's name. */
export function wrongValue(section: Section, key: string, why: string): Refusal {
  const name = printable(fullName(section, key));
  return new Refusal('bad-config', `${name} in the configuration ${why}`);
}

/** The number of a TCP port; undefined when the text is none. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** A boolean in one of the spellings that Patroni takes (utils.py, `parse_bool`). */
export function yesOrNo(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (['on', 'true', 'yes', '1'].includes(word)) return true;
  return ['off', 'false', 'no', '0'].includes(word) ? false : undefined;
}

function fullName(section: Section, key: string): string {
  return section.name === '' ? key : `${section.name}.${key}`;
}

function isJsonMap(value: Json): value is Readonly<Record<string, Json>> {
  return isRecord(value);
}
