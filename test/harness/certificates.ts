import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** File names of a CA, and of certificates that it signed. */
export interface Certificates {
  readonly ca: string;
  /** Another CA, which signed nothing here. */
  readonly otherCa: string;
  /** For 127.0.0.1 and localhost; good for servers and for clients. */
  readonly cert: string;
  readonly key: string;
  /** The same name, but it has ended long ago. */
  readonly expiredCert: string;
  /** For `other.example` only. */
  readonly otherNameCert: string;
}

/** Makes them in `directory` with the `openssl` program. */
export function makeCertificates(directory: string): Certificates {
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const makeCa = (name: string): void =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`)],
      ...['-out', at(`${name}.crt`)],
    );
  makeCa('ca');
  makeCa('other-ca');
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=localhost', '-keyout', at('server.key'), '-out', at('server.csr')],
  );
  const sign = (name: string, names: string, dates: readonly string[]): string => {
    writeFileSync(
      at(`${name}.ext`),
      `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    openssl(
      ...['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key')],
      ...['-CAcreateserial', '-extfile', at(`${name}.ext`), '-out', at(`${name}.crt`), ...dates],
    );
    return at(`${name}.crt`);
  };
  const own = 'IP:127.0.0.1,DNS:localhost';
  return {
    ca: at('ca.crt'),
    otherCa: at('other-ca.crt'),
    key: at('server.key'),
    cert: sign('server', own, ['-days', '1']),
    // A negative life is the way to an end in the past that every OpenSSL 3 takes.
    expiredCert: sign('expired', own, ['-days', '-1']),
    otherNameCert: sign('other-name', 'DNS:other.example', ['-days', '1']),
  };
}
