import type { Source } from '../model/postgres.ts';
import type { Credentials, PostgresConfig } from '../model/postgres-config.ts';
import { sourceAddress } from '../model/source-address.ts';
import type { ConnectTarget } from './connect.ts';

/** Where a member's server may be reached, for the time that is left. */
export type RemoteTarget = Omit<ConnectTarget, 'timeoutMs'>;

/** Who asks another server for more than replication: pg_rewind's user, or the superuser. */
export function askingCredentials({ rewind, superuser }: PostgresConfig): Credentials {
  return rewind ?? superuser;
}

/**
 * The places that a source names, in its order: the primary of another cluster may have several.
 * Host and port only are taken from what is somebody else's word. Empty: it names none.
 */
export function remoteTargets(
  source: Source,
  { database, credentials }: Pick<RemoteTarget, 'database' | 'credentials'>,
): RemoteTarget[] {
  const address = sourceAddress(source);
  if (!address) return [];
  const hosts = address.host.split(',').filter((host) => host !== '');
  return hosts.map((host) => ({ host, port: address.port, database, credentials }));
}
