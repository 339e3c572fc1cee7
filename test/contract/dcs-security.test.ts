import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdSettings } from '../../src/config/settings.ts';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { giveToServerUser } from '../harness/processes.ts';
import { failureOf, open } from './dcs-store.ts';

type Tls = EtcdSettings['tls'];

async function read(etcd: RunningEtcd, settings: Partial<EtcdSettings>): Promise<number> {
  const store = await open(etcd.hosts, { protocol: 'https', ...settings });
  try {
    return (await store.cluster('demo').read()).length;
  } finally {
    await store.close();
  }
}

describe('TLS', () => {
  let directory: string;
  let files: Certificates;
  const running: Record<string, RunningEtcd> = {};

  const etcd = (name: string): RunningEtcd => {
    const found = running[name];
    if (!found) throw new Error(`no etcd called ${name}`);
    return found;
  };
  const trusted = (): Tls => ({ cacert: files.ca, insecure: false });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'pgherd-tls-'));
    files = makeCertificates(directory);
    giveToServerUser(directory);
    const { cert, key, ca } = files;
    const start = async (name: string, options: Parameters<typeof startEtcd>[0]) => {
      running[name] = await startEtcd(options);
    };
    await Promise.all([
      start('plain', { version: '3.5' }),
      start('plain 3.4', { version: '3.4' }),
      start('good', { version: '3.5', tls: { cert, key } }),
      start('good 3.4', { version: '3.4', tls: { cert, key } }),
      start('gRPC', { version: '3.5', tls: { cert, key }, gateway: false }),
      start('client', { version: '3.5', tls: { cert, key, clientCa: ca } }),
      start('client 3.4', { version: '3.4', tls: { cert, key, clientCa: ca } }),
      start('client gRPC', { version: '3.5', tls: { cert, key, clientCa: ca }, gateway: false }),
      start('expired', { version: '3.5', tls: { cert: files.expiredCert, key } }),
      start('other name', { version: '3.5', tls: { cert: files.otherNameCert, key } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all(Object.values(running).map((one) => one.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(['good', 'good 3.4', 'gRPC'])(
    'a certificate of the CA is trusted: %s',
    async (name) => {
      expect(await read(etcd(name), { tls: trusted() })).toBe(0);
    },
  );

  test.each(['client', 'client 3.4', 'client gRPC'])(
    'a client certificate is shown: %s',
    async (name) => {
      const tls = { ...trusted(), cert: files.cert, key: files.key };
      expect(await read(etcd(name), { tls })).toBe(0);
    },
  );

  test.each(['good', 'expired', 'other name'])('-k accepts any certificate: %s', async (name) => {
    expect(await read(etcd(name), { tls: { insecure: true } })).toBe(0);
  });

  const CASES: {
    name: string;
    etcd: string;
    settings: () => Partial<EtcdSettings>;
    message: RegExp;
    hint: RegExp;
  }[] = [
    {
      name: 'no CA',
      etcd: 'good',
      settings: () => ({ tls: { insecure: false } }),
      message: /its certificate is not signed by a CA that is trusted here$/,
      hint: /set cacert/,
    },
    {
      name: 'a wrong CA',
      etcd: 'good',
      settings: () => ({ tls: { cacert: files.otherCa, insecure: false } }),
      message: /its certificate is not signed by a CA that is trusted here$/,
      hint: /set cacert/,
    },
    {
      name: 'an expired certificate',
      etcd: 'expired',
      settings: () => ({ tls: trusted() }),
      message: /its certificate has expired$/,
      hint: /renew/,
    },
    {
      name: 'a certificate for another name',
      etcd: 'other name',
      settings: () => ({ tls: trusted() }),
      message: /its certificate is for another name than 127\.0\.0\.1$/,
      hint: /name that is in the certificate/,
    },
    {
      name: 'no client certificate',
      etcd: 'client',
      settings: () => ({ tls: trusted() }),
      message: /it wants a client certificate/,
      hint: /set cert and key/,
    },
    {
      name: 'no client certificate, 3.4',
      etcd: 'client 3.4',
      settings: () => ({ tls: trusted() }),
      message: /it wants a client certificate/,
      hint: /set cert and key/,
    },
    {
      name: 'plain HTTP against TLS',
      etcd: 'good',
      settings: () => ({ protocol: 'http' }),
      message: /it closed the connection without an answer$/,
      hint: /protocol: https/,
    },
    {
      name: 'TLS against plain HTTP',
      etcd: 'plain',
      settings: () => ({ tls: trusted() }),
      message: /the server speaks plain HTTP$/,
      hint: /protocol: http /,
    },
    {
      name: 'TLS against plain HTTP, 3.4',
      etcd: 'plain 3.4',
      settings: () => ({ tls: trusted() }),
      message: /the server speaks plain HTTP$/,
      hint: /protocol: http /,
    },
    {
      name: 'no check over gRPC',
      etcd: 'gRPC',
      settings: () => ({ tls: { insecure: true } }),
      message: /certificates cannot go unchecked$/,
      hint: /set cacert/,
    },
  ];

  test.each(CASES)('$name is one sentence with a hint', async (one) => {
    const failure = await failureOf(read(etcd(one.etcd), one.settings()));
    expect(failure.name).toBe('DcsError');
    expect(failure.message).toMatch(one.message);
    expect(failure.message).not.toMatch(/\n/);
    expect(failure.hint).toMatch(one.hint);
  });

  test('a file that is missing or no certificate is a refusal that names it', async () => {
    const missing = join(directory, 'missing.crt');
    const first = await failureOf(
      read(etcd('good'), { tls: { cacert: missing, insecure: false } }),
    );
    expect(first.name).toBe('Refusal');
    expect(first.message).toBe(
      `Cannot read the file "${missing}", named by cacert in the etcd3 section: ` +
        'there is no such file',
    );
    const junk = join(directory, 'junk.crt');
    writeFileSync(junk, 'no certificate');
    const second = await failureOf(
      read(etcd('good'), { tls: { ...trusted(), cert: junk, key: files.key } }),
    );
    expect(second.message).toBe(
      'The client certificate cannot be used with its key: cert and key in the etcd3 section: ' +
        'it is not in PEM format',
    );
  });
});

describe.each([
  { version: '3.4', gateway: true },
  { version: '3.4', gateway: false },
  { version: '3.5', gateway: true },
  { version: '3.5', gateway: false },
] as const)('users and roles, etcd $version, gateway $gateway', (options) => {
  const password = 'se cret"ü';
  let etcd: RunningEtcd;

  beforeAll(async () => {
    etcd = await startEtcd({ ...options, auth: { password, prefix: '/service/' } });
  });
  afterAll(() => etcd?.stop());

  const as = (user: Partial<EtcdSettings>) => open(etcd.hosts, user);

  test('the right password opens what the role allows', async () => {
    const store = await as({ username: 'pgherd', password });
    expect(await store.cluster('demo').write('leader', 'pg1', 'any')).toBe('done');
    expect(await store.cluster('demo').read()).toHaveLength(1);
    expect(await store.cluster('demo').removeAll()).toBe(1);
    await store.close();
  });

  test.each([
    [
      'a wrong password',
      { username: 'pgherd', password: 'wrong' },
      /the user name or the password$/,
    ],
    ['an unknown user', { username: 'nobody', password }, /the user name or the password$/],
    ['no user', {}, /wants a user name and a password, and the configuration has none$/],
  ])('%s is one sentence with a hint', async (_name, user, message) => {
    const store = await as(user);
    const failure = await failureOf(store.cluster('demo').read());
    await store.close();
    expect(failure.name).toBe('DcsError');
    expect(failure.message).toMatch(message);
    expect(failure.hint).toMatch(/username and password in the etcd section/);
  });

  test('keys that the role does not cover are refused, for reading and for writing', async () => {
    const { openStore } = await import('../../src/dcs/open.ts');
    const { readFile } = await import('node:fs/promises');
    const store = await openStore(
      {
        namespace: '/elsewhere',
        store: {
          kind: 'etcd3',
          hosts: etcd.hosts,
          protocol: 'http',
          useProxies: false,
          username: 'pgherd',
          password,
          tls: { insecure: false },
        },
      },
      { callTimeoutMs: 5000, warn: () => {}, readFile },
    );
    const expected = /^etcd does not let this user read or write these keys$/;
    expect((await failureOf(store.cluster('demo').read())).message).toMatch(expected);
    const write = store.cluster('demo').write('config', '{}', 'any');
    expect((await failureOf(write)).message).toMatch(expected);
    await store.close();
  });

  test('a user and a password do no harm where authentication is off', async () => {
    const open4 = await startEtcd(options);
    const store = await open(open4.hosts, { username: 'pgherd', password });
    expect(await store.cluster('demo').write('leader', 'pg1', 'any')).toBe('done');
    expect(await store.cluster('demo').read()).toHaveLength(1);
    await store.close();
    await open4.stop();
  });
});
