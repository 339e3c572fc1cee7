import { createSecureContext } from 'node:tls';
import type { TlsSettings } from '../config/settings.ts';
import { Refusal } from '../model/errors.ts';
import type { TlsClient } from '../system/http.ts';
import { printable } from '../system/text.ts';

/** Reads a file; the whole of it. */
export type ReadFile = (path: string) => Promise<Buffer>;

/**
 * Reads the certificate files and makes what a TLS connection needs. Without an authority file the
 * system's own authorities count. Rejects with a `Refusal` that names the key and the file when one
 * cannot be read or used.
 */
export async function loadTlsFiles(settings: TlsSettings, readFile: ReadFile): Promise<TlsClient> {
  const [ca, cert, key] = await Promise.all([
    readNamed(readFile, settings, CACERT),
    readNamed(readFile, settings, CERT),
    readNamed(readFile, settings, KEY),
  ]);
  if (ca && !ca.includes('-----BEGIN')) {
    throw unusable(CACERT, settings, 'there is no PEM certificate in it');
  }
  check(CACERT, settings, () => createSecureContext(ca ? { ca } : {}));
  check(CERT, settings, () => createSecureContext(cert ? { cert } : {}));
  const context = check(KEY, settings, () =>
    createSecureContext({
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(settings.keyPassword === undefined ? {} : { passphrase: settings.keyPassword }),
    }),
  );
  return { context, insecure: settings.insecure };
}

/** A file, by its place in our settings and in the configuration. */
interface FileKey {
  readonly setting: 'cacert' | 'cert' | 'key';
  readonly name: string;
}

const CACERT: FileKey = { setting: 'cacert', name: 'ctl.cacert or restapi.cafile' };
const CERT: FileKey = { setting: 'cert', name: 'ctl.certfile' };
const KEY: FileKey = { setting: 'key', name: 'ctl.keyfile' };

async function readNamed(
  readFile: ReadFile,
  settings: TlsSettings,
  key: FileKey,
): Promise<Buffer | undefined> {
  const path = settings[key.setting];
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    const why = READ_REASONS[codeOf(error)] ?? printable(String(error));
    throw new Refusal('tls-file-unreadable', `Cannot read ${place(settings, key)}: ${why}`);
  }
}

function check<T>(key: FileKey, settings: TlsSettings, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw unusable(key, settings, reasonOf(error, settings));
  }
}

function unusable(key: FileKey, settings: TlsSettings, why: string): Refusal {
  return new Refusal('tls-file-unusable', `Cannot use ${place(settings, key)}: ${why}`);
}

function place(settings: TlsSettings, key: FileKey): string {
  return `${printable(settings[key.setting] ?? '')} (${key.name} in the configuration)`;
}

const READ_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'no permission to read it',
};

/** OpenSSL's codes, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_OSSL_PEM_NO_START_LINE: 'there is no PEM certificate or key in it',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key does not belong to the certificate of ctl.certfile',
};

function reasonOf(error: unknown, settings: TlsSettings): string {
  const code = codeOf(error);
  if (/BAD_DECRYPT|MISSING_PASSPHRASE|BAD_PASSWORD_READ|INTERRUPTED_OR_CANCELLED/.test(code)) {
    return settings.keyPassword === undefined
      ? 'the key has a password, and ctl.keyfile_password is not set'
      : 'ctl.keyfile_password is wrong';
  }
  return REASONS[code] ?? printable(error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
