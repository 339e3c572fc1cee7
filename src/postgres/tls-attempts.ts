import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

/**
 * The files that libpq would look for where none is named (manual, "Client Certificates"), as far
 * as they are there.
 */
async function withDefaults(options: Options): Promise<Options> {
  const folder = join(homedir(), '.postgresql');
  const files = { sslrootcert: 'root.crt', sslcert: 'postgresql.crt', sslkey: 'postgresql.key' };
  const found: Record<string, string> = {};
  for (const [option, name] of Object.entries(files)) {
    const path = join(folder, name);
    if (!options[option] && (await isReadable(path))) found[option] = path;
  }
  return { ...options, ...found };
}

/**
 * Reads the files that the options name, or libpq's own. Rejects where one cannot be read, or the
 * certificate is to be checked and there is nothing to check it by.
 */
export async function tlsOptions(given: Options): Promise<ConnectionOptions> {
  const options = await withDefaults(given);
  const check = certificateCheck(options);
  const bySystem = options.sslrootcert === 'system';
  const [ca, cert, key, crl] = await Promise.all([
    bySystem ? undefined : read(options.sslrootcert),
    read(options.sslcert),
    read(options.sslkey),
    read(options.sslcrl),
  ]);
  if (check !== 'none' && !ca && !bySystem) {
    throw new Error(`sslmode=${options.sslmode} needs a root certificate (sslrootcert)`);
  }
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

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
