import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readLocalConfig } from '../../config/local-config.ts';
import { secretsIn } from '../../config/secrets.ts';
import { Refusal } from '../../model/errors.ts';
import type { ConfigIo } from '../validate/validate-config.ts';
import { realWorld, type ValidationWorld } from '../validate/world.ts';
import { type InstanceWorld, realInstances } from './instance.ts';
import { layOut } from './layout.ts';
import { runningConfig } from './running-config.ts';
import { sampleConfig } from './sample-config.ts';
import { type JsonMap, type OwnAddress, ownAddress } from './template.ts';

/** `--generate-sample-config` and `--generate-config`. */
export interface GenerateOptions {
  readonly kind: 'sample' | 'running';
  /** Where to write it, with what is above it; undefined: to stdout. */
  readonly file: string | undefined;
  /** `--dsn`, for `running`. */
  readonly dsn?: string;
  /** With the `PATRONI_*` variables, which win over the template, and libpq's. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly io: ConfigIo & { askPassword(prompt: string): Promise<string> };
  readonly world?: Pick<ValidationWorld, 'majorVersion'>;
  readonly instances?: InstanceWorld;
  readonly address?: OwnAddress;
}

/**
 * Writes a configuration as Patroni's generators do; a file with passwords in it is for its owner
 * alone. Returns the exit code: 0, or 1 with one line on stderr.
 */
export async function generateConfig(options: GenerateOptions): Promise<number> {
  const { file, io } = options;
  try {
    const config = await configOf(options);
    const text = layOut(config);
    if (file === undefined) io.out(text.trimEnd());
    else writeConfig(file, text, config);
    return 0;
  } catch (error) {
    io.err(error instanceof Refusal ? error.message : `Unexpected exception: ${messageOf(error)}`);
    return 1;
  }
}

async function configOf(options: GenerateOptions): Promise<JsonMap> {
  const { kind, env, dsn, io, world = realWorld, instances = realInstances } = options;
  const local = await readLocalConfig({ path: undefined, env, hint: '' });
  const address = options.address ?? (await ownAddress());
  const common = { address, environment: local.config };
  if (kind === 'sample') {
    try {
      return await sampleConfig({ ...common, world });
    } catch (error) {
      throw new Refusal('no-postgres', `Failed to get postgres version: ${messageOf(error)}`);
    }
  }
  const { askPassword } = io;
  return runningConfig({ ...common, dsn, env, world: instances, askPassword });
}

function writeConfig(file: string, text: string, config: JsonMap): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: secretsIn(config).length > 0 ? 0o600 : 0o666 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
