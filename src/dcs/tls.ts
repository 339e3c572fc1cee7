import type { TlsSettings } from '../config/settings.ts';
import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';

/** Reads a whole file; rejects as `fs.promises.readFile` does. */
export type ReadFile = (path: string) => Promise<Buffer>;

/** What a TLS connection needs, read and checked. Absent `ca`: the CAs that Node.js trusts. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly passphrase?: string;
  readonly rejectUnauthorized: boolean;
}

/**
 * Reads the certificate files that a section of the configuration names. Rejects with a `Refusal`
 * that names the key and the file when one cannot be read or is no use.
 */
export async function loadTls(
  settings: TlsSettings,
  section: string,
  readFile: ReadFile,
): Promise<TlsMaterial> {
  const read = async (name: 'cacert' | 'cert' | 'key'): Promise<Buffer | undefined> => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      return await readFile(path);
    } catch (error) {
      const file = `the file "${printable(path)}", named by ${name} in the ${section} section`;
      throw new Refusal('tls-file', `Cannot read ${file}: ${reasonOf(error)}`);
    }
  };
  const ca = await read('cacert');
  const cert = await read('cert');
  // Without `key` the file of the certificate holds the key too, as with Patroni.
  const key = (await read('key')) ?? cert;
  const material: TlsMaterial = {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(cert && key ? { key } : {}),
    ...(settings.keyPassword === undefined ? {} : { passphrase: settings.keyPassword }),
    rejectUnauthorized: !settings.insecure,
  };
  await check(material, settings, section);
  return material;
}

async function check(material: TlsMaterial, settings: TlsSettings, section: string): Promise<void> {
  const { createSecureContext } = await import('node:tls');
  const { ca, cert, key, passphrase } = material;
  const refuse = (what: string, error: unknown): Refusal =>
    new Refusal('tls-file', `${what} in the ${section} section: ${reasonOf(error)}`);
  const noCa = `No certificate can be read from "${printable(settings.cacert ?? '')}", cacert`;
  // OpenSSL takes a file without any certificate for one that trusts nobody.
  if (ca && !ca.includes('-----BEGIN')) throw refuse(noCa, 'it is not in PEM format');
  try {
    createSecureContext(ca ? { ca } : {});
  } catch (error) {
    throw refuse(noCa, error);
  }
  try {
    if (cert) createSecureContext({ cert, key, passphrase });
  } catch (error) {
    throw refuse('The client certificate cannot be used with its key: cert and key', error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ERR_OSSL_PEM_NO_START_LINE: 'it is not in PEM format',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key is not the one of the certificate',
  ERR_OSSL_BAD_DECRYPT: 'the password of the key is wrong',
  ERR_OSSL_EVP_BAD_DECRYPT: 'the password of the key is wrong',
  ERR_MISSING_PASSPHRASE: 'the key is encrypted and no password is given',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? printable(error.message);
}
