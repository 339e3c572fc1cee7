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
import { writeSection } from './page.ts';
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

/** Everyone who takes part, and what is made of their runs in the end. */
function contenders({ config, install, nodes }: World) {
  const run = join(ROOT, 'bin/run.js');
  const python = ['/usr/bin/python3', '-c', PATRONICTL, '-c', config];
  const theirs = (...args: string[]): Contender =>
    contender([...python, ...args], install.unpacked ? { PYTHONPATH: install.modules } : {});
  const sample = Array.from({ length: SAMPLE }, (_, index) => `many-${index}`);
  return {
    list: theirs('list', 'three'),
    version: theirs('version'),
    some: theirs('list', ...sample),
    bare: contender(['/usr/bin/python3', '-c', 'pass'], {}),
    own: nodes.map(({ name, binary }) => {
      const ours = (...args: string[]): Contender =>
        contender([binary, run, '-c', config, ...args], {});
      return {
        name,
        list: ours('list', 'three'),
        version: ours('version'),
        hundred: ours('list', 'hundred'),
        all: ours('list', '--all'),
        bare: contender([binary, '-e', '0'], {}),
      };
    }),
  };
}

type All = ReturnType<typeof contenders>;

function linesOf(all: All, node: All['own'][number]): Line[] {
  const share = node.name.startsWith('Node 20') ? 0.4 : 0.25;
  const compared = { node: node.name, share };
  const perCluster = (time(all.some) - time(all.list)) / (SAMPLE - 1);
  const hundred = { ours: time(node.hundred), theirs: time(node.list), share: 1.2 };
  const many = {
    ours: time(node.all),
    theirs: time(all.list) + perCluster * (CLUSTERS - 1),
    atMost: 2000,
  };
  const timed = (what: string, ours: Contender, theirs: Contender): Line => {
    return { ...compared, what, unit: 'ms', ours: time(ours), theirs: time(theirs) };
  };
  const memories = (what: string, ours: Contender, theirs: Contender): Line => {
    const line = { ours: memory(ours), theirs: memory(theirs), share: 1 };
    return { node: node.name, what: `${what}: peak memory`, unit: 'MiB', ...line };
  };
  return [
    timed('`list`, 3 members', node.list, all.list),
    timed('`version`', node.version, all.version),
    { node: node.name, unit: 'ms', what: '`list`, 100 members; beside it ours of 3', ...hundred },
    { node: node.name, unit: 'ms', what: `\`list --all\`, ${CLUSTERS} clusters`, ...many },
    memories('`list`, 3 members', node.list, all.list),
    { ...timed('nothing: Node beside Python', node.bare, all.bare), share: undefined },
    { ...memories('nothing: Node beside Python', node.bare, all.bare), share: undefined },
  ];
}

async function compare(world: World): Promise<Line[]> {
  const all = contenders(world);
  const own = all.own.flatMap(({ name: _, ...each }) => Object.values(each));
  await race(world.stopwatch, [all.list, all.version, all.some, all.bare, ...own]);
  return all.own.flatMap((node) => linesOf(all, node));
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
  if (process.argv.includes('--write')) writeSection('commands', text.section);
  process.exitCode = text.missed === 0 ? 0 : 1;
} finally {
  stopwatch.close();
  await etcd.stop();
  rmSync(directory, { recursive: true });
}
