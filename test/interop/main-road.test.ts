import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { runPatronictl } from '../harness/run.ts';
import { newestEtcd, patroni } from '../harness/servers.ts';
import { expectDone, live, shown, startTimes, until } from './live.ts';

// What people do most, on every Patroni that pgherd has to get on with.

describe.each([
  { version: '4.1', etcdVersion: newestEtcd() },
  { version: '4.0', etcdVersion: '3.4' as const },
  { version: '3.0', etcdVersion: '3.4' as const },
])('Patroni $version on etcd $etcdVersion', ({ version, etcdVersion }) => {
  let etcd: RunningEtcd;
  let cluster: Cluster;
  const pgherd = live(() => cluster);

  beforeAll(async () => {
    etcd = await startEtcd({ version: etcdVersion });
    cluster = await startCluster({ version, etcdUrl: etcd.clientUrl });
  });

  afterAll(async () => {
    await cluster?.stop();
    await etcd?.stop();
  });

  /** Another member than the leader. */
  async function aReplica(): Promise<string> {
    const leader = await cluster.leader();
    return cluster.members.find(({ name }) => name !== leader)?.name ?? '';
  }

  it.each([
    'list',
    'list -e',
    'list -f json',
    'list -f yaml',
    'topology',
    'show-config',
    'history',
  ])('%s prints what the patronictl of 4.1 prints', async (command) => {
    const args = ['-c', cluster.configFile, ...command.split(' ')];
    // LSNs may move between the two: a difference counts when it stays.
    await vi.waitFor(
      async () => {
        const [theirs, ours] = await Promise.all([
          runPatronictl(patroni('4.1'), args),
          pgherd.text(command),
        ]);
        expect(ours.stdout).toBe(theirs.stdout);
      },
      { timeout: 15_000 },
    );
  });

  it('version names the version of every member', async () => {
    const { stdout, code } = await pgherd.text('version demo');
    expect(code).toBe(0);
    for (const { name } of cluster.members) {
      expect(stdout).toContain(`${name}: Patroni ${cluster.install.version} PostgreSQL `);
    }
  });

  it('explain says who leads, and that the others could', async () => {
    const leader = await cluster.leader();
    const { data } = await expectDone(pgherd, 'explain');
    for (const { member: name, verdict, failure } of data.members) {
      expect(failure).toBeNull();
      expect(verdict).toMatch(name === leader ? /^leads$/ : /^(would|could)$/);
    }
  });

  it('doctor finds no error, and that anybody may send orders', async () => {
    const before = await readDocuments(etcd.clientUrl, 'demo');
    const { data } = await expectDone(pgherd, 'doctor');
    const open = data.findings.filter(({ id }: { id: string }) => id === 'open-api');
    expect(open.map(({ member }: { member: string }) => member)).toEqual(['pg1', 'pg2', 'pg3']);
    const after = await readDocuments(etcd.clientUrl, 'demo');
    expect(after.failover).toBe(before.failover);
    expect(after.leader).toBe(before.leader);
  });

  it('switchover to a candidate ends with that leader and a whole cluster', async () => {
    const candidate = await aReplica();
    const timeline = Number((await cluster.view())[0]?.timeline);
    await expectDone(pgherd, `switchover demo --candidate ${candidate} --force`);
    // The members publish what they are once in a while.
    await cluster.settled();
    const rows = await shown(cluster);
    expect(rows.get(candidate)?.Role).toBe('Leader');
    for (const row of rows.values()) expect(row.TL).toBe(timeline + 1);
  });

  it('history tells of the switchover', async () => {
    const leader = await cluster.leader();
    const { stdout } = await pgherd.text('history -f tsv');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^\d+\t\d+\tno recovery target specified\t/,
    );
    // Patroni has named the new leader in the history since 2.1.
    expect(stdout.trimEnd().split('\t').at(-1)).toBe(leader);
  });

  it('switchover without a candidate changes the leader', async () => {
    const leader = await cluster.leader();
    await expectDone(pgherd, 'switchover demo --force');
    expect(await cluster.leader()).not.toBe(leader);
    await cluster.settled();
  });

  it('restart restarts the member that was named, and no other', async () => {
    const name = await aReplica();
    const before = await startTimes(cluster);
    await expectDone(pgherd, `restart demo ${name} --force`);
    const after = await startTimes(cluster);
    for (const { name: each } of cluster.members) {
      expect(after.get(each) !== before.get(each), each).toBe(each === name);
    }
    await cluster.settled();
  });

  it('edit-config changes a parameter; restart --pending puts it into force', async () => {
    await expectDone(pgherd, 'edit-config demo -p max_connections=30 --force');
    await until(cluster, 'pending restarts', (view) => view.every((each) => each.pending_restart));
    await expectDone(pgherd, 'restart demo --pending --force');
    for (const member of cluster.members) {
      expect(await member.sql('SHOW max_connections')).toEqual([{ max_connections: '30' }]);
    }
    await until(cluster, 'no pending restart', (view) => !view.some((one) => one.pending_restart));
    await cluster.settled();
  });

  it('pause and resume turn maintenance mode on and off', async () => {
    await expectDone(pgherd, 'pause demo --wait');
    expect((await cluster.patronictl(['list'])).stdout).toContain('Maintenance mode: on');
    await expectDone(pgherd, 'resume demo --wait');
    expect((await cluster.patronictl(['list'])).stdout).not.toContain('Maintenance mode');
  });

  it('reinit --wait makes the copy anew, and says so when it streams', async () => {
    const name = await aReplica();
    const member = cluster.member(name);
    const stamp = async () =>
      (await member.sql("SELECT modification FROM pg_stat_file('PG_VERSION')"))[0];
    const before = await stamp();
    await expectDone(pgherd, `reinit demo ${name} --force --wait`);
    expect(await stamp()).not.toEqual(before);
    await cluster.settled();
  });
});
