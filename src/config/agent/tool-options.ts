import { isRecord, type Json } from '../../model/json.ts';
import type { ToolOption } from '../../model/postgres-config.ts';
import { splitWords } from '../../system/programs.ts';
import { pythonScalar } from '../python-scalar.ts';
import { type Section, valueIn, wrongValue } from '../section.ts';

/**
 * Options of a program as Patroni takes them (bootstrap.py, `process_user_options`): a list of
 * `name` and `{name: value}`, or a map; quotes around a value are taken off. Throws a `Refusal`.
 */
export function toolOptionsIn(section: Section, key: string): readonly ToolOption[] {
  const value = valueIn(section, key) ?? [];
  const options = Array.isArray(value)
    ? value.map((item: Json) => optionOf(item))
    : isRecord(value)
      ? Object.entries(value as Record<string, Json>).flatMap(fromMap)
      : [undefined];
  return options.map((option) => {
    if (option) return option;
    throw wrongValue(section, key, 'must be a list of options (name, or name: value), or a map');
  });
}

/** True for an option that is pgherd's own business, with or without its value behind a `=`. */
export function isAmong(names: readonly string[]): (option: ToolOption) => boolean {
  return ({ name }) => names.includes(name.split('=')[0] ?? '');
}

/** In a map, an option without a value is not given. */
function fromMap([name, value]: [string, Json]): (ToolOption | undefined)[] {
  if (name === '' || value === null || value === '' || value === false) return [];
  return [optionOf({ [name]: value })];
}

/** Undefined when it is neither a name nor a map with one value. */
function optionOf(item: Json): ToolOption | undefined {
  if (typeof item === 'string') return { name: item };
  if (!isRecord(item)) return undefined;
  const [entry, ...others] = Object.entries(item as Record<string, Json>);
  const text = entry && pythonScalar(entry[1]);
  if (!entry || text === undefined || others.length > 0) return undefined;
  return { name: entry[0], value: unquote(text) };
}

/** One word, with every quote closed. */
const ONE_WORD = /^\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+\s*$/s;

/** Text without the quotes around it; several words, or open quotes, stay as they are. */
function unquote(text: string): string {
  return ONE_WORD.test(text) ? (splitWords(text)[0] ?? text) : text;
}
