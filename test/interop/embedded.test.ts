import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningStore, startEmbedded } from '../harness/embedded.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { waitFor } from '../harness/processes.ts';
import { expectDone, live } from './live.ts';

// Patroni itself, on the store that comes with pgherd.

let store: RunningStore;
let cluster: Cluster;
const pgherd = live(() => cluster);

beforeAll(async () => {
  store = await startEmbedded();
  cluster = await startCluster({ etcdUrl: store.clientUrl, members: 2 });
});

afterAll(async () => {
  await cluster?.stop();
  await store?.stop();
});

it('Patroni bootstraps, and its patronictl and our list show the same', async () => {
  const { stdout } = await cluster.patronictl(['list', '-f', 'tsv']);
  expect(stdout).toContain('pg1\t');
  expect((await pgherd.text('list -f tsv')).stdout.split('\n')).toHaveLength(
    stdout.split('\n').length,
  );
});

it("patronictl's switchover and ours change the leader", async () => {
  const theirs = await cluster.patronictl(['switchover', '--force', '--candidate', 'pg2']);
  expect(theirs.code).toBe(0);
  expect(await cluster.leader()).toBe('pg2');
  await cluster.settled();
  await expectDone(pgherd, 'switchover demo --candidate pg1 --force');
  expect(await cluster.leader()).toBe('pg1');
  await cluster.settled();
});

it('a leader that dies is followed by the other one when its lease has ended', async () => {
  await cluster.member('pg1').kill();
  await waitFor('pg2 to lead', async () => (await cluster.leader()) === 'pg2');
});
