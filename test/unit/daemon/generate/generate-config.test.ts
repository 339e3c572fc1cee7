import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAgentSettings } from '../../../../src/config/agent/load.ts';
import { readConfigFiles } from '../../../../src/config/config-files.ts';
import { generateConfig } from '../../../../src/daemon/generate/generate-config.ts';
import type { Instance, InstanceWorld } from '../../../../src/daemon/generate/instance.ts';
import { NO_VALUE } from '../../../../src/daemon/generate/template.ts';
import { validateConfig } from '../../../../src/daemon/validate/validate-config.ts';
import type { ValidationWorld } from '../../../../src/daemon/validate/world.ts';
import { Refusal } from '../../../../src/model/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgherd-generate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ADDRESS = { hostname: 'node1', address: '10.0.0.1' };

const WORLD: ValidationWorld = {
  answers: async (_, port) => port === 2379,
  hasProgram: () => true,
  kindOf: () => 'missing',
  list: () => [],
  readText: () => '',
  majorVersion: async () => '15',
};

interface Given {
  readonly kind?: 'sample' | 'running';
  readonly env?: Record<string, string>;
  readonly dsn?: string;
  readonly version?: () => Promise<string>;
  readonly instance?: Partial<Instance>;
  readonly instances?: Partial<InstanceWorld>;
}

/** Generates into a file; what is in it, and what was said. */
async function generate(given: Given = {}) {
  const file = join(folder, 'deep/patroni.yml');
  const err: string[] = [];
  const code = await generateConfig({
    kind: given.kind ?? 'sample',
    file,
    ...(given.dsn === undefined ? {} : { dsn: given.dsn }),
    env: given.env ?? {},
    io: { out: () => {}, err: (text) => err.push(text), askPassword: async () => 'asked' },
    address: ADDRESS,
    world: { ...WORLD, ...(given.version ? { majorVersion: given.version } : {}) },
    instances: { ...INSTANCES, ...given.instances },
  });
  const config = code === 0 ? (await readConfigFiles(file, '')).config : {};
  return { code, err, file, config };
}

const SETTINGS: Instance['settings'] = {
  ...{ archive_command: '/archive %p', cluster_name: 'old', config_file: '/data/postgresql.conf' },
  ...{ data_directory: '/data', hba_file: '/data/pg_hba.conf', ident_file: '/etc/pg_ident.conf' },
  ...{ listen_addresses: '*', max_connections: '200', port: '5433', work_mem: '8MB' },
};

const INSTANCES: InstanceWorld = {
  user: () => 'me',
  open: async () => ({ serverVersion: 150004, isSuperuser: true, settings: SETTINGS }),
  programOf: () => '/usr/lib/postgresql/15/bin/postgres',
  readText: () => '# comment\nlocal all all trust\n  host all all all md5\n\ninclude other\n',
};

describe('--generate-sample-config', () => {
  it('is a file that an agent starts with and that is fine to the validator', async () => {
    const { code, err, file } = await generate();
    expect([code, err]).toEqual([0, []]);
    const settings = await loadAgentSettings({ configFile: file, env: {} });
    expect(settings).toMatchObject({
      ...{ name: 'node1', fence: 'required', warnings: [expect.stringContaining('10.0.0.1:8008')] },
      restApi: { connectAddress: '10.0.0.1:8008' },
      bootstrap: { dcs: { ttl: 30, postgresql: { use_pg_rewind: true } } },
    });
    const { config } = await readConfigFiles(file, '');
    const lines: string[] = [];
    const io = { out: () => {}, err: (text: string) => void lines.push(text) };
    const local = { config, sources: [file], exposed: [], warnings: [] };
    const options = { local, ignoreListenPort: false, print: false, io, world: WORLD };
    expect(await validateConfig(options)).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^Warning: Whoever can reach/)]);
  });

  it('is for its owner alone', async () => {
    const { file } = await generate();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('has words about what comes where', async () => {
    const { file } = await generate();
    expect(readFileSync(file, 'utf8').replaceAll(NO_VALUE, '?')).toMatchInlineSnapshot(`
      "scope: '?'
      name: node1

      log:
        format: '%(asctime)s %(levelname)s: %(message)s'
        level: INFO
        max_queue_size: 1000
        traceback_level: ERROR
        type: plain

      restapi:
        connect_address: 10.0.0.1:8008
        listen: 10.0.0.1:8008

      etcd3:
        hosts:
        - 127.0.0.1:2379

      # How a new cluster is made. As soon as there is one, nothing here has any effect:
      # \`pgherd edit-config\` (or \`patronictl edit-config\`) changes what is below \`dcs\`.
      bootstrap:
        dcs:
          loop_wait: 10
          retry_timeout: 10
          ttl: 30
          postgresql:
            parameters:
              hot_standby: 'on'
              max_connections: 100
              max_locks_per_transaction: 64
              max_prepared_transactions: 0
              max_replication_slots: 10
              max_wal_senders: 10
              max_worker_processes: 8
              track_commit_timestamp: 'off'
              wal_keep_size: 128MB
              wal_level: replica
              wal_log_hints: 'on'
            use_pg_rewind: true
            use_slots: true

      postgresql:
        authentication:
          replication:
            password: '?'
            username: replicator
          rewind:
            password: '?'
            username: rewind_user
          superuser:
            password: '?'
            username: postgres
        bin_dir: ''
        connect_address: 10.0.0.1:5432
        data_dir: '?'
        listen: 10.0.0.1:5432
        parameters:
          password_encryption: scram-sha-256
        pg_hba:
        - host all all all scram-sha-256
        - host replication replicator all scram-sha-256

      tags:
        clonefrom: true
        failover_priority: 1
        noloadbalance: false
        nostream: false
        sync_priority: 1

      # What Patroni does not have, with its defaults:
      # pgherd:
      #   fence: required   # preferred, off: whether a primary needs a guard that stops it with its lease
      #   state_dir:        # what the agent keeps for the one after it; beside the data directory
      "
    `);
  });

  it('takes what the environment says', async () => {
    const env = {
      ...{ PATRONI_SCOPE: 'demo', PATRONI_ETCD_HOSTS: 'a:1', PATRONI_REPLICATION_USERNAME: 'rep' },
      PATRONI_REWIND_USERNAME: 'rw',
    };
    const { config } = await generate({ env });
    expect(config).toMatchObject({
      scope: 'demo',
      etcd: { hosts: ['a:1'] },
      postgresql: {
        authentication: { replication: { username: 'rep' }, rewind: { username: 'rw' } },
        pg_hba: ['host all all all scram-sha-256', 'host replication rep all scram-sha-256'],
      },
    });
    expect(config.etcd3).toBeUndefined();
  });

  it.each([
    ['9.6', 'md5', 'wal_keep_segments', false],
    ['12', 'scram-sha-256', 'wal_keep_segments', true],
    ['18', 'scram-sha-256', 'wal_keep_size', true],
  ])('suits PostgreSQL %s', async (version, method, keep, rewind) => {
    const { config } = await generate({ version: async () => version });
    const text = JSON.stringify(config);
    expect(text).toContain(`"password_encryption":"${method}"`);
    expect([text.includes(keep), text.includes('rewind_user')]).toEqual([true, rewind]);
  });

  it('says when there is no PostgreSQL', async () => {
    const version = () => Promise.reject(new Error('spawn postgres ENOENT'));
    expect(await generate({ version })).toMatchObject({
      code: 1,
      err: ['Failed to get postgres version: spawn postgres ENOENT'],
    });
  });
});

