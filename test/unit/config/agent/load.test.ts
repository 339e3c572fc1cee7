import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAgentSettings, takePatroniVariables } from '../../../../src/config/agent/load.ts';
import type { AgentSettings } from '../../../../src/config/agent-settings.ts';
import { Refusal } from '../../../../src/model/errors.ts';

const SURROUNDINGS = { user: 'postgres', home: '/home/pg', cwd: '/work' };

/** What goes around in tutorials. */
const TUTORIAL = `
scope: batman
name: postgresql0
restapi:
  listen: 127.0.0.1:8008
  connect_address: 127.0.0.1:8008
etcd:
  host: 127.0.0.1:2379
postgresql:
  listen: 127.0.0.1:5432
  connect_address: 127.0.0.1:5432
  data_dir: data/postgresql0
  authentication:
    replication:
      username: replicator
      password: rep-pass
    superuser:
      username: postgres
      password: zalando
  parameters:
    unix_socket_directories: '.'
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgherd-config-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function load(text: string, env: Record<string, string> = {}): Promise<AgentSettings> {
  const configFile = join(folder, 'patroni.yml');
  await writeFile(configFile, text, { mode: 0o600 });
  return loadAgentSettings({ configFile, env, surroundings: SURROUNDINGS });
}

async function refusalOf(settings: Promise<unknown>): Promise<string> {
  const error = await settings.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refusal)) throw error;
  expect(error.message).not.toMatch(/\.$|\n/);
  return error.message.replaceAll(`${folder}/`, '');
}

describe('loadAgentSettings', () => {
  it('takes the file of the tutorials as it is', async () => {
    const settings = await load(TUTORIAL);
    expect(settings).toMatchObject({
      ...{ scope: 'batman', name: 'postgresql0', namespace: '/service', tags: {} },
      store: { kind: 'etcd', hosts: ['127.0.0.1:2379'] },
      restApi: { listenHost: '127.0.0.1', listenPort: 8008, connectAddress: '127.0.0.1:8008' },
      watchdog: { mode: 'automatic', device: '/dev/watchdog', safetyMargin: 5 },
      fence: 'required',
      stateDir: undefined,
      log: { type: 'plain', level: 'INFO', maxQueueSize: 1000, fileNum: 4, fileSize: 25_000_000 },
      bootstrap: { dcs: { ttl: 30, loop_wait: 10, retry_timeout: 10 }, initdbOptions: [] },
      warnings: [],
    });
    expect(settings.sources).toEqual([join(folder, 'patroni.yml')]);
  });

  it('lets the environment win, and says that it was read', async () => {
    const settings = await load(TUTORIAL, {
      ...{ PATRONI_NAME: 'pg7', PATRONI_ETCD3_HOSTS: 'a:1,b:2', PATRONI_POSTGRESQL_LISTEN: '*:6' },
    });
    expect(settings).toMatchObject({ name: 'pg7', postgresql: { listen: '*:6' } });
    expect(settings.sources[1]).toBe('environment');
  });

  it('reads a directory in the order of the names', async () => {
    await writeFile(join(folder, '1.yml'), TUTORIAL);
    await writeFile(join(folder, '2.yaml'), 'name: later\npostgresql: {parameters: {a.b: 1}}');
    const settings = await loadAgentSettings({ configFile: folder, env: {} });
    expect(settings.name).toBe('later');
    expect(settings.postgresql.parameters).toEqual({ unix_socket_directories: '.', 'a.b': 1 });
  });

  it('reads PATRONI_CONFIGURATION alone, without the other variables', async () => {
    const env = { PATRONI_CONFIGURATION: TUTORIAL, PATRONI_NAME: 'other' };
    const settings = await loadAgentSettings({ env, surroundings: SURROUNDINGS });
    expect([settings.name, settings.sources]).toEqual(['postgresql0', ['PATRONI_CONFIGURATION']]);
  });

  it('passes over a file that is missing when the environment has it all, and says so', async () => {
    const env = { PATRONI_CONFIGURATION: TUTORIAL };
    const configFile = join(folder, 'gone.yml');
    const settings = await loadAgentSettings({ configFile, env, surroundings: SURROUNDINGS });
    expect(settings.warnings[0]).toMatch(/gone\.yml does not exist/);
    expect(await refusalOf(loadAgentSettings({ configFile, env: {} }))).toBe(
      'Cannot read the configuration gone.yml: it does not exist',
    );
  });

  it('warns of a file with passwords that everybody may read, and starts', async () => {
    await load(TUTORIAL);
    const configFile = join(folder, 'patroni.yml');
    const warnings = async () => (await loadAgentSettings({ configFile, env: {} })).warnings;
    await chmod(configFile, 0o640);
    expect(await warnings()).toEqual([]);
    await chmod(configFile, 0o644);
    expect(await warnings()).toEqual([expect.stringMatching(/passwords in it, and everybody may/)]);
  });

  it('has the paths that are relative to where it was started', async () => {
    const settings = await load(`${TUTORIAL}\npgherd: {fence: off, state_dir: state}`);
    expect([settings.fence, settings.stateDir]).toEqual(['off', '/work/state']);
  });
});

describe('loadAgentSettings refuses', () => {
  it.each([
    ['nothing', '{}', 'scope in the configuration is missing (read: patroni.yml)'],
    ['no name', 'scope: a\npostgresql: {a: 1}', 'name in the configuration is missing'],
    [
      'a name with a slash',
      'scope: a\nname: a/b\npostgresql: {a: 1}',
      'name in the configuration must not have a / in it',
    ],
    [
      "Patroni's placeholder as name",
      'scope: a\nname: __patroni_strict_sync_replica_placeholder__\npostgresql: {a: 1}',
      'name in the configuration is a name that Patroni reserves',
    ],
    [
      'no postgresql',
      'scope: a\nname: b',
      'postgresql in the configuration is missing (read: patroni.yml)',
    ],
    ['a scope that is a list', 'scope: [a]', 'scope in the configuration must be text'],
  ])('%s', async (_, text, message) => {
    expect(await refusalOf(load(text))).toBe(message);
  });

  it.each([
    ['  listen: 127.0.0.1:5432', '', 'postgresql.listen in the configuration is missing'],
    ['  data_dir: data/postgresql0', '', 'postgresql.data_dir in the configuration is missing'],
    [
      '  data_dir: data/postgresql0',
      '  data_dir: [a]',
      'postgresql.data_dir in the configuration must be text',
    ],
    [
      '      username: replicator',
      '',
      'postgresql.authentication.replication.username in the configuration is missing',
    ],
    ['  listen: 127.0.0.1:8008', '', 'restapi.listen in the configuration is missing'],
    ['  host: 127.0.0.1:2379', '', 'No store is configured: patroni.yml has no section etcd3'],
    [
      'etcd:\n  host: 127.0.0.1:2379',
      '',
      'No store is configured: patroni.yml has no section etcd3',
    ],
    ['etcd:', 'consul:', 'The store consul cannot be used by an agent'],
    [
      'name: ',
      'pgherd: {fense: off}\nname: ',
      'pgherd.fense in the configuration is unknown: there are fence and state_dir',
    ],
    [
      'name: ',
      'pgherd: {fence: maybe}\nname: ',
      'pgherd.fence in the configuration is maybe: it must be required, preferred or off',
    ],
    ['name: ', 'tags: [a]\nname: ', 'tags in the configuration must be a map (key: value)'],
    [
      'name: ',
      'watchdog: {safety_margin: x}\nname: ',
      'watchdog.safety_margin in the configuration must be a whole number',
    ],
    [
      'name: ',
      'log: {level: LOUD}\nname: ',
      'log.level in the configuration must be DEBUG, INFO, WARNING, ERROR or CRITICAL',
    ],
    [
      'name: ',
      'bootstrap: {initdb: [pwfile: x]}\nname: ',
      'bootstrap.initdb in the configuration must not have the option pwfile',
    ],
    [
      'name: ',
      'bootstrap: {dcs: {ttl: soon}}\nname: ',
      'bootstrap.dcs.ttl in the configuration must be a number of seconds',
    ],
    [
      '  parameters:',
      '  pg_hba: local all all trust\n  parameters:',
      'postgresql.pg_hba in the configuration must be a list of texts',
    ],
    [
      "'.'",
      '[a]',
      'postgresql.parameters.unix_socket_directories in the configuration must be one value, not a list or a map',
    ],
    [
      '  connect_address: 127.0.0.1:5432',
      '  connect_address: 127.0.0.1:http',
      'postgresql.connect_address in the configuration must be host:port, such as 10.0.0.1:8008 or [::1]:8008',
    ],
  ])('%j → %j', async (from, to, message) => {
    expect(TUTORIAL).toContain(from);
    expect(await refusalOf(load(TUTORIAL.replace(from, to)))).toBe(message);
  });
});

describe('loadAgentSettings warns', () => {
  it.each([
    [
      'name: ',
      'ttl: 20\nname: ',
      'ttl has no effect here: set it with edit-config (for a new cluster: in bootstrap.dcs)',
    ],
    ['name: ', 'zoo: {}\nname: ', 'zoo is no setting that is known'],
    ['restapi:', 'restapi:\n  cerfile: x', 'restapi.cerfile is no setting that is known'],
    [
      'postgresql:\n',
      'postgresql:\n  krbsrvname: x\n',
      'postgresql.krbsrvname has no effect in pgherd',
    ],
    [
      'postgresql:\n',
      'postgresql:\n  dat_dir: x\n',
      'postgresql.dat_dir is no setting that is known',
    ],
    [
      'parameters:',
      'parameters:\n    Max_Connections: 7',
      'postgresql.parameters.Max_Connections has no effect here, it must be alike on all members: set it with edit-config (for a new cluster: in bootstrap.dcs)',
    ],
    [
      'postgresql:\n',
      'postgresql:\n  basebackup: [pgdata: x, verbose]\n',
      'postgresql.basebackup must not have the option pgdata',
    ],
    [
      'name: ',
      'watchdog: {mode: perhaps}\nname: ',
      'Watchdog mode perhaps not recognized, disabling watchdog',
    ],
    [
      'name: ',
      'tags: {nofailover: true, failover_priority: 1}\nname: ',
      'Conflicting configuration between nofailover: True and failover_priority: 1. Defaulting to nofailover: True',
    ],
    [
      'name: ',
      'bootstrap: {users: {admin: {}}}\nname: ',
      'bootstrap.users has no effect, as in Patroni since 4.0: create users in a script that bootstrap.post_bootstrap names',
    ],
    ...['x'.repeat(64), 'zürich'].map((name) => [
      'name: ',
      `name: ${name} #`,
      `${name} will never be a synchronous standby: PostgreSQL knows standbys by names of at most 63 letters of ASCII`,
    ]),
  ])('%j → %j', async (from = '', to = '', warning = '') => {
    expect(TUTORIAL).toContain(from);
    expect((await load(TUTORIAL.replace(from, to))).warnings).toEqual([warning]);
  });

  it('of a replica method it knows the section', async () => {
    const methods =
      'postgresql:\n  create_replica_methods: [pgbackrest]\n  pgbackrest: {}\n  wal_e: {command: x}\n';
    expect((await load(TUTORIAL.replace('postgresql:\n', methods))).warnings).toEqual([]);
  });
});

describe('takePatroniVariables', () => {
  it('leaves nothing for the children', () => {
    const env: Record<string, string | undefined> = {
      ...{ PATRONI_NAME: 'a', PATRONI_SUPERUSER_PASSWORD: 'b', PATH: '/bin', PATRONICTL_X: 'y' },
    };
    expect(takePatroniVariables(env)).toEqual({
      PATRONI_NAME: 'a',
      PATRONI_SUPERUSER_PASSWORD: 'b',
    });
    expect(env).toEqual({ PATH: '/bin', PATRONICTL_X: 'y' });
  });
});
