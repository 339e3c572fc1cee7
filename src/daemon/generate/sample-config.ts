import { join } from 'node:path';
import { mergePatch } from '../../config/patch.ts';
import type { ValidationWorld } from '../validate/world.ts';
import { type JsonMap, mapAt, NO_VALUE, type OwnAddress, template } from './template.ts';

/** What a sample is made for. */
export interface SampleInput {
  readonly address: OwnAddress;
  /** What the `PATRONI_*` variables say. */
  readonly environment: JsonMap;
  readonly world: Pick<ValidationWorld, 'majorVersion'>;
}

/**
 * A configuration with sensible values for the PostgreSQL that is installed here, and placeholders
 * where nobody else can know. Rejects when PostgreSQL cannot be asked for its version.
 */
export async function sampleConfig({ address, environment, world }: SampleInput): Promise<JsonMap> {
  const base = template(address, environment);
  const { bin_dir: binDir } = mapAt(base, 'postgresql');
  const { postgres = 'postgres' } = mapAt(base, 'postgresql', 'bin_name');
  const program = String(postgres);
  const version = Number(
    await world.majorVersion(binDir ? join(String(binDir), program) : program),
  );
  const { replication } = mapAt(base, 'postgresql', 'authentication');
  const method = version >= 10 ? 'scram-sha-256' : 'md5';
  const keep = version >= 13 ? { wal_keep_size: '128MB' } : { wal_keep_segments: 8 };
  const rewind = { username: 'rewind_user', password: NO_VALUE };
  return mergePatch(base, {
    bootstrap: {
      dcs: {
        postgresql: { use_pg_rewind: true, parameters: { ...keep, wal_level: 'replica' } },
      },
    },
    postgresql: {
      parameters: { password_encryption: method },
      pg_hba: [
        `host all all all ${method}`,
        `host replication ${userOf(replication)} all ${method}`,
      ],
      ...(version >= 11
        ? { authentication: { rewind: { ...rewind, ...mapAt(base, ...REWIND) } } }
        : {}),
    },
  });
}

const REWIND = ['postgresql', 'authentication', 'rewind'];

function userOf(user: JsonMap[string] | undefined): string {
  return String(mapAt({ user: user ?? null }, 'user').username ?? 'replicator');
}
