import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import type { Output } from '../harness/run.ts';
import { expectEnvelope, expectFailure, expectNoInside, pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { demoDocuments, memberDocument } from '../unit/ctl/documents.ts';

const NAMES: Readonly<Record<string, string>> = {
  escape: 'pg\u001b[2J\u001b]0;title\u0007',
  newline: 'pg\n2\r\t',
  c1: 'pg\u009b31m\u0085',
  long: 'n'.repeat(200),
  wide: '数据库🐘-ｗｉｄｅ',
  combining: 'e\u0301\u200bpg',
  bidi: 'pg\u202egnp\u2066',
  quotes: `pg'"\\|+`,
  option: '--force',
  prototype: '__proto__',
};

/** C0 and C1 controls other than newline, and the marks that turn text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

let etcd: RunningEtcd;
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  for (const [kind, name] of Object.entries(NAMES)) {
    const data = { role: 'replica', timeline: 2, state: 'running', tags: { [name]: name } };
    await putDocuments(etcd.clientUrl, kind, {
      ...demoDocuments(),
      [`members/${name}`]: memberDocument('pg4', { ...data, api_url: 'http://127.0.0.1:1/' }),
      failover: JSON.stringify({
        leader: name,
        member: name,
        scheduled_at: '2099-01-01T00:00:00Z',
      }),
      sync: JSON.stringify({ leader: 'pg1', sync_standby: name }),
      history: JSON.stringify([[1, 5, name, '2026-01-01T00:00:00Z', name]]),
    });
    await putDocuments(etcd.clientUrl, `leads-${kind}`, {
      initialize: '7',
      leader: name,
      [`members/${name}`]: memberDocument('pg4', {
        role: 'primary',
        api_url: 'http://127.0.0.1:1/',
      }),
    });
  }
  await putDocuments(etcd.clientUrl, 'nobody', { initialize: '7', config: '{"ttl":30}' });
  await putDocuments(etcd.clientUrl, 'leaderless', demoDocuments({ leader: undefined }));
  await putDocuments(etcd.clientUrl, 'gone', demoDocuments({ leader: 'pg9' }));
});
afterAll(() => etcd?.stop());

const run = (...args: string[]): Promise<Output> =>
  pgherd(args, { DCS_URL: `etcd3://${etcd.hosts[0]}` });

async function expectSafe(args: readonly string[]): Promise<void> {
  const output = await run(...args);
  expectNoInside(output);
  const stdout = args.includes('tsv') ? output.stdout.replaceAll('\t', '') : output.stdout;
  expect(stdout + output.stderr, args.join(' ')).not.toMatch(UNSAFE);
}

describe.concurrent('member names from outside', () => {
  const kinds = Object.keys(NAMES);

  test.each([
    ['list', ...kinds, '-e'],
    ['list', ...kinds, '-f', 'tsv'],
    ['topology', ...kinds],
    ['topology', ...kinds.map((kind) => `leads-${kind}`)],
    ['discover'],
  ])('all of them: %s', (...args) => expectSafe(args));

  test('--json has them as they are stored', async () => {
    const printed = expectEnvelope(await run('list', ...kinds, '--json'), 'list');
    const { clusters } = printed.data as { clusters: { members: { member: string }[] }[] };
    const strangers = clusters.flatMap(({ members }) =>
      members.map(({ member }) => member).filter((name) => !/^pg[123]$/.test(name)),
    );
    expect(strangers).toEqual(Object.values(NAMES));
  });

  test.each(Object.entries(NAMES))('%s', async (kind, name) => {
    await expectSafe(['history', kind]);
    await expectSafe(['switchover', kind, '--dry-run', `--candidate=${name}`]);
    await expectSafe(['reload', kind, '--role', 'replica']);
    const address = await run('dsn', kind, `--member=${name}`);
    expect(address).toMatchObject({ code: 0, stdout: 'host=10.0.0.4 port=5432\n' });
  });

  test('a table of wide characters is straight', async () => {
    const { stdout } = await run('list', 'wide');
    const columns = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('|') && !line.includes('数'))
      .map((line) => line.length);
    expect(new Set(columns).size).toBe(1);
    const line = stdout.split('\n').find((one) => one.includes('数')) ?? '';
    // Ten of its characters take two columns each; the elephant is two UTF-16 units as well.
    const wide = [...line].filter((one) => /[\u3000-\u9fff\uff00-\uffef]/.test(one)).length;
    expect(line.length + wide).toBe(columns[0]);
  });

  test('a cluster name that is a path, or has control characters', async () => {
    for (const name of ['a/../b', '../..', 'x\u001b[2J\n', '', ' ']) {
      const output = await run('list', name);
      expectNoInside(output);
      expect(output.code, JSON.stringify(name)).toBeGreaterThan(0);
      expect(output.stderr).not.toMatch(UNSAFE);
    }
  });
});

describe.concurrent('clusters with something missing', () => {
  test('no members', async () => {
    expect(await run('list', 'nobody')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('topology', 'nobody')).toMatchObject({ code: 0, stderr: '' });
    expectFailure(await run('dsn', 'nobody'), { code: 1, sentence: /./ });
    expectFailure(await run('restart', 'nobody', '--force'), {
      code: 1,
      sentence: /^nobody cluster doesn't have any members$/,
    });
    for (const command of ['switchover', 'failover']) {
      expectFailure(await run(command, 'nobody', '--force'), { code: 1, sentence: /./ });
    }
    expectFailure(await run('pause', 'nobody'), {
      code: 1,
      sentence: /accessible cluster member$/,
    });
    const printed = expectEnvelope(await run('health', 'nobody', '--json'), 'health');
    expect(printed.outcome).toBe('unhealthy');
    const examined = expectEnvelope(await run('doctor', 'nobody', '--json'), 'doctor');
    expect(examined.outcome).toBe('unhealthy');
    expect(await run('explain', 'nobody')).toMatchObject({ code: 0, stderr: '' });
  });

  test.each(['leaderless', 'gone'])('no leader: %s', async (scope) => {
    const list = await run('list', scope);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).not.toMatch(/Leader/);
    expect((await run('topology', scope)).code).toBe(0);
    expectFailure(await run('dsn', scope), { code: 1, sentence: /./, hint: /./ });
    expect((await run('health', scope)).code).toBe(4);
    expect((await run('doctor', scope)).code).toBe(4);
    expect(await run('explain', scope)).toMatchObject({ code: 0, stderr: '' });
  });

  test('no leader: no switchover', async () => {
    expectFailure(await run('switchover', 'leaderless', '--force'), {
      code: 1,
      sentence: /^This cluster has no leader$/,
      hint: /pgherd failover/,
    });
  });

  test('a lock that is held by nobody we know: what becomes of the request is not known', async () => {
    const output = await run('switchover', 'gone', '--force', '--timeout', '2');
    expectFailure(output, { code: 3, sentence: /has not ended after 2 s: waiting for pg9/ });
  });

  test('an empty DCS', async () => {
    const empty = { DCS_URL: `etcd3://${etcd.hosts[0]}/empty` };
    expect((await pgherd(['discover'], empty)).code).toBe(0);
    expect((await pgherd(['list', '--all'], empty)).code).toBe(0);
    const printed = expectEnvelope(await pgherd(['list', '--all', '--json'], empty), 'list');
    expect(printed.data).toMatchObject({ clusters: [] });
  });
});
