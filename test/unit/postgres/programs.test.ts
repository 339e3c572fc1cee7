import { expect, it } from 'vitest';
import { parseVersion, programPath } from '../../../src/postgres/programs.ts';
import { certificateCheck, tlsAttempts } from '../../../src/postgres/tls-attempts.ts';

it.each([
  ['postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)', 150_020],
  ['postgres (PostgreSQL) 12.0', 120_000],
  ['postgres (PostgreSQL) 18beta1', 180_000],
  ['postgres (PostgreSQL) 19devel', 190_000],
  ['postgres (EnterpriseDB) 1', undefined],
  ['', undefined],
])('%j is version %s', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

it('programs are in their folder, under the names that they have there', () => {
  expect(programPath({ binDir: '/bin', binNames: {} }, 'initdb')).toBe('/bin/initdb');
  expect(programPath({ binDir: '', binNames: { initdb: 'i' } }, 'initdb')).toBe('i');
});

it.each([
  ['/run', 'verify-full', ['plain']],
  ['host', 'disable', ['plain']],
  ['host', 'allow', ['plain', 'tls']],
  ['host', undefined, ['tls', 'plain']],
  ['host', 'prefer', ['tls', 'plain']],
  ['host', 'require', ['tls']],
  ['host', 'verify-full', ['tls']],
  // What is not known must not go without.
  ['host', 'nonsense', ['tls']],
])('%s with sslmode %s is tried as %j', (host, sslmode, attempts) => {
  expect(tlsAttempts(host, sslmode === undefined ? {} : { sslmode })).toEqual(attempts);
});

it.each([
  [{}, 'none'],
  [{ sslmode: 'require' }, 'none'],
  [{ sslmode: 'require', sslrootcert: '/ca' }, 'chain'],
  [{ sslmode: 'verify-ca', sslrootcert: '/ca' }, 'chain'],
  [{ sslmode: 'verify-full', sslrootcert: '/ca' }, 'chain and name'],
  [{ sslmode: 'verify-full', sslrootcert: 'system' }, 'chain and name'],
])('with %j the certificate is checked: %s', (options, check) => {
  expect(certificateCheck(options as Record<string, string>)).toBe(check);
});
