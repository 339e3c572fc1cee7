import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isShownAsItIs } from '../../model/application-name.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import type { AgentSettings, Surroundings } from '../agent-settings.ts';
import { type LocalConfig, readLocalConfig } from '../local-config.ts';
import { readRestSettings } from '../rest-settings.ts';
import { type Section, sectionIn, textIn, wrongValue } from '../section.ts';
import type { StoreSettings } from '../settings.ts';
import { moveOldExhibitor, readStore } from '../store-settings.ts';
import { readBootstrap } from './bootstrap.ts';
import { understandPostgres } from './effective-postgres.ts';
import { strangeKeys } from './known-keys.ts';
import { readLog } from './log-section.ts';
import { readOwnSection } from './own-section.ts';
import { checkPostgresKeys } from './postgres-keys.ts';
import { readRestApi } from './rest-api.ts';
import { readTags } from './tags.ts';
import { readWatchdog } from './watchdog.ts';

/** Where the settings of an agent come from. */
export interface AgentSettingsInput {
  /** A file or a directory; absent or empty: `PATRONI_CONFIGURATION`, or the environment alone. */
  readonly configFile?: string;
  /** With the `PATRONI_*` variables: see `takePatroniVariables`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Those of this process when absent. */
  readonly surroundings?: Surroundings;
}

const HINT = 'name the configuration file, or set PATRONI_CONFIGURATION';
/** Patroni's placeholder in `synchronous_standby_names`. */
const RESERVED_NAME = '__patroni_strict_sync_replica_placeholder__';

/**
 * Reads the settings as the patroni daemon does (its config.py): `PATRONI_*` over the files.
 * Rejects with a `Refusal` of one sentence when something cannot be read, is missing, or has the
 * wrong type; what is merely without effect or unwise is a warning.
 */
export async function loadAgentSettings(input: AgentSettingsInput): Promise<AgentSettings> {
  return understandConfig(await readAgentConfig(input), input.surroundings);
}

/** Reads the files and the variables, and understands nothing yet. Rejects with a `Refusal`. */
export async function readAgentConfig(
  input: Pick<AgentSettingsInput, 'configFile' | 'env'>,
): Promise<LocalConfig> {
  const { path, warnings } = existingPath(input);
  const local = await readLocalConfig({ path, env: input.env, hint: HINT });
  const exposed = local.exposed.map(
    (file) => `${printable(file)} has passwords in it, and everybody may read it: chmod o-r`,
  );
  return { ...local, warnings: [...warnings, ...local.warnings, ...exposed] };
}

/**
 * Takes the `PATRONI_*` variables out of an environment, so that children do not get the passwords
 * in them, and returns them: they are needed again for every reload.
 */
export function takePatroniVariables(
  env: Record<string, string | undefined>,
): Readonly<Record<string, string>> {
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PATRONI_') || value === undefined) continue;
    taken[name] = value;
    delete env[name];
  }
  return taken;
}

/** Like Patroni, a file that is missing is passed over when the environment has the settings. */
function existingPath({ configFile, env }: Pick<AgentSettingsInput, 'configFile' | 'env'>) {
  if (!configFile) return { path: undefined, warnings: [] };
  const configured = env.PATRONI_CONFIGURATION || env.PATRONI_SCOPE;
  if (existsSync(configFile) || !configured) return { path: configFile, warnings: [] };
  const shown = printable(configFile);
  const warnings = [`${shown} does not exist: the settings are of the environment alone`];
  return { path: undefined, warnings };
}

function ownSurroundings(): Surroundings {
  return { user: ownUser(), home: homedir(), cwd: process.cwd() };
}

function ownUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // In a container a user may have a number and no name.
    return undefined;
  }
}

/** What a configuration means to an agent. Throws a `Refusal`. */
export function understandConfig(
  local: LocalConfig,
  surroundings: Surroundings = ownSurroundings(),
): AgentSettings {
  const warnings = [...local.warnings];
  const raw = moveOldExhibitor(local.config);
  const config: Section = { name: '', values: raw };
  const postgresql = sectionIn(config, 'postgresql');
  const scope = textIn(config, 'scope');
  if (scope === undefined) throw missing(config, 'scope', local);
  if (!postgresql) throw missing(config, 'postgresql', local);
  const name = readName(config, postgresql);
  if (!isShownAsItIs(name)) {
    warnings.push(
      `${name} will never be a synchronous standby: PostgreSQL knows standbys by names of at most` +
        ' 63 letters of ASCII',
    );
  }
  checkPostgresKeys(postgresql);
  const settings: AgentSettings = {
    scope,
    name,
    namespace: textIn(config, 'namespace') ?? '/service',
    store: usableStore(readStore(config), local),
    restApi: readRestApi(config, warnings),
    restClient: readRestSettings(config, false),
    tags: readTags(config, warnings),
    watchdog: readWatchdog(config, warnings),
    ...readOwnSection(config, surroundings.cwd),
    log: readLog(config, warnings),
    bootstrap: readBootstrap(config, warnings),
    postgresql: postgresql.values,
    surroundings,
    sources: local.sources,
    raw,
    warnings,
  };
  warnings.push(...understandPostgres(settings, {}).warnings, ...strangeKeys(raw));
  return settings;
}

function readName(config: Section, postgresql: Section): string {
  // Very old files have it there.
  const name = textIn(config, 'name') ?? textIn(postgresql, 'name');
  if (name === undefined) throw wrongValue(config, 'name', 'is missing');
  if (name === RESERVED_NAME) throw wrongValue(config, 'name', 'is a name that Patroni reserves');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  if (/[/\u0000-\u001f]/.test(name)) throw wrongValue(config, 'name', 'must not have a / in it');
  return name;
}

function usableStore(store: StoreSettings, local: LocalConfig): StoreSettings {
  if (store.kind === 'none') {
    throw new Refusal(
      'no-store',
      `No store is configured: ${readFrom(local)} has no section etcd3`,
      {
        hint: 'set etcd3.hosts in the file, or PATRONI_ETCD3_HOSTS',
      },
    );
  }
  if (store.kind !== 'unsupported') return store;
  throw new Refusal('unsupported-store', `The store ${store.section} cannot be used by an agent`, {
    hint: 'there are etcd3 and etcd',
  });
}

function missing(config: Section, key: string, local: LocalConfig): Refusal {
  const { message } = wrongValue(config, key, `is missing (read: ${readFrom(local)})`);
  return new Refusal('bad-config', message, local.sources.length > 0 ? {} : { hint: HINT });
}

function readFrom({ sources }: LocalConfig): string {
  return sources.length > 0 ? sources.map(printable).join(', ') : 'nothing at all';
}
