/**
 * `make demo`: etcd and three real Patroni members on this machine, in a temporary directory, and a
 * switchover to watch while a client writes. Everything is gone afterwards, also after Ctrl-C.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startEtcd } from '../test/harness/etcd.ts';
import { type Cluster, startCluster } from '../test/harness/patroni.ts';
import { newestEtcd } from '../test/harness/servers.ts';
import { startWriter } from '../test/harness/writer.ts';

const RUN_JS = fileURLToPath(new URL('../bin/run.js', import.meta.url));

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

async function show(cluster: Cluster): Promise<void> {
  await pgherd(cluster, 'list');
  await pgherd(cluster, 'topology');

  say('A client now writes a row whenever it can, while the primary changes to pg2.');
  const writer = await startWriter(cluster);
  await pgherd(cluster, 'switchover', '--candidate', 'pg2', '--force');
  const { rows, longestGapMs } = await writer.stop();
  say(
    `The client wrote ${rows} rows. The longest time without a written row: ` +
      `${Math.round(longestGapMs)} ms.`,
  );
  await pgherd(cluster, 'list');
}

const started = performance.now();
say('Starting etcd and three Patroni members (pg1, pg2, pg3) on free ports of 127.0.0.1 ...');
const etcd = await startEtcd({ version: newestEtcd() });
const cluster = await startCluster({ etcdUrl: etcd.clientUrl });
say(`Patroni ${cluster.install.version} runs in ${cluster.directory}`);
try {
  await show(cluster);
} finally {
  await cluster.stop();
  await etcd.stop();
}
const seconds = Math.round((performance.now() - started) / 1000);
say(`Done in ${seconds} s. The servers are stopped and their directory is removed.`);
