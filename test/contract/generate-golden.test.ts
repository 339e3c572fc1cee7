import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfigText } from '../../src/config/config-files.ts';
import { generateConfig } from '../../src/daemon/generate/generate-config.ts';
import { realWorld } from '../../src/daemon/validate/world.ts';
import { isRecord, type Json } from '../../src/model/json.ts';
import { freePorts } from '../harness/ports.ts';
import {
  atExit,
  ended,
  giveToServerUser,
  isRoot,
  startServer,
  waitFor,
} from '../harness/processes.ts';
import { runProgram } from '../harness/run.ts';
import { patroni, postgresBinaries } from '../harness/servers.ts';

// The configurations that pgherd and Patroni generate for the same machine and the same instance.

type JsonMap = Readonly<Record<string, Json>>;

const PATRONI = "import sys; from patroni.__main__ import main; sys.argv[0] = 'patroni'; main()";
const BINARIES = postgresBinaries();
const PASSWORD = 'gen-secret';

let folder: string;
let server: ChildProcess;
let port = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-generated-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  [port = 0] = await freePorts(1);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), PASSWORD);
  giveToServerUser(folder);
  const user = isRoot()
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups']
    : [];
  const initdb = [`${BINARIES}/initdb`, '-D', data, '-U', 'boss', '-A', 'scram-sha-256', '-N'];
  const [program = '', ...args] = [...user, ...initdb, `--pwfile=${join(folder, 'password')}`];
  execFileSync(program, args, { cwd: folder, env: { LC_ALL: 'C', PATH: process.env.PATH } });
  const settings = { work_mem: '9MB', archive_command: '/bin/true %p', cluster_name: 'lone' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  server = startServer({
    command: `${BINARIES}/postgres`,
    args: ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', ...flags],
    env: { LC_ALL: 'C', PATH: process.env.PATH ?? '' },
    cwd: folder,
    logFile: join(folder, 'log'),
  });
  await waitFor('PostgreSQL', async () => {
    execFileSync(`${BINARIES}/pg_isready`, ['-h', '127.0.0.1', '-p', String(port)]);
    return true;
  });
});
afterAll(async () => {
  server.kill('SIGINT');
  await ended(server);
  rmSync(folder, { recursive: true, force: true });
});

/** What Patroni prints, as data. */
async function theirs(args: readonly string[], env: Record<string, string>): Promise<JsonMap> {
  const { modules, unpacked } = patroni('4.1');
  const pythonPath = unpacked ? { PYTHONPATH: modules } : {};
  const output = await runProgram(['/usr/bin/python3', '-c', PATRONI, ...args], {
    env: { ...pythonPath, PATH: `${BINARIES}:${process.env.PATH}`, ...env },
    timeoutMs: 60_000,
  });
  expect([output.code, output.stderr]).toEqual([0, '']);
  return parseConfigText(output.stdout, 'theirs');
}

async function ours(
  options: { kind: 'sample' | 'running'; dsn?: string },
  env: Record<string, string>,
): Promise<JsonMap> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await generateConfig({
    ...options,
    ...{ file: undefined, env },
    world: { majorVersion: () => realWorld.majorVersion(join(BINARIES, 'postgres')) },
    io: {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      askPassword: async () => '',
    },
  });
  expect([code, err]).toEqual([0, []]);
  return parseConfigText(out.join('\n'), 'ours');
}

/** Without the differences on purpose (see `template`), and all scalars as text. */
function comparable(config: Json, path = ''): Json {
  if (Array.isArray(config)) return config.map((item: Json) => comparable(item, path));
  if (!isRecord(config)) return String(config);
  const left = ['tags.nosync', 'etcd3', 'bootstrap.dcs.postgresql.parameters.cluster_name'];
  const entries = Object.entries(config as Record<string, Json>).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`;
    return left.includes(name) ? [] : [[key, comparable(value, name)] as const];
  });
  return Object.fromEntries(entries);
}

describe('what is generated is what Patroni generates', () => {
  it.each<[string, Record<string, string>]>([
    ['a sample', {}],
    [
      'a sample with an environment',
      {
        ...{ PATRONI_SCOPE: 'demo', PATRONI_NAME: 'n', PATRONI_RESTAPI_LISTEN: '*:1' },
        ...{ PATRONI_REPLICATION_USERNAME: 'rep', PATRONI_REWIND_USERNAME: 'rw' },
        ...{ PATRONI_ETCD3_HOSTS: 'a:1,b:2', PATRONI_LOG_LEVEL: 'DEBUG' },
      },
    ],
  ])('%s', async (_, env) => {
    const sample = await theirs(['--generate-sample-config'], env);
    expect(comparable(await ours({ kind: 'sample' }, env))).toEqual(comparable(sample));
  });

  it('of an instance that runs', async () => {
    const dsn = `host=127.0.0.1 port=${port} user=boss password=${PASSWORD} dbname=postgres`;
    const config = await theirs(['--generate-config', '--dsn', dsn], {});
    expect(comparable(await ours({ kind: 'running', dsn }, {}))).toEqual(comparable(config));
    expect(JSON.stringify(config)).toContain('9MB');
  });
});
