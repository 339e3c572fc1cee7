import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { startFlakyProxy } from '../harness/flaky-proxy.ts';
import { expectEnvelope, expectFailure, startPgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

let etcd: RunningEtcd;
const clusters: FakeCluster[] = [];
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
});
afterAll(async () => {
  for (const cluster of clusters) await cluster.stop();
  await etcd?.stop();
});

/** Members that take orders and never come to an end with them. */
async function endless(scope: string): Promise<FakeCluster> {
  const cluster = await startFakeCluster(etcd.clientUrl, scope, {
    answers: {
      pg1: {
        'POST switchover': 'hang',
        'POST failover': 'hang',
        'PATCH config': { status: 200, body: '{"pause":true}' },
      },
      pg2: {
        'POST restart': 'hang',
        'POST reinitialize': { status: 200, body: 'reinitialize started' },
        'POST reload': 'hang',
      },
      pg3: { 'DELETE restart': 'hang' },
    },
    memberData: { pg3: { scheduled_restart: { schedule: '2030-01-01T00:00:00+00:00' } } },
  });
  clusters.push(cluster);
  return cluster;
}

type Reached = (cluster: FakeCluster) => Promise<void>;
const heard =
  (member: 'pg1' | 'pg2' | 'pg3', method: string, path: string): Reached =>
  (cluster) =>
    cluster.members[member].hears(method, path);

interface Wait {
  readonly args: readonly string[];
  /** Resolves when the order is out. */
  readonly reached: Reached;
  /** Besides, what stderr shows by then. */
  readonly shows?: RegExp;
  readonly sentence: RegExp;
}

const WAITS: readonly Wait[] = [
  {
    args: ['restart', 'CLUSTER', 'pg2', '--force'],
    reached: heard('pg2', 'POST', 'restart'),
    sentence: /^Interrupted: the restart of pg2 may still be going on; pgherd list \S+ shows/,
  },
  {
    args: ['switchover', 'CLUSTER', '--candidate', 'pg2', '--force'],
    reached: heard('pg1', 'POST', 'switchover'),
    sentence: /^Interrupted: the switchover of cluster \S+ may still be going on; pgherd list/,
  },
  {
    args: ['switchover', 'CLUSTER', '--candidate', 'pg2', '--force', '--no-wait'],
    reached: heard('pg1', 'POST', 'switchover'),
    sentence: /^Interrupted: the switchover of cluster \S+ may still be going on; pgherd list/,
  },
  {
    args: ['drill', 'CLUSTER', '--probe', 'none', '--yes', '--confirm', 'CLUSTER'],
    reached: heard('pg1', 'POST', 'switchover'),
    sentence: /^Interrupted: the switchover of cluster \S+ may still be going on; pgherd list/,
  },
  {
    args: ['failover', 'CLUSTER', '--candidate', 'pg2', '--force'],
    reached: heard('pg1', 'POST', 'failover'),
    sentence: /^Interrupted: the failover of cluster \S+ may still be going on; pgherd list/,
  },
  {
    args: ['pause', 'CLUSTER', '--wait'],
    reached: heard('pg1', 'PATCH', 'config'),
    shows: /'pause' request sent, waiting/,
    sentence: /^Interrupted: /,
  },
  {
    args: ['reinit', 'CLUSTER', 'pg2', '--wait', '--force'],
    reached: heard('pg2', 'POST', 'reinitialize'),
    shows: /Waiting for reinitialize to complete on: pg2/,
    sentence: /^Interrupted: the members go on with it by themselves: pg2; pgherd list/,
  },
  {
    args: ['demote-cluster', 'CLUSTER', '--host', '10.9.9.9', '--force'],
    reached: heard('pg1', 'PATCH', 'config'),
    shows: /cluster is unlocked: False, leader role: primary/,
    sentence: /^Interrupted: the demotion goes on; pgherd list \S+ shows it/,
  },
  {
    args: ['reload', 'CLUSTER', 'pg2', '--force'],
    reached: heard('pg2', 'POST', 'reload'),
    sentence: /^Interrupted/,
  },
  {
    args: ['flush', 'CLUSTER', 'pg3', 'restart', '--force'],
    reached: heard('pg3', 'DELETE', 'restart'),
    sentence: /^Interrupted/,
  },
];

