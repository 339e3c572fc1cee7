import type { Json } from '../model/json.ts';
import { printable } from '../system/text.ts';
import { canonicalVariable, placeOfVariable, type VariableKind } from './environment-table.ts';
import { mergePatch } from './patch.ts';
import { yesOrNo } from './section.ts';

const PREFIX = 'PATRONI_';

/** What the `PATRONI_*` variables say, in the shape of the configuration file. */
export interface EnvironmentConfig {
  readonly config: Readonly<Record<string, Json>>;
  readonly warnings: readonly string[];
}

/**
 * Reads the `PATRONI_*` variables as Patroni does (config.py), with its types. A value that cannot
 * be read is left out, with a warning. `PATRONI_CONFIGURATION` is not looked at.
 */
export async function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Promise<EnvironmentConfig> {
  const warnings: string[] = [];
  let config: Record<string, Json> = {};
  for (const [name, text] of patroniVariables(env)) {
    const place = placeOfVariable(name);
    if (!place || (text === '' && !place.emptyCounts)) continue;
    const value = await convert(place.kind, text, PREFIX + name);
    if (value === undefined) {
      if (text === '') continue;
      const shown = SECRET.test(name) ? 'its value' : `"${printable(text)}"`;
      warnings.push(`${PREFIX}${printable(name)} is ignored: ${shown} is not ${KINDS[place.kind]}`);
    } else {
      config = mergePatch(config, nest(place.path, value));
    }
  }
  return { config: withoutLoneCredentials(config, warnings), warnings };
}

const SECRET = /PASSWORD|TOKEN|AUTH_DATA/;

const KINDS: Readonly<Record<VariableKind, string>> = {
  text: 'text',
  'yes-no': 'yes or no (on, off, true, false, 1, 0)',
  number: 'a whole number',
  list: 'a list (a,b or YAML)',
  map: 'a map (a: b, c: d or YAML)',
  format: 'a format or a list',
};

/**
 * Name without `PATRONI_` → text; of two spellings of a variable the one in Patroni's code wins.
 */
function patroniVariables(env: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const name = variable.slice(PREFIX.length);
    const canonical = canonicalVariable(name);
    if (canonical === name || !env[PREFIX + canonical]) variables.set(canonical, text);
  }
  return variables;
}

/**
 * Patroni reads a user and a password of etcd from the environment only when another variable of
 * that section is there too.
 */
function withoutLoneCredentials(
  config: Record<string, Json>,
  warnings: string[],
): Record<string, Json> {
  let result = config;
  for (const section of ['etcd', 'etcd3']) {
    const keys = Object.keys(config[section] ?? {});
    if (keys.length === 0 || keys.some((key) => key !== 'username' && key !== 'password')) continue;
    const prefix = `${PREFIX}${section.toUpperCase()}_`;
    warnings.push(
      `${keys.map((key) => prefix + key.toUpperCase()).join(' and ')} ignored, as Patroni does: ` +
        `set ${prefix}HOSTS in the environment too, or put it all into the file`,
    );
    result = mergePatch(result, { [section]: null });
  }
  return result;
}

async function convert(
  kind: VariableKind,
  text: string,
  source: string,
): Promise<Json | undefined> {
  switch (kind) {
    case 'text':
      return text;
    case 'yes-no':
      return yesOrNo(text);
    case 'number':
      return text === '' ? text : wholeNumber(text);
    case 'list':
      return text === '' ? text : readYaml(/^\s*-|\[/.test(text) ? text : `[${text}]`, source);
    case 'map':
      return readYaml(/^\s*\{/.test(text) ? text : `{${text}}`, source);
    case 'format':
      return /%\(\w+\)/.test(text) ? text : convert('list', text, source);
  }
}

async function readYaml(text: string, source: string): Promise<Json | undefined> {
  // Loaded only when it is needed: `list` waits for it.
  const { parseYaml, YamlError } = await import('./yaml-text.ts');
  try {
    return parseYaml(text, { source }) ?? undefined;
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}

/** A whole number as PostgreSQL and Patroni write it: 10, 0x0a, 012. */
function wholeNumber(text: string): number | undefined {
  const match = /^([-+]?)(0x[0-9a-f]+|\d+)$/i.exec(text.trim());
  const digits = match?.[2];
  if (!digits) return undefined;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return match[1] === '-' ? -value : value;
}

function nest(path: readonly string[], value: Json): Record<string, Json> {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : nest(rest, value) };
}
