import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/postgres/connect.ts';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import {
  becomeServerUser,
  newServer,
  SUPERUSER,
  type TestServer,
  temporaryDirectory,
} from '../harness/postgres.ts';

becomeServerUser();

let server: TestServer;
let plain: TestServer;
let files: Certificates;

beforeAll(async () => {
  files = makeCertificates(temporaryDirectory());
  chmodSync(files.key, 0o600);
  server = await newServer();
  const { dataDir } = server.config;
  writeFileSync(
    join(dataDir, 'pg_hba.conf'),
    [
      'local all all trust',
      'hostssl all rewinder 127.0.0.1/32 cert map=any',
      'hostnossl all replicator 127.0.0.1/32 scram-sha-256',
      'hostssl all replicator 127.0.0.1/32 reject',
      'hostssl all all 127.0.0.1/32 scram-sha-256',
    ].join('\n'),
  );
  writeFileSync(join(dataDir, 'pg_ident.conf'), 'any /^.*$ rewinder\n');
  appendFileSync(
    join(dataDir, 'postgresql.conf'),
    `ssl = on\nssl_cert_file = '${files.cert}'\nssl_key_file = '${files.key}'\nssl_ca_file = '${files.ca}'\n`,
  );
  await server.start();
  plain = await newServer();
  await plain.start();
});

afterAll(async () => {
  await server.destroy();
  await plain.destroy();
});

async function to(
  { config }: TestServer,
  options: Record<string, string>,
  change: { host?: string; username?: string; password?: string } = {},
): Promise<boolean> {
  const { host = '127.0.0.1', ...login } = change;
  const credentials = { ...SUPERUSER, ...login, options };
  let connection: Connection | undefined;
  try {
    const place = { host, port: config.port, database: 'postgres', credentials };
    connection = await connect({ ...place, timeoutMs: 10_000 });
    const [rows] = await connection.query(
      'SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()',
      { timeoutMs: 10_000 },
    );
    return rows?.[0]?.ssl === true;
  } finally {
    connection?.close();
  }
}

it('TLS is preferred, and done without where the server has none', async () => {
  expect(await to(server, {})).toBe(true);
  expect(await to(plain, {})).toBe(false);
  expect(await to(plain, { sslmode: 'disable' })).toBe(false);
});

it('TLS that is required is required', async () => {
  expect(await to(server, { sslmode: 'require' })).toBe(true);
  await expect(to(plain, { sslmode: 'require' })).rejects.toThrow('does not support SSL');
});

it('what the rules of access want is found out', async () => {
  expect(await to(server, { sslmode: 'allow' })).toBe(true);
  const login = { username: 'replicator', password: 'canary-repl' };
  expect(await to(server, { sslmode: 'prefer' }, login)).toBe(false);
  await expect(to(server, { sslmode: 'require' }, login)).rejects.toMatchObject({
    sqlstate: '28000',
  });
});

it('the certificate is checked as far as it is wanted', async () => {
  const sslrootcert = files.ca;
  expect(await to(server, { sslmode: 'verify-full', sslrootcert })).toBe(true);
  expect(await to(server, { sslmode: 'verify-ca', sslrootcert }, { host: '127.0.0.1' })).toBe(true);
  for (const sslmode of ['require', 'verify-ca', 'verify-full']) {
    const wrong = { sslmode, sslrootcert: files.otherCa };
    await expect(to(server, wrong)).rejects.toThrow(/certificate/);
  }
  await expect(to(server, { sslmode: 'verify-ca' })).rejects.toThrow('sslrootcert');
  const missing = { sslmode: 'verify-ca', sslrootcert: '/nowhere/ca' };
  await expect(to(server, missing)).rejects.toThrow('/nowhere/ca');
});

it('a client shows its own certificate', async () => {
  const own = { sslmode: 'verify-ca', sslrootcert: files.ca, sslcert: files.cert };
  const login = { username: 'rewinder' };
  expect(await to(server, { ...own, sslkey: files.key }, login)).toBe(true);
  await expect(to(server, { sslmode: 'require' }, login)).rejects.toMatchObject({
    sqlstate: '28000',
  });
});
