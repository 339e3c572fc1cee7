import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Answers, type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { statusBody } from '../harness/fake-rest.ts';
import type { Output } from '../harness/run.ts';
import { expectEnvelope, expectFailure, expectNoInside, pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

/** A look at a member has a few seconds; on a slow machine that may seem longer. */
const SOON_MS = 20_000;

let etcd: RunningEtcd;
const clusters: FakeCluster[] = [];
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
});
afterAll(async () => {
  for (const cluster of clusters) await cluster.stop();
  await etcd?.stop();
});

const run = (...args: string[]): Promise<Output> =>
  pgherd(args, { DCS_URL: `etcd3://${etcd.hosts[0]}` });

async function start(
  scope: string,
  answers: Answers,
  memberData: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<FakeCluster> {
  const cluster = await startFakeCluster(etcd.clientUrl, scope, { answers, memberData });
  clusters.push(cluster);
  return cluster;
}

describe.concurrent('a member that refuses an order', () => {
  /** The same answer to every order. */
  function refusing(status: number, body: string): Answers {
    const said = { status, body };
    return {
      pg1: {
        'POST switchover': said,
        'POST failover': said,
        'PATCH config': said,
        'DELETE switchover': said,
      },
      pg2: { 'POST restart': said, 'POST reload': said, 'POST reinitialize': said },
      pg3: { 'DELETE restart': said },
    };
  }
  const ORDERS: readonly (readonly string[])[] = [
    ['switchover', 'CLUSTER', '--candidate', 'pg2', '--force'],
    ['failover', 'CLUSTER', '--candidate', 'pg2', '--force'],
    ['pause', 'CLUSTER'],
    ['restart', 'CLUSTER', 'pg2', '--force'],
    ['reload', 'CLUSTER', 'pg2', '--force'],
    ['reinit', 'CLUSTER', 'pg2', '--force'],
    ['flush', 'CLUSTER', 'pg3', 'restart', '--force'],
    ['demote-cluster', 'CLUSTER', '--host', '10.9.9.9', '--force'],
  ];
  const SOME_ORDERS = ORDERS.filter(([name = '']) => /^(switchover|pause|restart)$/.test(name));

  test.each([
    [401, 'no auth header received', /name and a password: set ctl\.authentication/],
    [403, 'wrong credentials', /lets only some in/],
    [404, '<html>not found</html>', undefined],
    [409, 'another one is already scheduled', undefined],
    [412, 'leader name does not match', undefined],
    [503, 'not now \u001b[31m\n    at evil (file.js:1)', undefined],
    [500, '', undefined],
  ])('status %i: failed, with the reason', async (status, body, hint) => {
    const scope = `refuse${status}`;
    await start(scope, refusing(status, body), {
      pg3: { scheduled_restart: { schedule: '2030-01-01T00:00:00+00:00' } },
    });
    const orders = status === 401 || status === 503 ? ORDERS : SOME_ORDERS;
    for (const words of orders) {
      const args = words.map((word) => (word === 'CLUSTER' ? scope : word));
      const output = await run(...args);
      expectFailure(output, { code: 1, sentence: /./, ...(hint ? { hint } : {}) });
      // The member's own words, or its status, are somewhere in it.
      const said = body.slice(0, 7) || String(status);
      expect(output.stdout + output.stderr).toContain(said);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
      expect(output.stdout + output.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    }
  });

  test.each(['restart', 'reload', 'reinit'])('%s --json', async (command) => {
    const scope = `json-${command}`;
    await start(scope, refusing(403, 'wrong credentials'));
    const printed = expectEnvelope(await run(command, scope, 'pg2', '--force', '--json'), command);
    expect(printed.outcome).toBe('failed');
    expect(printed.data).toMatchObject({ members: [{ member: 'pg2', status: 403 }] });
  });

  test('credentials are sent with orders, and only with them', async () => {
    const cluster = await start('login', {
      pg2: { 'POST reload': { status: 202, body: 'reload scheduled' } },
    });
    const env = {
      DCS_URL: `etcd3://${etcd.hosts[0]}`,
      PATRONI_RESTAPI_USERNAME: 'admin',
      PATRONI_RESTAPI_PASSWORD: 'secret',
    };
    expect((await pgherd(['reload', 'login', 'pg2', '--force'], env)).code).toBe(0);
    expect((await pgherd(['version', 'login'], env)).code).toBe(0);
    const { heard } = cluster.members.pg2;
    const basic = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    expect(heard.map(({ method, authorization }) => [method, authorization])).toEqual(
      heard.map(({ method }) => [method, method === 'GET' ? undefined : basic]),
    );
    expect(heard.some(({ method }) => method === 'POST')).toBe(true);
  });

  test('not by doctor, which asks what anybody may do', async () => {
    const cluster = await start('examined', {
      pg2: { 'POST switchover': { status: 401, body: '' } },
    });
    const env = {
      DCS_URL: `etcd3://${etcd.hosts[0]}`,
      PATRONI_RESTAPI_USERNAME: 'admin',
      PATRONI_RESTAPI_PASSWORD: 'secret',
    };
    expect((await pgherd(['doctor', 'examined'], env)).stdout).not.toContain('pg2: its REST API');
    expect(cluster.members.pg2.heard).toMatchObject([
      { method: 'GET', path: 'patroni', authorization: undefined },
      { method: 'POST', path: 'switchover', body: '[]', authorization: undefined },
    ]);
  });
});

describe.concurrent('a member whose REST API hangs: the others are shown within the time-out', () => {
  beforeAll(async () => {
    await start('hanging', { pg3: { 'GET patroni': 'hang' } });
  });

  test('version', async () => {
    const output = await run('version', 'hanging');
    expectFailure(output, { code: 1, sentence: /^No version could be had of pg3$/ });
    expect(output.stdout).toMatch(/^pg1: Patroni 4\.1\.5 PostgreSQL 15\.17\npg2: Patroni 4\.1\.5/m);
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('health', async () => {
    const output = await run('health', 'hanging', '--json');
    const printed = expectEnvelope(output, 'health');
    expect(printed.data).toMatchObject({ findings: [{ member: 'pg3' }] });
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('explain and doctor', async () => {
    const explained = expectEnvelope(await run('explain', 'hanging', '--json'), 'explain');
    expect(explained.data).toMatchObject({
      successors: ['pg2'],
      members: [{ failure: null }, { verdict: 'would' }, { verdict: 'unknown' }],
    });
    const output = await run('doctor', 'hanging', '--json');
    const { data } = expectEnvelope(output, 'doctor') as { data: { findings: object[] } };
    expect(data.findings[0]).toMatchObject({ id: 'unreachable', member: 'pg3' });
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('list --lag-time', async () => {
    const output = await run('list', 'hanging', '--lag-time', '--json');
    const { data } = expectEnvelope(output, 'list') as {
      data: { clusters: { members: object[] }[] };
    };
    expect(data.clusters[0]?.members).toMatchObject([
      { member: 'pg1' },
      { member: 'pg2', lagSeconds: 0 },
      { member: 'pg3', lagSeconds: null },
    ]);
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('switchover --dry-run says that it does not answer', async () => {
    const output = await run('switchover', 'hanging', '--candidate', 'pg3', '--dry-run');
    expectFailure(output, {
      code: 1,
      sentence: /^Member pg3 cannot take over: its REST API does not/,
    });
    expect(output.stdout).toMatch(/\| pg2 +\| yes /);
    expect(output.ms).toBeLessThan(SOON_MS);
  });

  test('list without --lag-time asks nobody', async () => {
    const output = await run('list', 'hanging');
    expect(output).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.concurrent('answers that are none', () => {
  test.each([
    ['HTML', '<html>hello</html>'],
    ['a list', '[]'],
    ['wrong types', '{"state":[],"role":7,"timeline":"x","xlog":5,"patroni":"4","replication":{}}'],
    ['nothing', ''],
    ['1 MB', JSON.stringify({ state: 'x'.repeat(1_100_000) })],
    ['control characters', '{"state":"\\u001b[2J","patroni":{"version":"\\u001b[31m4\\n"}}'],
  ])('%s from a member', async (name, body) => {
    const scope = `odd-${name.replace(/\W/g, '')}`;
    await start(scope, { pg2: { 'GET patroni': { status: 200, body } } });
    for (const args of [
      ['version', scope],
      ['health', scope],
      ['explain', scope],
      ['doctor', scope],
      ['list', scope, '--lag-time'],
      ['switchover', scope, '--dry-run'],
    ]) {
      const output = await run(...args);
      expectNoInside(output);
      expect([0, 1, 4], output.stderr).toContain(output.code);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
      expect(output.stdout + output.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    }
  });

  test('nobody listens: the switchover is written to the DCS, and that is said', async () => {
    const cluster = await start('deaf', {});
    await cluster.members.pg1.stop();
    const output = await run('switchover', 'deaf', '--candidate', 'pg2', '--force', '--no-wait');
    expect(output.stderr).toMatch(
      /^Warning: Could not switchover using Patroni api, falling back to DCS/m,
    );
    expect(output.code).toBe(3);
  });

  test('"status unknown" is looked into, and is not a failure', async () => {
    const said = { status: 503, body: 'Switchover status unknown' };
    await start('unsure', { pg1: { 'POST switchover': said } });
    const args = ['switchover', 'unsure', '--candidate', 'pg2', '--force', '--timeout', '2'];
    const output = await run(...args, '--json');
    expect(expectEnvelope(output, 'switchover').outcome).toMatch(/unknown|failed/);
  });

  test('a restart whose member is still starting is looked after', async () => {
    const state = (word: string) => ({ status: 200, body: statusBody({ state: word }) });
    await start('restarted', {
      pg2: {
        'POST restart': { status: 200, body: 'restarted successfully' },
        'GET patroni': state('running'),
      },
    });
    const output = await run('restart', 'restarted', 'pg2', '--force');
    expect(output.stdout).toMatch(/^Success: restart on member pg2$/m);
    expect(output.code).toBe(0);
  });
});
