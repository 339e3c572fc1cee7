import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { newestEtcd } from '../harness/servers.ts';
import { expectDone, live } from './live.ts';

// What explain and doctor say of our own agents must be what the agents decide.

let etcd: RunningEtcd;
let cluster: Cluster;
const pgherd = live(() => cluster);

interface Told {
  readonly member: string;
  readonly role: string;
  readonly verdict: string;
  readonly because: string | null;
}

const explained = async (): Promise<Map<string, Told>> => {
  const { data } = await expectDone(pgherd, 'explain demo');
  return new Map(data.members.map((one: Told) => [one.member, one]));
};

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  cluster = await startCluster({
    etcdUrl: etcd.clientUrl,
    agents: 'pgherd',
    dcs: { synchronous_mode: true },
    tags: { pg3: { nosync: true } },
  });
});
afterAll(async () => {
  await cluster?.stop();
  await etcd?.stop();
});

describe('a cluster of pgherd agents', () => {
  it('explain: the one that it names does lead when the leader is gone', async () => {
    await expect.poll(async () => (await explained()).get('pg2')?.role).toBe('sync_standby');
    const before = await explained();
    expect(before.get('pg1')).toMatchObject({ verdict: 'leads' });
    expect(before.get('pg2')).toMatchObject({ verdict: 'would' });
    expect(before.get('pg3')).toMatchObject({ verdict: 'cannot', because: 'not-synchronous' });
    await cluster.member('pg1').stop();
    await expect.poll(() => cluster.leader(), { timeout: 60_000, interval: 500 }).toBe('pg2');
    cluster.member('pg1').start();
    await cluster.settled();
  });

  it('doctor: anybody may send orders, one standby is the only synchronous one', async () => {
    // The documents of the members, and the synchronous standby, come a moment later.
    const healthy = async () => (await pgherd.json('doctor demo')).outcome;
    await expect.poll(healthy, { timeout: 60_000, interval: 500 }).toBe('done');
    const { data } = await expectDone(pgherd, 'doctor demo');
    const found = data.findings.map(({ id, member }: { id: string; member: string | null }) =>
      member === null ? id : `${id} ${member}`,
    );
    expect(found).toEqual(expect.arrayContaining(['open-api pg1', 'open-api pg2', 'open-api pg3']));
    expect(found).toContain('single-sync-standby');
    expect(found.filter((id: string) => /clock|wrong|stray|duplicate/.test(id))).toEqual([]);
  });
});
