import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { isRoot } from '../harness/processes.ts';
import { type Output, runProgram } from '../harness/run.ts';
import { expectEnvelope, expectFailure, pgherd, RUN_JS } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-config-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe.concurrent('a configuration that cannot be used', () => {
  const list = (path: string): Promise<Output> => pgherd(['-c', path, 'list']);

  test('missing', async () => {
    const path = join(directory, 'missing.yml');
    expectFailure(await list(path), {
      code: 1,
      sentence: new RegExp(`^Cannot read the configuration ${path}: it does not exist$`),
      hint: /-c\/--config-file and PATRONICTL_CONFIG_FILE/,
    });
  });

  test('not for this user', async () => {
    const path = file('secret.yml', 'scope: demo\n');
    const command = [process.execPath, RUN_JS, '-c', path, 'list'];
    // root may read everything, unless it gives that up; it stays root, since the checkout may be
    // in a folder that is closed to others.
    const powers = '-dac_override,-dac_read_search';
    const meek = ['setpriv', `--bounding-set=${powers}`, `--inh-caps=${powers}`, '--'];
    const argv = isRoot() ? [...meek, ...command] : command;
    if (isRoot()) await runProgram(['chown', '65534', path]);
    await runProgram(['chmod', isRoot() ? '600' : '000', path]);
    expectFailure(await runProgram(argv), {
      code: 1,
      sentence: /^Cannot read the configuration .*secret\.yml: no permission to read it$/,
      hint: /--config-file/,
    });
  });

  test.each([
    ['empty', '', /empty\.yml is empty: no settings are in it$/],
    ['comment', '# nothing\n', /comment\.yml is empty/],
    [
      'list',
      '- scope: demo\n',
      /list\.yml must be a map of settings \(key: value\), and not a list$/,
    ],
    ['word', 'demo\n', /word\.yml must be a map .* and not one single value$/],
    ['indent', 'scope: demo\n  etcd3: x\n', /indent\.yml is not valid YAML: line 1, column 8: /],
    ['quote', 'scope: demo\nname: "pg1\n', /quote\.yml is not valid YAML: line \d+, column \d+: /],
    ['tab', 'scope: demo\netcd3:\n\thosts: x\n', /tab\.yml is not valid YAML: line 3, column 1: /],
    [
      'latin1',
      Buffer.from('a: 1\nscope: d\xe9mo\n', 'latin1'),
      /latin1\.yml is not UTF-8 text: see line 2$/,
    ],
    ['binary', Buffer.alloc(2000, 0), /binary\.yml is not valid YAML: line 1, column 1: /],
    ['section', 'etcd3: 5\n', /^etcd3 in the configuration must be a map \(key: value\)$/],
    [
      'hosts',
      'etcd3: {hosts: [1, {a: b}]}\n',
      /^etcd3\.hosts in the configuration must be a list of/,
    ],
    ['store', 'scope: demo\n', /^The configuration does not say where etcd is$/],
    [
      'consul',
      'scope: a\nconsul: {host: x}\n',
      /in consul, and this version can only talk to etcd$/,
    ],
    [
      'large',
      Buffer.alloc(3_000_000, 'a'),
      /large\.yml has more than 1 MiB: that is no configuration$/,
    ],
  ])('%s', async (name, content, sentence) => {
    expectFailure(await list(file(`${name}.yml`, content)), { code: 1, sentence });
  });

  test('a name with control characters is shown without them', async () => {
    const output = await list(join(directory, 'a\u001b[31m\nb.yml'));
    expectFailure(output, { code: 1, sentence: /a\\x1b\[31m\\nb\.yml: it does not exist$/ });
  });

  test('a directory without a file, and something that is neither', async () => {
    const empty = join(directory, 'empty.d');
    mkdirSync(empty);
    expectFailure(await list(empty), {
      code: 1,
      sentence: /has no file named \*\.yml or \*\.yaml$/,
    });
    expectFailure(await list('/dev/null'), { code: 1, sentence: /^\/dev\/null is neither a file/ });
  });

  test('the envelope says the same', async () => {
    const output = await pgherd(['-c', '/nonexistent.yml', 'list', '--json']);
    expect(expectEnvelope(output, 'list').error?.code).toBe('config-unreadable');
    expect(output.code).toBe(1);
  });

  test.each([
    ['foo://127.0.0.1/service', /^The DCS URL "foo:.* cannot be used: the scheme foo is unknown$/],
    ['etcd3://:x', /^The DCS URL "etcd3:\/\/:x" cannot be used: /],
    ['127.0.0.1:70000', /^The DCS URL "127\.0\.0\.1:70000" cannot be used: /],
  ])('the DCS URL %s', async (url, sentence) => {
    const output = await pgherd(['-d', url, 'list', 'demo']);
    expectFailure(output, { code: 2, sentence, hint: /SCHEME:\/\/HOST:PORT\/NAMESPACE/ });
  });
});

describe.concurrent('where the configuration may come from', () => {
  let etcd: RunningEtcd;
  let demo: FakeCluster;
  let config: string;
  let host: string;

  beforeAll(async () => {
    etcd = await startEtcd({ version: newestEtcd() });
    host = etcd.hosts[0] ?? '';
    demo = await startFakeCluster(etcd.clientUrl, 'demo');
    config = file('good.yml', `scope: demo\netcd3:\n  hosts: ${host}\n`);
  });
  afterAll(async () => {
    await demo?.stop();
    await etcd?.stop();
  });

  async function expectLeader(args: readonly string[], env: Record<string, string> = {}) {
    const output = await pgherd(args, env);
    expect(output).toMatchObject({ code: 0, stdout: 'host=10.0.0.1 port=5432\n', stderr: '' });
  }

  test.each([
    ['-c before the command', () => ['-c', config, 'dsn']],
    ['-c after the command', () => ['dsn', '-c', config]],
    ['-cFILE before', () => [`-c${config}`, 'dsn']],
    ['--config-file= before', () => [`--config-file=${config}`, 'dsn']],
    ['--config-file after, with a name', () => ['dsn', 'demo', '--config-file', config]],
    ['-k before', () => ['-k', '-c', config, 'dsn']],
    ['-kc before', () => ['-kc', config, 'dsn']],
    ['-k after', () => ['dsn', '-k', '-c', config]],
    ['-d before', () => ['-d', `etcd3://${host}`, 'dsn', 'demo']],
    ['-d after', () => ['dsn', '-d', `etcd3://${host}/service`, 'demo']],
    ['--dcs', () => ['--dcs', `etcd3://${host}`, 'dsn', 'demo']],
    [
      '--dcs-url, over the file',
      () => ['-c', config, '--dcs-url', `etcd3://${host}/service`, 'dsn'],
    ],
  ])('%s', async (_name, args) => expectLeader(args()));

  test('a directory of files, the later over the earlier', async () => {
    const parts = join(directory, 'parts');
    mkdirSync(parts);
    writeFileSync(join(parts, '1.yml'), `scope: other\netcd3: {hosts: "${host}"}\n`);
    writeFileSync(join(parts, '2.yaml'), 'scope: demo\n');
    await expectLeader(['-c', parts, 'dsn']);
  });

  test('PATRONICTL_CONFIG_FILE', () => expectLeader(['dsn'], { PATRONICTL_CONFIG_FILE: config }));

  test('DCS_URL', () => expectLeader(['dsn', 'demo'], { DCS_URL: `etcd3://${host}` }));

  test('PATRONI_* alone, and over the file', async () => {
    await expectLeader(['dsn'], { PATRONI_ETCD3_HOSTS: host, PATRONI_SCOPE: 'demo' });
    const wrong = file('wrong.yml', 'scope: nothing\netcd3: {hosts: 127.0.0.1:1}\n');
    const env = { PATRONI_ETCD3_HOSTS: `'${host}'`, PATRONI_SCOPE: 'demo' };
    await expectLeader(['-c', wrong, 'dsn'], env);
  });

  test('the default place', async () => {
    const home = join(directory, 'home');
    mkdirSync(join(home, '.config/patroni'), { recursive: true });
    writeFileSync(
      join(home, '.config/patroni/patronictl.yaml'),
      `scope: demo\netcd3: {host: "${host}"}`,
    );
    await expectLeader(['dsn'], { HOME: home });
  });

  test('neither a name nor a scope', async () => {
    const output = await pgherd(['-d', `etcd3://${host}`, 'list']);
    expectFailure(output, {
      code: 2,
      sentence: /^No cluster was named and the configuration has no scope$/,
      hint: /^name one: pgherd list CLUSTER/,
    });
  });

  test('another namespace is another world', async () => {
    const output = await pgherd(['-d', `etcd3://${host}/elsewhere`, 'list', 'demo']);
    expectFailure(output, {
      code: 1,
      sentence: /^There is no cluster "demo" in the DCS below \/elsewhere$/,
      hint: /check the namespace/,
    });
  });

  test('an unknown cluster: the nearest one is suggested', async () => {
    for (const command of [
      'list',
      'topology',
      'show-config',
      'history',
      'dsn',
      'health',
      'explain',
      'doctor',
      'pause',
    ]) {
      const output = await pgherd(['-c', config, command, 'dmeo']);
      expectFailure(output, {
        code: 1,
        sentence: /^There is no cluster "dmeo" in the DCS below \/service$/,
        hint: /^did you mean "demo"\?$/,
      });
      expect(output.stdout).toBe('');
    }
  });

  test('of several clusters those that are there are shown', async () => {
    const output = await pgherd(['-c', config, 'list', 'demo', 'dmeo']);
    expectFailure(output, {
      code: 1,
      sentence: /^There is no cluster "dmeo" .* the others are shown$/,
    });
    expect(output.stdout).toMatch(/^\+ Cluster: demo /);
  });

  test('query: -c is the SQL, -d the database; the global ones stand before it', async () => {
    const output = await pgherd([
      '-c',
      config,
      'query',
      '-c',
      'SELECT 1',
      '-d',
      'postgres',
      '-m',
      'pg9',
    ]);
    expectFailure(output, { code: 1, sentence: /^No connection to member pg9 is available$/ });
    const noSql = await pgherd(['-c', config, 'query']);
    expectFailure(noSql, { code: 1, sentence: /--command or --file$/ });
  });
});
