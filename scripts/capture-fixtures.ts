// Captures what the unit tests compare with: documents of clusters and what the real patronictl
// prints for them, and data with what Python's json and yaml print for them.
//   npx tsx scripts/capture-fixtures.ts          (needs `make servers`)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putDocuments } from '../test/harness/documents.ts';
import { startEtcd } from '../test/harness/etcd.ts';
import { patronictlBatch } from '../test/harness/patronictl-batch.ts';
import { runProgram } from '../test/harness/run.ts';
import { newestEtcd, patroni } from '../test/harness/servers.ts';
import { CITUS_STATE, STATES } from '../test/interop/states.ts';

const FORMATS = ['pretty', 'tsv', 'json', 'yaml'];
const COMMANDS = [
  ...FORMATS.flatMap((format) => [`list -f ${format}`, `list -e -f ${format}`]),
  'topology',
];

/** Prints each JSON text that comes in as `json.dumps` and `yaml.safe_dump` do. */
const PYTHON = `
import json, sys, yaml
def dump(text):
    data = json.loads(text)
    block, flow = [yaml.safe_dump(data, default_flow_style=style, allow_unicode=True, width=200)
                   for style in (False, True)]
    return {'data': text, 'json': json.dumps(data), 'block': block, 'flow': flow,
            'compact': json.dumps(data, separators=(',', ':'))}
json.dump([dump(text) for text in json.load(sys.stdin)], sys.stdout)
`;

function fixture(name: string): URL {
  return new URL(`../test/fixtures/${name}`, import.meta.url);
}

function save(name: string, records: readonly unknown[]): void {
  const lines = records.map((record) => JSON.stringify(record));
  writeFileSync(fixture(name), `[\n${lines.join(',\n')}\n]\n`);
}

async function captureClusters(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-'));
  const etcd = await startEtcd({ version: newestEtcd() });
  try {
    const states = Object.entries({ ...STATES, citus: CITUS_STATE }).filter(
      ([, { documents }]) => Object.keys(documents).length < 20,
    );
    for (const [scope, { documents }] of states) {
      await putDocuments(etcd.clientUrl, scope, documents);
    }
    const etcd3 = { hosts: new URL(etcd.clientUrl).host };
    const plain = join(directory, 'plain.yml');
    const citus = join(directory, 'citus.yml');
    writeFileSync(plain, JSON.stringify({ etcd3 }));
    writeFileSync(citus, JSON.stringify({ etcd3, citus: { group: 0, database: 'app' } }));
    const cases = states.flatMap(([scope, state]) =>
      [...COMMANDS, ...(state.citus ? ['list --group 1', 'topology --group 2'] : [])].map(
        (command) => ({ scope, command, config: state.citus ? citus : plain }),
      ),
    );
    const answers = await patronictlBatch(
      patroni('4.1'),
      cases.map(({ scope, command, config }) => {
        const [name = '', ...flags] = command.split(' ');
        return ['-c', config, name, scope, ...flags];
      }),
    );
    const records = states.map(([scope, state]) => {
      const printed = cases.flatMap((each, index) =>
        each.scope === scope ? [[each.command, answers[index]?.stdout ?? '']] : [],
      );
      const { documents } = state;
      return {
        scope,
        citus: state.citus ?? false,
        documents,
        printed: Object.fromEntries(printed),
      };
    });
    save('clusters.json', records);
  } finally {
    await etcd.stop();
    rmSync(directory, { recursive: true });
  }
}

/** Prints the data that the fixture has once more. */
async function capturePython(): Promise<void> {
  const old = JSON.parse(readFileSync(fixture('python-text.json'), 'utf8')) as { data: string }[];
  const stdin = JSON.stringify(old.map(({ data }) => data));
  const output = await runProgram(['/usr/bin/python3', '-c', PYTHON], { stdin });
  if (output.code !== 0) throw new Error(output.stderr);
  save('python-text.json', JSON.parse(output.stdout) as unknown[]);
}

await captureClusters();
await capturePython();
