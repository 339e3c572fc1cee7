import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FlakyProxy, startFlakyProxy } from '../harness/flaky-proxy.ts';
import { freePorts } from '../harness/ports.ts';
import { giveToServerUser } from '../harness/processes.ts';
import type { Output } from '../harness/run.ts';
import { expectEnvelope, expectFailure, pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { demoDocuments } from '../unit/ctl/documents.ts';

/** The DCS has 5 s for a call; on a slow machine that may seem longer. */
const SOON_MS = 20_000;
const version = newestEtcd();
const PASSWORD = 's3cret';

let directory: string;
let files: Certificates;
let plain: RunningEtcd;
let secure: RunningEtcd;
let expired: RunningEtcd;
let guarded: RunningEtcd;
let hanging: FlakyProxy;
let dead: number;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-weather-'));
  files = makeCertificates(directory);
  giveToServerUser(directory);
  [plain, secure, expired, guarded] = await Promise.all([
    startEtcd({ version }),
    startEtcd({ version, tls: { cert: files.cert, key: files.key, clientCa: files.ca } }),
    startEtcd({ version, tls: { cert: files.expiredCert, key: files.key } }),
    startEtcd({ version, auth: { password: PASSWORD, prefix: '/service/' } }),
  ]);
  await putDocuments(plain.clientUrl, 'demo', demoDocuments());
  hanging = await startFlakyProxy(plain.hosts[0] ?? '', 'hang');
  [dead = 1] = await freePorts(1);
});
afterAll(async () => {
  await hanging?.stop();
  for (const etcd of [plain, secure, expired, guarded]) await etcd?.stop();
  rmSync(directory, { recursive: true, force: true });
});

let count = 0;
/** Runs `list` with this `etcd3` section. */
function list(section: object, args: readonly string[] = ['list']): Promise<Output> {
  const config = join(directory, `${++count}.yml`);
  writeFileSync(config, JSON.stringify({ scope: 'demo', etcd3: section }));
  return pgherd(['-c', config, ...args]);
}

