import type { Json } from '../model/json.ts';
import { readEnvironment } from './environment.ts';
import { mergePatch } from './patch.ts';

/** The configuration of this machine: files and environment, merged and not yet understood. */
export interface LocalConfig {
  readonly config: Readonly<Record<string, Json>>;
  /** File names, `environment`, `PATRONI_CONFIGURATION`. */
  readonly sources: readonly string[];
  /** Files with passwords that everybody may read. */
  readonly exposed: readonly string[];
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/** Where to read the local configuration. */
export interface LocalConfigInput {
  /** A file or a directory; undefined: there is none. */
  readonly path: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What to say to somebody whose file cannot be read. */
  readonly hint: string;
}

/**
 * Reads it as Patroni does (config.py): `PATRONI_*` over the files; without a file,
 * `PATRONI_CONFIGURATION` (YAML) stands for everything else. Rejects with a `Refusal`.
 */
export async function readLocalConfig(input: LocalConfigInput): Promise<LocalConfig> {
  const { path, env, hint } = input;
  const text = env.PATRONI_CONFIGURATION;
  if (path === undefined && text) {
    const { parseConfigText } = await import('./config-files.ts');
    const source = 'PATRONI_CONFIGURATION';
    const config = parseConfigText(text, source);
    return { config, sources: [source], exposed: [], warnings: [] };
  }
  const environment = await readEnvironment(env);
  const fromEnvironment = Object.keys(environment.config).length > 0 ? ['environment'] : [];
  if (path === undefined) return { ...environment, sources: fromEnvironment, exposed: [] };
  // The YAML parser is loaded only where there is a file.
  const { readConfigFiles } = await import('./config-files.ts');
  const { config, files, exposed } = await readConfigFiles(path, hint);
  return {
    config: mergePatch(config, environment.config),
    sources: [...files, ...fromEnvironment],
    exposed,
    warnings: environment.warnings,
  };
}
