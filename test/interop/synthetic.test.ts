import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { patronictlBatch } from '../harness/patronictl-batch.ts';
import { runPgherd } from '../harness/run.ts';
import { newestEtcd, patroni } from '../harness/servers.ts';
import { CITUS_STATE, STATES } from './states.ts';

// What patronictl prints, and what pgherd prints, for clusters that exist only as documents.

const COMMANDS = ['list', 'list -e', 'list -e -f tsv', 'list -f json', 'list -f yaml', 'topology'];

/** Commands that read little of a cluster, and the states in which that little differs. */
const SMALL_COMMANDS = [
  'history',
  'history -f tsv',
  'history -f json',
  'history -f yaml',
  'show-config',
  'dsn',
  'dsn -r replica',
  'dsn -r any',
  'dsn -m pg2',
];
const SMALL_STATES = [
  'plain',
  'no-members',
  'no-leader',
  'no-config',
  'standby-cluster',
  'legacy-keys',
  'wide-names',
  'old-history',
  'much-config',
  'ipv6-and-names',
];

const CITUS_COMMANDS = [
  'list',
  'list -e -f tsv',
  'list -f json',
  'list -f yaml',
  'list --group 1',
  'topology',
  'topology --group 2',
  'history --group 0',
  'show-config --group 1',
  'dsn --group 1',
];

const directory = mkdtempSync(join(tmpdir(), 'pgherd-'));
const config = join(directory, 'plain.yml');
const citusConfig = join(directory, 'citus.yml');

const cases = [
  ...product(Object.keys(STATES), COMMANDS, config),
  ...product(SMALL_STATES, SMALL_COMMANDS, config),
  ...product(['citus'], CITUS_COMMANDS, citusConfig),
];
const theirs = new Map<string, { code: number; stdout: string }>();
let etcd: RunningEtcd;

function product(states: readonly string[], commands: readonly string[], file: string) {
  return states.flatMap((state) => commands.map((command) => ({ state, command, config: file })));
}

function argsOf({ state, command, config: file }: (typeof cases)[number]): string[] {
  const [name = '', ...flags] = command.split(' ');
  return ['-c', file, name, state, ...flags];
}

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  const etcd3 = { hosts: new URL(etcd.clientUrl).host };
  writeFileSync(config, JSON.stringify({ etcd3 }));
  writeFileSync(citusConfig, JSON.stringify({ etcd3, citus: { group: 0, database: 'app' } }));
  for (const [scope, { documents }] of Object.entries(STATES)) {
    await putDocuments(etcd.clientUrl, scope, documents);
  }
  await putDocuments(etcd.clientUrl, 'citus', CITUS_STATE.documents);
  const answers = await patronictlBatch(patroni('4.1'), cases.map(argsOf));
  for (const [index, each] of cases.entries()) {
    const answer = answers[index];
    if (answer) theirs.set(`${each.state} ${each.command}`, answer);
  }
});

afterAll(async () => {
  await etcd.stop();
  rmSync(directory, { recursive: true });
});

describe('the same documents, the same words', () => {
  it.each(cases)('$command of $state', async (each) => {
    const ours = await runPgherd(argsOf(each), { env: { COLUMNS: '40' } });
    const wanted = theirs.get(`${each.state} ${each.command}`);
    expect({ code: ours.code, stdout: ours.stdout }, ours.stderr).toEqual(wanted);
  });
});
