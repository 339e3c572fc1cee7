/**
 * `make demo`: etcd and three PostgreSQL servers with pgherd's own agents on this machine, in a
 * temporary directory. Clients write all the time, while the leader changes, and while it is killed.
 * Everything is gone afterwards, also after Ctrl-C.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Ledger } from '../test/clients/ledger.ts';
import { startEtcd } from '../test/harness/etcd.ts';
import { type Cluster, startCluster } from '../test/harness/patroni.ts';
import { waitFor } from '../test/harness/processes.ts';
import { newestEtcd } from '../test/harness/servers.ts';

const RUN_JS = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** A commit waits for a standby: what was acknowledged survives whatever happens. */
const SETTINGS = { ttl: 20, loop_wait: 2, retry_timeout: 5, synchronous_mode: true };

function say(text: string): void {
  console.log(`\n# ${text}`);
}

/** Runs a command as a person would type it; the configuration comes from the environment. */
async function pgherd(cluster: Cluster, ...args: string[]): Promise<void> {
  console.log(`\n$ pgherd ${args.join(' ')}`);
  const child = spawn(process.execPath, [RUN_JS, ...args], {
    env: { ...process.env, PATRONICTL_CONFIG_FILE: cluster.configFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`pgherd ${args[0]} ended with exit code ${code}`);
}

/** Clients on every server, by its Unix socket. */
async function startClients(cluster: Cluster): Promise<Ledger> {
  const ledger = new Ledger(
    cluster.members.map(({ name, place }) => ({
      name,
      socketDirectory: place.directory,
      port: place.postgresPort,
    })),
  );
  await ledger.open(await cluster.leader());
  await ledger.progress();
  return ledger;
}

/** The leader is there, everybody follows it, and one of them is synchronous. */
async function whole(cluster: Cluster): Promise<void> {
  await cluster.settled(120_000);
  await waitFor('a synchronous standby', async () =>
    (await cluster.view()).some(({ role }) => role === 'sync_standby'),
  );
}

/** What somebody who writes sees of it: the longest time without a written row. */
async function watched(ledger: Ledger, deed: () => Promise<void>): Promise<number> {
  await ledger.progress();
  ledger.startGap();
  await deed();
  await ledger.progressAfterGap();
  return Math.round(ledger.longestGapMs);
}

async function show(cluster: Cluster): Promise<void> {
  await pgherd(cluster, 'list');
  const ledger = await startClients(cluster);

  say('Clients write all the time. A planned switchover:');
  const switchover = await watched(ledger, () => pgherd(cluster, 'switchover', '--force'));
  await whole(cluster);

  const leader = await cluster.leader();
  say(`kill -9 of the leader: the agent of ${leader} and its PostgreSQL, at the same moment.`);
  const failover = await watched(ledger, async () => {
    await cluster.member(leader).killBoth();
    await waitFor('another leader', async () => {
      const name = await cluster.leader();
      return name !== '' && name !== leader;
    });
  });
  await pgherd(cluster, 'list');

  say(`The agent of ${leader} is started again; its PostgreSQL comes back as a standby.`);
  cluster.member(leader).start();
  await whole(cluster);
  await pgherd(cluster, 'list');

  const { kept, lost, twoWritable } = await ledger.close(await cluster.leader());
  say(`Without a written row: ${switchover} ms in the switchover, ${failover} ms in the failover.`);
  say(`Rows that were acknowledged: ${kept + lost.length}, lost: ${lost.length}.`);
  if (lost.length > 0 || twoWritable.length > 0) throw new Error('that must not be');
}

const started = performance.now();
say('Starting etcd, and three agents with a PostgreSQL each, on free ports of 127.0.0.1 ...');
const etcd = await startEtcd({ version: newestEtcd() });
const cluster = await startCluster({
  agents: 'pgherd',
  etcdUrl: etcd.clientUrl,
  dcs: { ...SETTINGS, postgresql: { use_pg_rewind: true } },
});
try {
  await whole(cluster);
  await show(cluster);
} finally {
  await cluster.stop();
  await etcd.stop();
}
const seconds = Math.round((performance.now() - started) / 1000);
say(`Done in ${seconds} s. The servers are stopped and their directory is removed.`);
