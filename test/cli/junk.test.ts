import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { expectEnvelope, expectNoInside, pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { demoDocuments } from '../unit/ctl/documents.ts';

/** Every document of a cluster. */
const NAMES = [
  'config',
  'failover',
  'failsafe',
  'history',
  'initialize',
  'leader',
  'members/pg2',
  'status',
  'optime/leader',
  'sync',
];

/** Documents that are taken as they are. */
const PLAIN_TEXT = new Set(['initialize', 'leader']);
/** Documents that `list` reads and that have to be JSON; `failover` may be `leader:candidate`. */
const IS_JSON = new Set(['config', 'history', 'members/pg2', 'status', 'sync']);

const LONG = 'x'.repeat(1_000_000);

/** What may be found in place of a document. */
const JUNK: Readonly<Record<string, string | Buffer>> = {
  'broken JSON': '{"a": [1, ',
  nothing: '',
  'a number': '5',
  'a large number': '9'.repeat(400),
  'a list': '[[[1,2],{}],null,"x"]',
  'a word': 'hello',
  null: 'null',
  'wrong types':
    '{"ttl":"x","loop_wait":[],"postgresql":5,"pause":"maybe","leader":{"a":1},"member":7,' +
    '"sync_standby":{"a":[]},"quorum":"q","optime":"far","retain_slots":7,"slots":[{"a":1}],' +
    '"conn_url":5,"api_url":{"x":1},"state":[],"role":{},"timeline":"two","xlog_location":{},' +
    '"tags":"none","pending_restart_reason":[1],"scheduled_restart":"soon","version":4,' +
    '"scheduled_at":true,"pg1":{"not":"a url"}}',
  'bad addresses':
    '{"conn_url":"not a url","api_url":"javascript:alert(1)","state":"running","role":"replica",' +
    '"timeline":-1,"xlog_location":-5,"scheduled_at":"yesterday","leader":"pg1","member":"pg9"}',
  'keys of JavaScript':
    '{"__proto__":{"polluted":true,"pause":true},"constructor":{"prototype":{"polluted":true}},' +
    '"tags":{"__proto__":{"nofailover":true}},"state":"running","leader":"__proto__"}',
  'deeply nested': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  '1 MB of text': LONG,
  '1 MB of JSON': JSON.stringify({ state: LONG.slice(600_000), [LONG.slice(500_000)]: 1 }),
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0xc3, 0x28, 0x7d]),
  'control characters':
    '{"state":"\\u001b[2J\\u0000\\r\\n","role":"\\u001b]0;x\\u0007","leader":"\\n"}',
};

/** C0 and C1 controls other than newline and tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

let etcd: RunningEtcd;
const slug = (text: string): string => text.replace(/\W+/g, '-');

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  for (const [junk, value] of Object.entries(JUNK)) {
    // Nobody listens there, so that `health` gets its answers at once.
    const rest = { 'members/pg1': leader(), 'members/pg3': leader({ role: 'replica' }) };
    const documents = demoDocuments(rest);
    for (const name of NAMES) {
      await putDocuments(etcd.clientUrl, `${slug(junk)}.${slug(name)}`, {
        ...documents,
        [name]: value,
      });
    }
    const all = NAMES.map((name): [string, string | Buffer] => [name, value]);
    await putDocuments(etcd.clientUrl, `all.${slug(junk)}`, Object.fromEntries(all));
  }
});
afterAll(() => etcd?.stop());

function leader(changes: object = {}): string {
  return JSON.stringify({
    conn_url: 'postgres://127.0.0.1:1/postgres',
    api_url: 'http://127.0.0.1:1/patroni',
    state: 'running',
    role: 'primary',
    timeline: 2,
    xlog_location: 83886592,
    ...changes,
  });
}

const run = (...args: string[]) => pgherd(args, { DCS_URL: `etcd3://${etcd.hosts[0]}` });

/** These take any number of clusters. */
const LISTS: readonly (readonly string[])[] = [
  ['list'],
  ['list', '-e', '-f', 'json'],
  ['list', '-f', 'yaml'],
  ['topology'],
];
const COMMANDS: readonly (readonly string[])[] = [
  ['history'],
  ['show-config'],
  ['dsn'],
  ['health'],
  ['explain'],
  ['doctor'],
  ['switchover', '--dry-run', '--candidate', 'pg3'],
  ['edit-config', '-s', 'ttl=40', '--dry-run'],
];

async function expectSteady(args: readonly string[], codes: readonly number[]): Promise<void> {
  const output = await run(...args);
  const what = `${args.join(' ')}: ${output.stderr.slice(0, 500)}`;
  expectNoInside({ stdout: output.stdout, stderr: output.stderr.slice(0, 3000) });
  expect(codes, what).toContain(output.code);
  if (output.code === 1) expect(output.stderr, what).toMatch(/^Error: .*[^.]$/m);
  if (!args.includes('json')) expect(output.stdout).not.toMatch(CONTROLS);
  expect(output.stderr).not.toMatch(CONTROLS);
}

describe('junk in the DCS: no crash, an exit code, no control characters', () => {
  test.concurrent.each(LISTS)('all junk at once: %s %s %s %s', async (...args) => {
    const scopes = Object.keys(JUNK).map((junk) => `all.${slug(junk)}`);
    await expectSteady([...args, ...scopes], [0]);
  });

  test.concurrent.each(Object.keys(JUNK))('%s in all documents at once', async (junk) => {
    for (const [command = '', ...options] of COMMANDS) {
      await expectSteady([command, `all.${slug(junk)}`, ...options], [0, 1, 4]);
    }
  });

  test.concurrent.each(NAMES)('each kind in %s: what is not read is named', async (name) => {
    const scopes = Object.keys(JUNK).map((junk) => `${slug(junk)}.${slug(name)}`);
    const output = await run('list', ...scopes, '--json');
    const printed = expectEnvelope(output, 'list');
    expect(printed.outcome, output.stderr.slice(0, 2000)).toBe('done');
    const { clusters } = printed.data as { clusters: { members: { member: string }[] }[] };
    expect(clusters).toHaveLength(scopes.length);
    for (const { members } of clusters) {
      expect(members.map(({ member }) => member)).toContain('pg1');
    }
    if (!PLAIN_TEXT.has(name)) expect(JSON.stringify(clusters)).not.toContain('polluted');
    if (IS_JSON.has(name)) {
      expect(printed.warnings.join('\n')).toContain(`broken-JSON.${slug(name)}/${name}`);
    }
  });

  test('discover and list --all show them all', async () => {
    const count = Object.keys(JUNK).length * (NAMES.length + 1);
    const all = expectEnvelope(await run('list', '--all', '--json'), 'list');
    expect((all.data as { clusters: unknown[] }).clusters).toHaveLength(count);
    const found = expectEnvelope(await run('discover', '--json'), 'discover');
    expect((found.data as { clusters: unknown[] }).clusters).toHaveLength(count);
    const table = await run('discover');
    expect(table.code).toBe(0);
    expect(table.stdout).not.toMatch(CONTROLS);
  });
});
