import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { Credentials } from '../model/postgres-config.ts';

type Options = Credentials['options'];

/** How a connection is made: without TLS, or with it. */
export type Attempt = 'plain' | 'tls';

/**
 * With and without TLS, in libpq's order for this `sslmode` (manual, "SSL Support"); a later one is
 * tried when the server does not want the earlier. Never TLS on a Unix socket.
 */
export function tlsAttempts(host: string, options: Options): readonly Attempt[] {
  if (host.startsWith('/')) return ['plain'];
  switch (options.sslmode ?? 'prefer') {
    case 'disable':
      return ['plain'];
    case 'allow':
      return ['plain', 'tls'];
    case 'prefer':
      return ['tls', 'plain'];
    default:
      return ['tls'];
  }
}

/** Whether, and how, libpq would check the server's certificate. */
export function certificateCheck(options: Options): 'none' | 'chain' | 'chain and name' {
  // A CA from the system may have signed for anybody: libpq insists on the name then.
  if (options.sslmode === 'verify-full' || options.sslrootcert === 'system') {
    return 'chain and name';
  }
  const given = options.sslmode === 'require' && Boolean(options.sslrootcert);
  return options.sslmode === 'verify-ca' || given ? 'chain' : 'none';
}

/** Reads the files that the options name. Rejects where one cannot be read. */
export async function tlsOptions(options: Options): Promise<ConnectionOptions> {
  const check = certificateCheck(options);
  const [ca, cert, key, crl] = await Promise.all([
    options.sslrootcert === 'system' ? undefined : read(options.sslrootcert),
    read(options.sslcert),
    read(options.sslkey),
    read(options.sslcrl),
  ]);
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(crl ? { crl } : {}),
    ...(options.sslpassword ? { passphrase: options.sslpassword } : {}),
    rejectUnauthorized: check !== 'none',
    ...(check === 'chain and name' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function read(path: string | undefined): Promise<Buffer> | undefined {
  return path ? readFile(path) : undefined;
}
