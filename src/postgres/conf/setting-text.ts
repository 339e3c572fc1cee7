import type { ParameterValue } from '../../model/postgres-config.ts';
import { pythonNumber } from '../../model/python.ts';

// The lines of postgresql.conf (manual, "Parameter Interaction via the Configuration File").

/** Names of PostgreSQL's parameters, and of those of extensions, which have a period in them. */
const NAME = /^[A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z_][A-Za-z0-9_$]*)*$/;

/** These would read other files, or other data, instead of setting anything. */
const NEVER = /^(?:include|include_if_exists|include_dir|data_directory|config_file)$/i;

const LINE =
  /^\s*([A-Za-z_][\w$.]*)\s*(?:=\s*|\s)(?:'((?:[^'\\]|\\.|'')*)'|([^\s'#]+))\s*(?:#.*)?$/;

/** The text of a value as PostgreSQL takes it. */
export function valueText(value: ParameterValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : pythonNumber(value);
}

/**
 * Why this cannot stand in postgresql.conf, in a few words; undefined: it can. PostgreSQL's own
 * ALTER SYSTEM refuses line ends too.
 */
export function unwritable(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'it cannot be the name of a parameter';
  if (NEVER.test(name)) return 'it is not a parameter of the cluster';
  return /[\0\r\n]/.test(value) ? 'its value has a line end in it' : undefined;
}

/** `name = 'value'`, for what is not `unwritable`: quotes and backslashes are doubled. */
export function settingLine(name: string, value: string): string {
  return `${name} = ${quoteSetting(value)}`;
}

/** A value in the quotes of postgresql.conf. */
export function quoteSetting(value: string): string {
  return `'${value.replace(/['\\]/g, '$&$&')}'`;
}

/**
 * The settings of a file, by their names in lower case; the last one counts. Lines that are none
 * are skipped, and other files that it includes are not read.
 */
export function readSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, quoted, bare] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    settings.set(name.toLowerCase(), quoted === undefined ? (bare ?? '') : unquote(quoted));
  }
  return settings;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What is between the quotes, as PostgreSQL understands it (guc-file.l, GUC_scanstr). */
function unquote(text: string): string {
  return text.replace(/''|\\([0-7]{1,3}|.)/g, (_, escaped: string | undefined) => {
    if (escaped === undefined) return "'";
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff);
    return ESCAPES[escaped] ?? escaped;
  });
}
