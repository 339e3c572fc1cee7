/**
 * `make bench`: pgherd and patronictl side by side, in turns, on the same documents in a real etcd.
 * With `--write` the tables go into docs/benchmarks.md. Exit code 1 when a target is missed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { putDocuments } from '../test/harness/documents.ts';
import { startEtcd } from '../test/harness/etcd.ts';
import { PATRONICTL } from '../test/harness/run.ts';
import { newestEtcd, type PatroniInstall, patroni } from '../test/harness/servers.ts';
import { healthyCluster } from './clusters.ts';
import { median, type Run, Stopwatch } from './measure.ts';
import { NODE24, node24 } from './node24.ts';
import { type Line, report } from './report.ts';

const ROUNDS = 15;
const CLUSTERS = 1000;
/** patronictl is asked for this many clusters, and reckoned up to all of them. */
const SAMPLE = 20;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A program with its arguments, under a name; `runs` are filled in turns. */
interface Contender {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly runs: Run[];
}

function contender(argv: readonly string[], env: Readonly<Record<string, string>>): Contender {
  return {
    argv,
    env: { PATH: '/usr/bin:/bin', HOME: tmpdir(), LC_ALL: 'C.UTF-8', ...env },
    runs: [],
  };
}

/** Everyone in turns, so that whatever else the machine does falls on all alike. */
async function race(stopwatch: Stopwatch, contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { argv, env, runs } of contenders) {
      const run = await stopwatch.run(argv, env);
      // The first round fills the caches: of the disk, of Python's and of Node's compiled code.
      if (round > 0) runs.push(run);
    }
  }
}

const time = (of: Contender): number => median(of.runs.map(({ ms }) => ms));
const memory = (of: Contender): number => median(of.runs.map(({ peakKib }) => peakKib)) / 1024;

interface World {
  readonly config: string;
  readonly install: PatroniInstall;
  readonly stopwatch: Stopwatch;
  readonly nodes: readonly { readonly name: string; readonly binary: string }[];
}

async function compare(world: World): Promise<Line[]> {
  const { config, install, stopwatch } = world;
  const ours = (binary: string, ...args: string[]): Contender =>
    contender([binary, join(ROOT, 'bin/run.js'), '-c', config, ...args], {});
  const theirs = (...args: string[]): Contender =>
    contender(
      ['/usr/bin/python3', '-c', PATRONICTL, '-c', config, ...args],
      install.unpacked ? { PYTHONPATH: install.modules } : {},
    );
  const sample = Array.from({ length: SAMPLE }, (_, index) => `many-${index}`);
  const all = {
    list: theirs('list', 'three'),
    version: theirs('version'),
    some: theirs('list', ...sample),
    own: world.nodes.map(({ name, binary }) => ({
      name,
      list: ours(binary, 'list', 'three'),
      version: ours(binary, 'version'),
      hundred: ours(binary, 'list', 'hundred'),
      all: ours(binary, 'list', '--all'),
    })),
  };
  const own = all.own.flatMap((node) => [node.list, node.version, node.hundred, node.all]);
  await race(stopwatch, [all.list, all.version, all.some, ...own]);

  const perCluster = (time(all.some) - time(all.list)) / (SAMPLE - 1);
  const manyClusters = time(all.list) + perCluster * (CLUSTERS - 1);
  return all.own.flatMap((node): Line[] => {
    const share = node.name.startsWith('Node 20') ? 0.4 : 0.25;
    const ms = { unit: 'ms', node: node.name } as const;
    const mib = { unit: 'MiB', node: node.name } as const;
    return [
      { ...ms, what: '`list`, 3 members', ours: time(node.list), theirs: time(all.list), share },
      { ...ms, what: '`version`', ours: time(node.version), theirs: time(all.version), share },
      {
        ...ms,
        what: '`list`, 100 members; beside it ours of 3',
        ours: time(node.hundred),
        theirs: time(node.list),
        share: 1.2,
      },
      {
        ...ms,
        what: `\`list --all\`, ${CLUSTERS} clusters; patronictl's is reckoned`,
        ours: time(node.all),
        theirs: manyClusters,
        atMost: 2000,
      },
      {
        ...mib,
        what: '`list`, 3 members: peak memory',
        ours: memory(node.list),
        theirs: memory(all.list),
        share: 1,
      },
      {
        ...mib,
        what: '`version`: peak memory',
        ours: memory(node.version),
        theirs: memory(all.version),
        share: 1,
      },
    ];
  });
}

const install = patroni('4.1');
const newer = node24();
const directory = mkdtempSync(join(tmpdir(), 'pgherd-bench-'));
const etcd = await startEtcd({ version: newestEtcd() });
const stopwatch = new Stopwatch();
try {
  const config = join(directory, 'patroni.yml');
  writeFileSync(config, JSON.stringify({ etcd3: { hosts: new URL(etcd.clientUrl).host } }));
  await putDocuments(etcd.clientUrl, 'three', healthyCluster(3));
  await putDocuments(etcd.clientUrl, 'hundred', healthyCluster(100));
  for (let number = 0; number < CLUSTERS; number++) {
    await putDocuments(etcd.clientUrl, `many-${number}`, healthyCluster(3));
  }
  console.log(`Measuring ${ROUNDS} rounds; this takes some minutes ...`);
  const nodes = [
    { name: `Node ${process.versions.node}`, binary: process.execPath },
    { name: `Node ${NODE24}`, binary: newer },
  ];
  const lines = await compare({ config, install, stopwatch, nodes });
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores`;
  const text = report(lines, { rounds: ROUNDS, sample: SAMPLE, patroni: install.version, machine });
  console.log(text.table);
  if (process.argv.includes('--write')) writeFileSync(join(ROOT, 'docs/benchmarks.md'), text.page);
  process.exitCode = text.missed === 0 ? 0 : 1;
} finally {
  stopwatch.close();
  await etcd.stop();
  rmSync(directory, { recursive: true });
}