describe.concurrent('etcd that does not answer', () => {
  test('down: every command says so, and changes nothing', async () => {
    const down = { hosts: `127.0.0.1:${dead}` };
    for (const args of [
      ['list'],
      ['discover'],
      ['health'],
      ['explain'],
      ['doctor'],
      ['version', 'demo'],
      ['switchover', '--force'],
      ['restart', 'demo', '--force'],
      ['pause'],
      ['edit-config', '-s', 'ttl=40', '--force'],
      ['remove', 'demo', '--force', '--confirm', 'demo'],
    ]) {
      const output = await list(down, args);
      expectFailure(output, {
        code: 1,
        sentence: new RegExp(
          `^etcd does not answer: http://127.0.0.1:${dead}: connection refused$`,
        ),
        hint: /check that etcd runs/,
      });
    }
    const printed = expectEnvelope(await list(down, ['health', '--json']), 'health');
    expect(printed).toMatchObject({ outcome: 'failed', error: { code: 'dcs-unreachable' } });
  });

  test('accepts and hangs: the deadline ends it', async () => {
    const output = await list({ hosts: hanging.host });
    expectFailure(output, {
      code: 1,
      sentence: /^etcd does not answer: .*did not answer in time$/,
    });
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('one of three is dead, one hangs: the third is asked, and both are named', async () => {
    const output = await list({ hosts: [`127.0.0.1:${dead}`, hanging.host, ...plain.hosts] });
    expect(output).toMatchObject({ code: 0 });
    expect(output.stdout).toMatch(/^\+ Cluster: demo /);
    expect(output.stderr).toMatch(
      new RegExp(`^Warning: .*127.0.0.1:${dead}.*connection refused$`, 'm'),
    );
    expect(output.stderr).toMatch(new RegExp(`^Warning: .*${hanging.host}`, 'm'));
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('a host name that does not exist', async () => {
    const output = await list({ hosts: 'no-such-host.invalid:2379' });
    expectFailure(output, { code: 1, sentence: /^etcd does not answer: http:\/\/no-such-host/ });
  });

  test('something else than etcd', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => response.writeHead(200).end('<html>hello</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expectFailure(await list({ hosts: `127.0.0.1:${port}` }), { code: 1, sentence: /etcd/ });
    await new Promise((done) => server.close(done));
  });
});

describe.concurrent('TLS', () => {
  const client = () => ({ cacert: files.ca, cert: files.cert, key: files.key });

  test('all is well', async () => {
    const output = await list({ hosts: secure.hosts[0], protocol: 'https', ...client() }, [
      'discover',
      '--json',
    ]);
    expect(expectEnvelope(output, 'discover').outcome).toBe('done');
  });

  interface Trouble {
    readonly name: string;
    readonly etcd: () => RunningEtcd;
    readonly settings: () => object;
    readonly sentence: RegExp;
  }
  const TROUBLES: readonly Trouble[] = [
    {
      name: 'an expired certificate',
      etcd: () => expired,
      settings: () => ({ cacert: files.ca }),
      sentence: /certificate has expired/,
    },
    {
      name: 'an unknown authority',
      etcd: () => secure,
      settings: () => ({ ...client(), cacert: files.otherCa }),
      sentence: /not signed by a CA that is trusted here$/,
    },
    {
      name: 'no client certificate',
      etcd: () => secure,
      settings: () => ({ cacert: files.ca }),
      sentence: /client certificate/,
    },
    {
      name: 'plain HTTP to TLS',
      etcd: () => secure,
      settings: () => ({ protocol: 'http' }),
      sentence: /closed the connection without an answer$/,
    },
    {
      name: 'TLS to plain HTTP',
      etcd: () => plain,
      settings: () => ({ cacert: files.ca }),
      sentence: /plain HTTP/,
    },
  ];

  test.each(TROUBLES)('$name', async ({ etcd, settings, sentence }) => {
    const output = await list({ hosts: etcd().hosts[0], protocol: 'https', ...settings() });
    expectFailure(output, { code: 1, sentence, hint: /./ });
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test.each([
    ['missing', 'there is no such file'],
    ['junk', 'it is not in PEM format'],
  ])('a %s certificate file', async (name, reason) => {
    const cacert = join(directory, `${name}.crt`);
    if (name === 'junk') writeFileSync(cacert, 'no certificate\n');
    const output = await list({ hosts: secure.hosts[0], protocol: 'https', cacert });
    expectFailure(output, {
      code: 1,
      sentence: new RegExp(`${name}\\.crt.*cacert.*${reason}`),
    });
  });

  test('-k accepts any certificate', async () => {
    const section = { hosts: expired.hosts[0], protocol: 'https', cacert: files.ca };
    const output = await list(section, ['discover', '-k', '--json']);
    expect(expectEnvelope(output, 'discover').outcome).toBe('done');
  });
});

describe.concurrent('users of etcd', () => {
  test('the right password', async () => {
    const section = { hosts: guarded.hosts[0], username: 'pgherd', password: PASSWORD };
    expect(expectEnvelope(await list(section, ['discover', '--json']), 'discover').outcome).toBe(
      'done',
    );
  });

  test.each([
    [
      'a wrong password',
      { username: 'pgherd', password: 'wrong-word' },
      /user name or the password$/,
    ],
    ['an unknown user', { username: 'nobody', password: PASSWORD }, /user name or the password$/],
    ['no user', {}, /wants a user name and a password, and the configuration has none$/],
  ])('%s', async (_name, user, sentence) => {
    const output = await list({ hosts: guarded.hosts[0], ...user });
    expectFailure(output, { code: 1, sentence, hint: /username and password in the etcd section/ });
    expect(output.stderr).not.toContain('wrong-word');
  });

  test('a namespace that the role does not cover', async () => {
    const env = {
      PATRONI_NAMESPACE: '/elsewhere',
      PATRONI_SCOPE: 'demo',
      PATRONI_ETCD3_HOSTS: guarded.hosts[0] ?? '',
      PATRONI_ETCD3_USERNAME: 'pgherd',
      PATRONI_ETCD3_PASSWORD: PASSWORD,
    };
    expectFailure(await pgherd(['list'], env), {
      code: 1,
      sentence: /^etcd does not let this user read/,
    });
  });
});