describe.concurrent('Ctrl-C while pgherd waits: one sentence, exit code 130', () => {
  test.each(
    WAITS.map((wait, index) => ({ ...wait, name: wait.args.join(' '), scope: `wait${index}` })),
  )('$name', async ({ args, scope, reached, shows, sentence }) => {
    const cluster = await endless(scope);
    const words = args.map((word) => (word === 'CLUSTER' ? scope : word));
    const running = startPgherd(['-d', `etcd3://${etcd.hosts[0]}`, ...words], { stdin: 'open' });
    await reached(cluster);
    if (shows) await running.shows(shows);
    running.child.kill('SIGINT');
    expectFailure(await running.ended, { code: 130, sentence });
  });

  test('under --json it is in the envelope', async () => {
    const cluster = await endless('json');
    const args = ['-d', `etcd3://${etcd.hosts[0]}`, 'restart', 'json', 'pg2', '--force', '--json'];
    const running = startPgherd(args);
    await cluster.members.pg2.hears('POST', 'restart');
    running.child.kill('SIGINT');
    const output = await running.ended;
    expect(expectEnvelope(output, 'restart').error?.code).toBe('interrupted');
    expect(output.code).toBe(130);
  });

  test('SIGTERM, as of a CI job that has run too long: the same sentence, 143', async () => {
    const cluster = await endless('term');
    const args = ['-d', `etcd3://${etcd.hosts[0]}`, 'restart', 'term', 'pg2', '--force'];
    const running = startPgherd(args);
    await cluster.members.pg2.hears('POST', 'restart');
    running.child.kill('SIGTERM');
    expectFailure(await running.ended, { code: 143, sentence: /^Interrupted/ });
  });

  test('while the DCS hangs', async () => {
    const proxy = await startFlakyProxy(etcd.hosts[0] ?? '', 'hang');
    const running = startPgherd(['-d', `etcd3://${proxy.host}`, 'list', 'demo']);
    while (proxy.accepted === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    running.child.kill('SIGINT');
    expectFailure(await running.ended, { code: 130, sentence: /^Interrupted$/ });
    await proxy.stop();
  });

  test.each([
    ['list -w', ['list', 'watched', '-w', '1']],
    ['topology -w', ['topology', 'watched', '-W']],
  ])('%s', async (_name, args) => {
    await endless('watched');
    const running = startPgherd(['-d', `etcd3://${etcd.hosts[0]}`, ...args]);
    await running.shows(/Cluster: watched/);
    running.child.kill('SIGINT');
    const output = await running.ended;
    expectFailure(output, { code: 130, sentence: /^Interrupted$/ });
  });

  test.each([
    ['query', ['query', 'x', '--file', '-']],
    ['edit-config', ['edit-config', 'edited', '--apply', '-']],
  ])('%s that reads from a stdin that stays open', async (_name, args) => {
    await endless('edited');
    const running = startPgherd(['-d', `etcd3://${etcd.hosts[0]}`, ...args], { stdin: 'open' });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    running.child.kill('SIGINT');
    expectFailure(await running.ended, { code: 130, sentence: /^Interrupted/ });
  });

  test('a second Ctrl-C ends it at once', async () => {
    const cluster = await endless('twice');
    const running = startPgherd(
      ['-d', `etcd3://${etcd.hosts[0]}`, 'restart', 'twice', 'pg2', '--force'],
      {},
    );
    await cluster.members.pg2.hears('POST', 'restart');
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    const { code } = await running.ended;
    // While Node takes its handlers down the signal itself ends it, which a shell calls 130 as well.
    expect([130, 'SIGINT']).toContain(running.child.signalCode ?? code);
  });
});
