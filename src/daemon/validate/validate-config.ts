import { understandConfig } from '../../config/agent/load.ts';
import type { LocalConfig } from '../../config/local-config.ts';
import { pythonStr } from '../../ctl/render/python-str.ts';
import { pythonYaml } from '../../ctl/render/python-yaml.ts';
import { Refusal } from '../../model/errors.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { localSchema } from './schema.ts';
import { realWorld, type ValidationWorld } from './world.ts';

/** The streams, as `--validate-config` and the generators know them. A newline is added. */
export interface ConfigIo {
  out(text: string): void;
  err(text: string): void;
}

/** `--validate-config` and the options that go with it. */
export interface ValidateOptions {
  /** What is to be checked: see `readAgentConfig`. */
  readonly local: LocalConfig;
  /** `-i`: that something listens on the ports already is no mistake. */
  readonly ignoreListenPort: boolean;
  /** `-p`: print the configuration, if nothing is wrong. */
  readonly print: boolean;
  readonly io: ConfigIo;
  readonly world?: ValidationWorld;
}

/**
 * Checks a local configuration by Patroni's own schema, with its words, one line on stderr for each
 * mistake; then whether an agent of pgherd would start with it. Returns the exit code: 0, or 1 when
 * something is wrong. Warnings do not count.
 */
export async function validateConfig(options: ValidateOptions): Promise<number> {
  const { local, io, print } = options;
  const mistakes = await findMistakes(options);
  for (const line of mistakes) io.err(line);
  if (mistakes.length > 0) return 1;
  try {
    for (const warning of understandConfig(local).warnings) io.err(`Warning: ${warning}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.err(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
    return 1;
  }
  if (print) io.out(pythonYaml(withBinDir(local.config)).trimEnd());
  return 0;
}

async function findMistakes(options: ValidateOptions): Promise<string[]> {
  const { local, ignoreListenPort, world = realWorld } = options;
  const { config } = local;
  const postgresql = mapAt(config, 'postgresql');
  const names = mapAt(postgresql, 'bin_name');
  const binDir = typeof postgresql.bin_dir === 'string' ? postgresql.bin_dir : undefined;
  const schema = localSchema(
    { world, ignoreListenPort },
    { world, binDir, nameOf: (program) => String(names[program] ?? program) },
  );
  const verdicts = await schema(config);
  return verdicts.flatMap(({ ok, path, value, error }) =>
    ok ? [] : [printable(`${path} ${pythonStr(value)} ${error}`)],
  );
}

function mapAt(config: Readonly<Record<string, Json>>, key: string): Record<string, Json> {
  const value = config[key];
  return isRecord(value) ? (value as Record<string, Json>) : {};
}

/** Patroni prints what it has filled in, too. */
function withBinDir(config: Readonly<Record<string, Json>>): Record<string, Json> {
  return { ...config, postgresql: { bin_dir: '', ...mapAt(config, 'postgresql') } };
}
