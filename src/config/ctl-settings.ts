import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isRecord, type Json } from '../model/json.ts';
import { parseDcsUrl, SECTIONS_OF_DCS_URL } from './dcs-url.ts';
import { readLocalConfig } from './local-config.ts';
import { mergePatch } from './patch.ts';
import { readRestSettings } from './rest-settings.ts';
import { type Section, textIn } from './section.ts';
import type { CtlSettings, StoreSettings } from './settings.ts';
import { moveOldExhibitor, readStore } from './store-settings.ts';

/** Where the settings of the CLI come from. */
export interface CtlSettingsInput {
  /** `--config-file` or `PATRONICTL_CONFIG_FILE`: a file or a directory. Empty counts as absent. */
  readonly configFile?: string;
  /** `--dcs-url` or `DCS_URL`. Empty counts as absent. */
  readonly dcsUrl?: string;
  readonly insecure: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home directory, for the default path. */
  readonly home: string;
  /** What relative paths are relative to; the process's own directory otherwise. */
  readonly cwd?: string;
}

const CALL_TIMEOUT_MS = 5000;
const DEFAULT_NAMESPACE = '/service';
const HINT = 'check -c/--config-file and PATRONICTL_CONFIG_FILE';

/**
 * Reads the settings as patronictl does: `--dcs-url` over `PATRONI_*` over the files. Without a
 * file, `PATRONI_CONFIGURATION` (YAML) stands for everything else. Rejects with a `Refusal` when
 * something cannot be read or has the wrong type.
 */
export async function loadCtlSettings(input: CtlSettingsInput): Promise<CtlSettings> {
  const path = await existingPath(input);
  const local = await readLocalConfig({ path, env: input.env, hint: HINT });
  const sources = [...local.sources];
  const warnings = [...local.warnings];
  let raw = moveOldExhibitor(local.config);
  const dcsUrl = input.dcsUrl ? parseDcsUrl(input.dcsUrl) : undefined;
  if (dcsUrl) {
    const dropped = Object.fromEntries(SECTIONS_OF_DCS_URL.map((name) => [name, null]));
    raw = { ...mergePatch(raw, dropped), [dcsUrl.section]: dcsUrl.values };
    if (dcsUrl.namespace !== undefined) raw.namespace = dcsUrl.namespace;
    sources.push('--dcs-url');
  }
  const config: Section = { name: '', values: raw };
  const scope = textIn(config, 'scope');
  const citus = readCitus(raw.citus, warnings);
  return {
    ...(scope === undefined ? {} : { scope }),
    namespace: textIn(config, 'namespace') ?? DEFAULT_NAMESPACE,
    ...(citus === undefined ? {} : { citus }),
    store: trusting(readStore(config, dcsUrl?.section), input.insecure),
    rest: readRestSettings(config, input.insecure),
    sources,
    raw,
    exposed: local.exposed,
    warnings,
    callTimeoutMs: CALL_TIMEOUT_MS,
  };
}

/** The file or directory to read. Only the default one may be missing. */
async function existingPath(input: CtlSettingsInput): Promise<string | undefined> {
  const named = input.configFile;
  if (named) return input.cwd === undefined ? named : resolve(input.cwd, named);
  const path = join(configHome(input), 'patroni', 'patronictl.yaml');
  try {
    await stat(path);
    return path;
  } catch {
    return undefined;
  }
}

/** As click finds it: `XDG_CONFIG_HOME`, otherwise `~/.config`. */
function configHome({ env, home }: CtlSettingsInput): string {
  const named = env.XDG_CONFIG_HOME;
  return named ? named.replace(/^~(?=\/|$)/, home) : join(home, '.config');
}

/**
 * `-k` on the command line is for every server; `ctl.insecure` in a file is, as in Patroni, for the
 * members' REST API only: a file that works there must not switch checks off here.
 */
function trusting(store: StoreSettings, insecure: boolean): StoreSettings {
  if (store.kind !== 'etcd3' && store.kind !== 'etcd') return store;
  return { ...store, tls: { ...store.tls, insecure } };
}

/** Patroni takes the section only with a whole number as group and text as database. */
function readCitus(value: Json | undefined, warnings: string[]): CtlSettings['citus'] {
  if (value === undefined || value === null) return undefined;
  if (isRecord(value)) {
    const { group, database } = value;
    if (Number.isInteger(group) && typeof database === 'string') {
      return { group: Number(group), database };
    }
  }
  warnings.push(
    'The section citus is ignored: it needs group (a whole number) and database (text)',
  );
  return undefined;
}
