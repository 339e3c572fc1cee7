import { resolve } from 'node:path';
import type { ParameterValue, PostgresConfig } from '../../model/postgres-config.ts';
import { compareText } from '../../model/python.ts';
import { forcedSettings, type Settings } from './forced.ts';
import { isRecoveryParameter } from './recovery-names.ts';
import { unwritable, valueText } from './setting-text.ts';

/** The names of files that stand in the directory of the configuration when they are relative. */
const FILES = ['hba_file', 'ident_file'];

export const SYNC_NAMES = 'synchronous_standby_names';

/**
 * All settings of a server but those of recovery, sorted by name: the configured ones, the forced
 * ones, and `synchronous_standby_names` as it was set last (undefined: not at all). What cannot be
 * written is left out, with a sentence why.
 */
export function serverSettings(
  config: PostgresConfig,
  { major, syncNames }: { readonly major: number; readonly syncNames: string | undefined },
): Settings {
  const forced = forcedSettings(config, major);
  const warnings = [...forced.warnings];
  const settings = new Map<string, string>();
  const add = (name: string, value: ParameterValue): void => {
    const text = valueText(value);
    const why = unwritable(name, text);
    if (why !== undefined) warnings.push(`parameter ${name} is left out: ${why}`);
    else if (!isRecoveryParameter(name)) settings.set(keyOf(name), text);
  };
  for (const [name, value] of Object.entries(config.parameters)) add(name, value);
  for (const [name, value] of forced.settings) add(name, value);
  settings.delete(SYNC_NAMES);
  if (syncNames !== undefined) add(SYNC_NAMES, syncNames);
  for (const name of FILES) {
    const path = settings.get(name);
    if (path !== undefined) settings.set(name, resolve(config.configDir, path));
  }
  const sorted = [...settings].sort(([one], [other]) => compareText(one, other));
  return { settings: new Map(sorted), warnings };
}

/** PostgreSQL does not look at the case of a name, so that one parameter is not there twice. */
function keyOf(name: string): string {
  return name.toLowerCase();
}

/** The names of synchronous standbys that the configuration itself has. */
export function configuredSyncNames(config: PostgresConfig): string | undefined {
  const found = Object.entries(config.parameters).find(([name]) => keyOf(name) === SYNC_NAMES);
  return found && valueText(found[1]);
}
