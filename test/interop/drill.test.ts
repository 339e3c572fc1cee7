import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { SUPERUSER } from '../harness/patroni-config.ts';
import { waitFor } from '../harness/processes.ts';
import { startPgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { expectDone, expectFailed, live } from './live.ts';

// Drills on real Patroni nodes: what was measured, and that nothing stays in the database.

const CREDENTIALS = { PGPASSWORD: SUPERUSER.password };
const AS = '-U postgres --dbname postgres';
const YES = '--yes --confirm demo';

let etcd: RunningEtcd;
let cluster: Cluster;
const pgherd = live(() => cluster);
const options = { env: CREDENTIALS, timeoutMs: 120_000 };

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  cluster = await startCluster({ etcdUrl: etcd.clientUrl, members: 2 });
});
afterAll(async () => {
  await cluster?.stop();
  await etcd?.stop();
});

async function tables(): Promise<unknown[]> {
  const leader = cluster.member(await cluster.leader());
  return leader.sql("SELECT relname FROM pg_class WHERE relname LIKE 'pgherd%'");
}

describe('a drill', () => {
  it('there and back: measured, nothing lost, nothing left', async () => {
    const leader = await cluster.leader();
    const { data } = await expectDone(
      pgherd,
      `drill demo ${AS} ${YES} --back --max-outage 1min`,
      options,
    );
    console.log(JSON.stringify(data, null, 1));
    expect(await cluster.leader()).toBe(leader);
    expect(await tables()).toEqual([]);
  });
});
void expectFailed;
void startPgherd;
void waitFor;
