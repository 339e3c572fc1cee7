import { Lexer } from 'yaml';
import { parseYaml, YamlError } from '../../config/yaml-text.ts';
import { Refusal } from '../../model/errors.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import type { ConfigMap } from './change.ts';

/** Reads a YAML value. A mistake is a `Refusal` with its line and column. */
export function readValue(text: string, source: string): Json {
  try {
    return parseYaml(text, { source });
  } catch (error) {
    if (error instanceof YamlError) throw new Refusal('invalid-yaml', printable(error.message));
    throw error;
  }
}

/** Reads a map of settings. Anything else, nothing at all included, is a `Refusal`. */
export function readConfig(text: string, source: string): ConfigMap {
  const value = readValue(text, source);
  if (isRecord(value)) return value as ConfigMap;
  const what = value === null ? 'is empty' : 'is not a map';
  throw new Refusal('not-a-map', `${source} ${what}: a configuration is a map of settings`);
}

/** True when the YAML text has comments, which have no place in the DCS. */
export function hasComments(text: string): boolean {
  let previous = '';
  for (const token of new Lexer().lex(text)) {
    // The token before a scalar is a mark: the text of a scalar may start with #.
    if (token.startsWith('#') && previous !== '\u001f') return true;
    previous = token;
  }
  return false;
}