describe('--generate-config', () => {
  it('has the settings of the instance where they belong', async () => {
    const { code, config } = await generate({ kind: 'running' });
    expect(code).toBe(0);
    expect(config).toMatchObject({
      scope: 'old',
      bootstrap: {
        dcs: { postgresql: { parameters: { max_connections: '200', work_mem: '8MB' } } },
      },
      postgresql: {
        ...{ data_dir: '/data', bin_dir: '/usr/lib/postgresql/15/bin', listen: '*:5433' },
        connect_address: '10.0.0.1:5433',
        authentication: { superuser: { username: 'me', password: 'asked' } },
        parameters: {
          ...{ archive_command: '/archive %p', hba_file: '/data/pg_hba.conf' },
          ident_file: '/etc/pg_ident.conf',
        },
        pg_hba: ['local all all trust', 'host all all all md5'],
      },
    });
    expect(JSON.stringify(config.bootstrap)).not.toMatch(
      /archive|port|listen|data_dir|cluster_name/,
    );
    expect(JSON.stringify(config.postgresql)).not.toMatch(/pg_ident"|rewind/);
  });

  it('logs in as the connection string and the variables say', async () => {
    const env = { PGPASSWORD: 'pw', PGUSER: 'other', PATRONI_SUPERUSER_USERNAME: 'third' };
    const dsn = 'host=db port=6000 user=su gssencmode=disable sslnegotiation=direct';
    const opened: unknown[] = [];
    const open: InstanceWorld['open'] = async (parameters) => {
      opened.push(parameters);
      return INSTANCES.open(parameters);
    };
    const { config } = await generate({ kind: 'running', env, dsn, instances: { open } });
    expect(opened).toEqual([expect.objectContaining({ host: 'db', user: 'su', password: 'pw' })]);
    expect(config.postgresql).toMatchObject({
      connect_address: '10.0.0.1:6000',
      authentication: {
        superuser: {
          ...{ username: 'su', password: 'pw', sslmode: 'prefer', gssencmode: 'disable' },
          channel_binding: 'prefer',
        },
      },
    });
    // PostgreSQL 15 does not know it.
    expect(JSON.stringify(config)).not.toContain('sslnegotiation');
  });

  it.each<[string, Given, string]>([
    ['a DSN that is none', { dsn: 'x' }, 'Failed to parse DSN string'],
    [
      'a user without rights',
      {
        instances: {
          open: async () => ({ serverVersion: 150000, isSuperuser: false, settings: {} }),
        },
      },
      'The provided user does not have superuser privilege',
    ],
    [
      'a file that cannot be read',
      {
        instances: {
          readText: () => {
            throw new Refusal('x', 'Failed to read pg_hba.conf: EACCES');
          },
        },
      },
      'Failed to read pg_hba.conf: EACCES',
    ],
    [
      'anything else',
      { instances: { open: () => Promise.reject(new Error('boom')) } },
      'Unexpected exception: boom',
    ],
  ])('refuses %s', async (_, given, message) => {
    expect(await generate({ kind: 'running', ...given })).toMatchObject({
      code: 1,
      err: [message],
    });
  });

  it('prints without a file, and says when it cannot write one', async () => {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      ...{ out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) },
      askPassword: async () => '',
    };
    const common = { kind: 'sample' as const, env: {}, io, address: ADDRESS, world: WORLD };
    expect(await generateConfig({ ...common, file: undefined })).toBe(0);
    expect(out[0]).toMatch(/^scope: '#/);
    writeFileSync(join(folder, 'file'), '');
    expect(await generateConfig({ ...common, file: join(folder, 'file/x.yml') })).toBe(1);
    expect(err[0]).toMatch(/^Unexpected exception: ENOTDIR|EEXIST/);
  });
});
