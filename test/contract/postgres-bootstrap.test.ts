import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { serverProcesses } from '../../src/postgres/jobs/server-processes.ts';
import { becomeServerUser } from '../harness/postgres.ts';
import { waitFor } from '../harness/processes.ts';
import { newNode, removeNodes, START_PRIMARY, type TestNode } from './postgres-node.ts';
import { watchArguments } from './watch-arguments.ts';

becomeServerUser();
afterAll(removeNodes);

const nodes: TestNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

async function node(...given: Parameters<typeof newNode>): Promise<TestNode> {
  const made = await newNode(...given);
  nodes.push(made);
  return made;
}

/** A program of the test's own. */
function script(pg: TestNode, text: string): string {
  const path = join(pg.directory, 'script.sh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** Everything below a directory, as one text. */
function allFiles(directory: string, wanted: RegExp): string {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => readFileSync(path, 'latin1')).join('\n');
}

describe('a bootstrap', () => {
  it('makes a cluster with its roles, stopped and marked', async () => {
    const pg1 = await node('pg1');
    pg1.bootstrap = {
      ...pg1.bootstrap,
      initdbOptions: [{ name: 'data-checksums' }, { name: 'encoding', value: 'UTF8' }],
    };
    await pg1.do({ kind: 'bootstrap' });
    expect(await pg1.runs()).toBe(false);
    expect(serverProcesses(pg1.config.dataDir)).toEqual([]);
    expect(pg1.context.markers.has('bootstrapping')).toBe(true);
    expect(await pg1.control()).toMatchObject({ state: 'shut down', checksums: true });
    expect(await pg1.failure(START_PRIMARY)).toBe('the data directory is unfinished');
    await pg1.context.markers.clear('bootstrapping');
    await pg1.do(START_PRIMARY);
    const roles = `
      SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolreplication, left(rolpassword, 13)),
                        ',' ORDER BY rolname) AS value
        FROM pg_authid WHERE rolpassword IS NOT NULL`;
    const [rows] = await pg1.context.session.query(roles, { timeoutMs: 5000 });
    expect(String(rows?.[0]?.value).split(',')).toEqual([
      'postgres t t SCRAM-SHA-256',
      'replicator f t SCRAM-SHA-256',
      'rewinder f f SCRAM-SHA-256',
    ]);
    for (const call of ["pg_ls_dir('.', true, false)", "pg_read_binary_file('PG_VERSION')"]) {
      await pg1.sql(`SET ROLE rewinder; SELECT ${call}; RESET ROLE`);
    }
  });

  it('runs its script where nobody else can connect, and keeps all secrets', async () => {
    const pg1 = await node('pg1', {});
    pg1.config = {
      ...pg1.config,
      dataDir: `${pg1.config.dataDir}/`,
      parameters: {
        ...pg1.config.parameters,
        log_statement: 'all',
        log_min_duration_statement: 0,
        log_min_messages: 'debug1',
        log_connections: 'on',
      },
    };
    const out = join(pg1.directory, 'out');
    const command = script(
      pg1,
      `printf '%s\\n' "$@" "$PGOPTIONS" >${out}
       ls -ld "$(echo "$2" | sed 's/.*host=\\([^ ]*\\).*/\\1/')" >>${out}
       env >>${out}
       psql -XAtqd "$2" -c 'show listen_addresses' -c 'create database app' >>${out} 2>&1`,
    );
    pg1.bootstrap = { ...pg1.bootstrap, postBootstrap: `${command} 'one arg'` };
    const seen = await watchArguments(() => pg1.do({ kind: 'bootstrap' }));
    const [first, conninfo, options, directory] = readFileSync(out, 'utf8').split('\n');
    expect(first).toBe('one arg');
    expect(conninfo).toMatch(
      new RegExp(`^dbname=postgres user=postgres host=\\S+ port=${pg1.config.port}$`),
    );
    expect(options).toBe('-c synchronous_commit=local -c statement_timeout=0');
    expect(directory).toMatch(/^drwx------/);
    expect(readFileSync(out, 'utf8')).not.toMatch(/ERROR|FATAL/);
    expect(seen).toContain('initdb');
    expect(seen).not.toContain('canary');
    expect(readFileSync(out, 'utf8')).not.toContain('canary');
    expect(pg1.lines.join('\n')).not.toContain('canary');
    expect(readFileSync(join(pg1.directory, 'postgres.log'), 'utf8')).not.toContain('canary');
    expect(readFileSync(join(pg1.directory, 'postgres.log'), 'utf8')).toContain('create database');
    expect(allFiles(pg1.config.dataDir, /conf|opts/)).not.toContain('canary');
    await pg1.context.markers.clear('bootstrapping');
    await pg1.do(START_PRIMARY);
    const databases = "SELECT (SELECT count(*)::int FROM pg_database WHERE datname = 'app')";
    expect(await pg1.value(databases)).toBe(1);
  });

  it('has the rules of access of a new cluster, unless all rules are configured', async () => {
    const pg1 = await node('pg1', { pgHba: undefined });
    pg1.bootstrap = { ...pg1.bootstrap, pgHba: ['host all all 10.0.0.0/8 reject'] };
    await pg1.do({ kind: 'bootstrap' });
    expect(pg1.read('pg_hba.conf')).toMatch(/^local +all +all +trust$[\s\S]*\nhost all all 10/m);
  });

  it('that fails leaves nothing running, and is begun anew', async () => {
    const pg1 = await node('pg1');
    const failing = script(pg1, 'echo some reason >&2; exit 7');
    pg1.bootstrap = { ...pg1.bootstrap, postBootstrap: failing };
    expect(await pg1.failure({ kind: 'bootstrap' })).toMatch(/^post_bootstrap failed: .*code 7/);
    expect(pg1.lines).toContain('post_bootstrap: some reason');
    expect(await pg1.runs()).toBe(false);
    expect(pg1.context.markers.has('bootstrapping')).toBe(true);
    pg1.bootstrap = { ...pg1.bootstrap, postBootstrap: undefined };
    await pg1.do({ kind: 'bootstrap' });
    expect(
      readdirSync(pg1.directory).filter((name) => /^data\..*\.failed$/.test(name)),
    ).toHaveLength(1);
  });

  it('that is cancelled leaves nothing running', async () => {
    const pg1 = await node('pg1');
    const begun = join(pg1.directory, 'begun');
    pg1.bootstrap = { ...pg1.bootstrap, postBootstrap: script(pg1, `touch ${begun}; sleep 1000`) };
    const abort = new AbortController();
    const running = pg1.run({ kind: 'bootstrap' }, abort.signal);
    await waitFor('the script', async () => existsSync(begun));
    abort.abort();
    expect(await running).toMatchObject({ ok: false, cancelled: true });
    expect(serverProcesses(pg1.config.dataDir)).toEqual([]);
  });

  it('touches no data that are not its own', async () => {
    const pg1 = await node('pg1');
    mkdirSync(pg1.config.dataDir);
    writeFileSync(pg1.path('precious'), '');
    expect(await pg1.failure({ kind: 'bootstrap' })).toBe('the data directory is not empty');
    expect(readdirSync(pg1.config.dataDir)).toEqual(['precious']);
    expect(pg1.context.markers.has('bootstrapping')).toBe(false);
  });

  it('does not do what it cannot', async () => {
    const pg1 = await node('pg1');
    pg1.bootstrap = { ...pg1.bootstrap, initdbOptions: [{ name: 'pgdata', value: '/x' }] };
    expect(await pg1.failure({ kind: 'bootstrap' })).toBe(
      'pgdata option for initdb is not allowed',
    );
    const method = {
      name: 'mine',
      command: 'x',
      keepExistingRecoveryConf: false,
      noParams: false,
      recoveryConf: undefined,
      arguments: {},
    };
    pg1.bootstrap = { ...pg1.bootstrap, method };
    expect(await pg1.failure({ kind: 'bootstrap' })).toContain('mine is not supported');
  });
});
