import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findPostgres } from '../../../src/demo/find-postgres.ts';
import { configText, planNodes } from '../../../src/demo/plan.ts';
import { isOpen } from '../../../src/demo/program.ts';
import { userIn } from '../../../src/demo/run-as.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'pgherd-places-'));
});
afterEach(() => rmSync(place, { recursive: true }));

function programs(folder: string, ...names: string[]): string {
  const path = join(place, folder);
  mkdirSync(path);
  for (const name of names) writeFileSync(join(path, name), '', { mode: 0o755 });
  return path;
}

const ALL = ['postgres', 'initdb', 'pg_ctl', 'pg_basebackup', 'pg_controldata', 'pg_rewind'];

describe('PostgreSQL', () => {
  test('is where it is said to be, or nowhere', () => {
    const whole = programs('whole', ...ALL);
    expect(findPostgres(whole, undefined)).toBe(whole);
    const part = programs('part', ...ALL.slice(0, 4));
    expect(() => findPostgres(part, whole)).toThrow(/no pg_controldata, no pg_rewind in/);
  });

  test('is in the first folder of PATH that has all of it', () => {
    const client = programs('client', 'pg_basebackup');
    const whole = programs('whole', ...ALL);
    expect(findPostgres(undefined, `${client}:relative::${whole}`)).toBe(whole);
  });
});

test('a user of the servers is never root', () => {
  const passwd = 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:\npostgres:x:101:102:a,b:/var:/bin/sh\n';
  expect(userIn(passwd, 'postgres')).toEqual({ name: 'postgres', uid: 101, gid: 102 });
  for (const name of ['root', 'toor', 'post', 'nobody'])
    expect(userIn(passwd, name)).toBe(undefined);
});

test('a folder is open only when every folder above it is', () => {
  const inner = join(place, 'inner');
  mkdirSync(inner, { mode: 0o755 });
  expect(isOpen(inner)).toBe(false);
  chmodSync(place, 0o755);
  expect(isOpen(inner)).toBe(isOpen(tmpdir()));
});

test('a configuration names the ports, the store and the folder of its own node', () => {
  const nodes = planNodes(2, [1, 2, 3, 4]);
  expect(nodes).toEqual([
    { name: 'pg1', postgresPort: 1, restPort: 2 },
    { name: 'pg2', postgresPort: 3, restPort: 4 },
  ]);
  const [, second] = nodes;
  if (!second) throw new Error('there are two');
  const plan = { directory: '/d', store: 'h:9', nodes, binDir: '/b', sync: true, password: 'p' };
  const config = parse(configText(plan, second));
  expect(config).toMatchObject({
    scope: 'demo',
    name: 'pg2',
    etcd3: { hosts: 'h:9' },
    restapi: { listen: '127.0.0.1:4' },
    bootstrap: { dcs: { synchronous_mode: true } },
    postgresql: { listen: '127.0.0.1:3', data_dir: '/d/pg2', bin_dir: '/b' },
  });
  const plain = parse(configText({ ...plan, sync: false }, second));
  expect(plain.bootstrap.dcs).not.toHaveProperty('synchronous_mode');
});
