import { mergePatch } from '../../config/patch.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { assign, type ConfigMap, splitAssignment } from './change.ts';
import { readConfig, readValue } from './read-config.ts';

/** Changes that the command line asks for. `-` as a file is stdin. */
export interface Requested {
  readonly set: readonly string[];
  /** Like `set`, below `postgresql.parameters`. */
  readonly pg: readonly string[];
  readonly apply: string | undefined;
  readonly replace: string | undefined;
}

/** True when the command line says what to change; else an editor does. */
export function isRequested({ set, pg, apply, replace }: Requested): boolean {
  return set.length > 0 || pg.length > 0 || apply !== undefined || replace !== undefined;
}

/** True when the changes come from stdin, so that there is no one to ask. */
export function usesStdin({ apply, replace }: Requested): boolean {
  return apply === '-' || replace === '-';
}

/**
 * The configuration with the changes in it: first `replace`, then `apply` (a merge patch, `null`
 * removes), then the single values.
 */
export async function applyRequested(
  before: ConfigMap,
  requested: Requested,
  read: (file: string) => Promise<string>,
): Promise<ConfigMap> {
  const { apply, replace, set, pg } = requested;
  if (apply === '-' && replace === '-') {
    throw new Refusal('usage', 'Only one of --apply and --replace can read stdin', { usage: true });
  }
  let config = before;
  if (replace !== undefined) config = mergePatch({}, await readFrom(replace, read));
  if (apply !== undefined) config = mergePatch(config, await readFrom(apply, read));
  const pairs = [...set, ...pg.map((pair) => `postgresql.parameters.${pair.trimStart()}`)];
  for (const pair of pairs) {
    const { path, text } = splitAssignment(pair);
    const value = readValue(text, `the value of ${printable(path.join('.'))}`);
    config = assign(config, { path, value });
  }
  return config;
}

async function readFrom(file: string, read: (file: string) => Promise<string>): Promise<ConfigMap> {
  return readConfig(await read(file), file === '-' ? 'stdin' : printable(file));
}
