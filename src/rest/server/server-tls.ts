import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { RestApiSettings } from '../../config/agent-settings.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import type { ReadFile } from '../tls-files.ts';

/** What a server needs for TLS. */
export interface ServerTls {
  readonly context: SecureContextOptions;
  /** Ask for a client certificate. */
  readonly requestCert: boolean;
  /** Take no client without a good one. */
  readonly rejectUnauthorized: boolean;
  /** Other files, another text. */
  readonly fingerprint: string;
}

type TlsSettings = Pick<
  RestApiSettings,
  'certfile' | 'keyfile' | 'keyfilePassword' | 'cafile' | 'ciphers' | 'verifyClient'
>;

/** OpenSSL's own for TLS 1.3: `ciphers` of the configuration is about TLS 1.2. */
const TLS13_CIPHERS = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/**
 * Reads the files of `restapi`; undefined without `certfile`: it is plain HTTP then. Rejects with a
 * `Refusal` that names what cannot be read or used.
 */
export async function loadServerTls(
  settings: TlsSettings,
  readFile: ReadFile,
): Promise<ServerTls | undefined> {
  const { certfile, keyfile, keyfilePassword, cafile, ciphers, verifyClient } = settings;
  if (certfile === undefined) return undefined;
  const [cert, key, ca] = await Promise.all([
    read('certfile', certfile, readFile),
    keyfile === undefined ? undefined : read('keyfile', keyfile, readFile),
    cafile === undefined ? undefined : read('cafile', cafile, readFile),
  ]);
  const context: SecureContextOptions = {
    cert,
    key: key ?? cert,
    // Without one no client is known, as in Patroni; Node would take the authorities of the web.
    ca: ca ?? [],
    ...(keyfilePassword === undefined ? {} : { passphrase: keyfilePassword }),
    ...(ciphers === undefined ? {} : { ciphers: `${TLS13_CIPHERS}:${ciphers}` }),
  };
  check(settings, context);
  const hash = createHash('sha256');
  for (const part of [cert, key, ca, keyfilePassword, ciphers]) hash.update(part ?? '').update('|');
  return {
    context,
    requestCert: verifyClient !== 'none',
    rejectUnauthorized: verifyClient === 'required',
    fingerprint: hash.digest('hex'),
  };
}

/** The client has shown a certificate, good or bad. */
export function showsCertificate(socket: TLSSocket): boolean {
  const certificate = socket.getPeerCertificate();
  return certificate !== null && Object.keys(certificate).length > 0;
}

async function read(name: string, path: string, readFile: ReadFile): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Refusal('tls-file-unreadable', `Cannot read ${place(name, path)}: ${printable(why)}`);
  }
}

/** Piece by piece, so that the message names the one that is wrong. */
function check(settings: TlsSettings, context: SecureContextOptions): void {
  const { certfile = '', keyfile, cafile, ciphers } = settings;
  const { cert, key, ca, passphrase } = context;
  const secret = passphrase === undefined ? {} : { passphrase };
  attempt(place('certfile', certfile), { cert });
  attempt(place('keyfile', keyfile ?? certfile), { cert, key, ...secret });
  if (cafile !== undefined) attempt(place('cafile', cafile), { ca });
  if (ciphers !== undefined) attempt('restapi.ciphers', context);
}

function attempt(what: string, context: SecureContextOptions): void {
  try {
    createSecureContext(context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('tls-file-unusable', `Cannot use ${what}: ${printable(why)}`);
  }
}

function place(name: string, path: string): string {
  return `${printable(path)} (restapi.${name})`;
}
