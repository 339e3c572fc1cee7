import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effectivePostgres,
  understandPostgres,
} from '../../../../src/config/agent/effective-postgres.ts';
import type { Json } from '../../../../src/model/json.ts';
import { WholeFloat } from '../../../../src/model/json.ts';
import type { PostgresConfig } from '../../../../src/model/postgres-config.ts';
import { settingsOf } from './settings-of.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** The configuration of this local `postgresql` section over that dynamic one. */
function effective(local: JsonMap, postgresql: JsonMap = {}): PostgresConfig {
  return effectivePostgres(settingsOf(local), { postgresql });
}

describe('effectivePostgres', () => {
  it('has all that a short section leaves open', () => {
    expect(effective({})).toEqual({
      ...{ scope: 'demo', memberName: 'pg1', listenAddresses: '10.0.0.1', port: 5432 },
      ...{ connectHost: '10.0.0.1', connectPort: 5432, dataDir: '/data', configDir: '/data' },
      ...{ binDir: '', binNames: {}, pgpass: '/home/pg/pgpass', customConf: undefined },
      ...{ parameters: {}, clusterParameters: {}, pgHba: undefined, pgIdent: undefined },
      recoveryConf: {},
      superuser: { username: 'pg', options: {} },
      replication: { username: 'replicator', password: 'rep', options: {} },
      rewind: undefined,
      ...{ useUnixSocket: false, useUnixSocketRepl: false, usePgRewind: false, useSlots: true },
      ...{ pgCtlTimeout: 60, basebackupOptions: [], rewindOptions: [], callbacks: {} },
      ...{ replicaMethods: ['basebackup'], prePromote: undefined, beforeStop: undefined },
      removeDataDirectoryOnRewindFailure: false,
      removeDataDirectoryOnDivergedTimelines: false,
      standbyCluster: undefined,
    } satisfies PostgresConfig);
  });

  it('keeps apart what only the dynamic configuration may set', () => {
    const parameters = { max_connections: '200', work_mem: '8MB', wal_level: 'minimal' };
    const config = effective({ parameters: { max_connections: 500, port: 1 } }, { parameters });
    expect(config.clusterParameters).toEqual({ max_connections: 200 });
    expect(config.parameters).toEqual({ work_mem: '8MB' });
  });

  it('takes values as PostgreSQL can have them', () => {
    const parameters = { a: new WholeFloat(1), b: 2n, c: true, d: null, e: 'x' };
    expect(effective({ parameters }).parameters).toEqual({ a: '1.0', b: 2n, c: true, e: 'x' });
    expect(effective({ parameters }, { parameters: { d: 1, A: 2 } }).parameters).toEqual({
      ...{ a: '1.0', b: 2n, c: true, e: 'x' },
    });
  });

  it.each([
    ['*:5433', undefined, ['*', 5433, 'localhost', 5433]],
    ['10.0.0.7,127.0.0.1:5432', undefined, ['10.0.0.7,127.0.0.1', 5432, 'localhost', 5432]],
    ['10.0.0.7', undefined, ['10.0.0.7', 5432, '10.0.0.7', 5432]],
    ['[::]:5432', '[fd00::1]:6432', ['::', 5432, 'fd00::1', 6432]],
    ['fd00::1:5432', 'db-1.example:5432', ['fd00::1', 5432, 'db-1.example', 5432]],
    ['10.0.0.7, 10.0.0.8:5432', '10.0.0.7', ['10.0.0.7,10.0.0.8', 5432, '10.0.0.7', 5432]],
  ])('listen %s, connect_address %s', (listen, connect, expected) => {
    const config = effective({ listen, connect_address: connect ?? null });
    const { listenAddresses, port, connectHost, connectPort } = config;
    expect([listenAddresses, port, connectHost, connectPort]).toEqual(expected);
  });

  it('makes paths absolute', () => {
    const config = effective({
      ...{ data_dir: 'data/pg1/', config_dir: 'etc', bin_dir: '/usr/bin/', pgpass: 'x' },
      ...{ custom_conf: 'mine.conf' },
    });
    expect(config).toMatchObject({
      ...{ dataDir: '/work/data/pg1', configDir: '/work/etc', binDir: '/usr/bin' },
      ...{ pgpass: '/work/x', customConf: 'mine.conf' },
    });
  });

  it('reads users with their options, also of very old files', () => {
    const authentication = {
      superuser: { username: 'su', password: 123, sslmode: 'require' },
      replication: { username: 'rep' },
      rewind: { username: 'rw', password: 'x', krbsrvname: 'y' },
    };
    expect(effective({ authentication })).toMatchObject({
      superuser: { username: 'su', password: '123', options: { sslmode: 'require' } },
      rewind: { username: 'rw', password: 'x', options: {} },
    });
    const old = {
      authentication: null,
      replication: { username: 'r' },
      pg_rewind: { username: 'o' },
    };
    expect(effective(old)).toMatchObject({
      superuser: { username: 'o' },
      replication: { username: 'r' },
      usePgRewind: true,
    });
  });

  it('reads the ways to make a replica', () => {
    const config = effective({
      create_replica_methods: ['pgbackrest', 'wal_e', 'script', 'basebackup'],
      pgbackrest: { command: 'pgbackrest restore', keep_data: true, no_params: true, delta: 2 },
      wal_e: { command: 'wale', no_leader: 1, envdir: '/e', scope: 'mine' },
    });
    expect(config.replicaMethods).toEqual([
      {
        ...{ name: 'pgbackrest', command: 'pgbackrest restore', keepData: true, noParams: true },
        ...{ noLeader: false, arguments: { delta: '2' } },
      },
      {
        ...{ name: 'wal_e', command: 'wale', keepData: false, noParams: false, noLeader: true },
        arguments: { no_leader: '1', envdir: '/e' },
      },
      {
        ...{ name: 'script', command: 'script', keepData: false, noParams: false },
        ...{ noLeader: false, arguments: {} },
      },
      'basebackup',
    ]);
  });

  it.each<[Json, unknown]>([
    [
      ['verbose', { 'max-rate': "'100M'" }],
      [{ name: 'verbose' }, { name: 'max-rate', value: '100M' }],
    ],
    [
      { checkpoint: 'fast', label: 'a b', empty: null },
      [
        { name: 'checkpoint', value: 'fast' },
        { name: 'label', value: 'a b' },
      ],
    ],
    [
      [{ label: "'open" }, { x: "'a' 'b'" }],
      [
        { name: 'label', value: "'open" },
        { name: 'x', value: "'a' 'b'" },
      ],
    ],
    [['pgdata=/x', { host: 'x' }], []],
  ])('basebackup %j', (basebackup, options) => {
    expect(effective({ basebackup }).basebackupOptions).toEqual(options);
  });

  it('does not count what has a wrong type in the dynamic configuration, and says so', () => {
    const postgresql = { pg_hba: 'x', pg_ctl_timeout: 'soon', parameters: { a: [1], b: 1 } };
    const { config, warnings } = understandPostgres(settingsOf({}), { postgresql });
    expect(config).toMatchObject({ pgHba: undefined, pgCtlTimeout: 60, parameters: { b: 1 } });
    expect(warnings).toEqual([
      'postgresql parameter a=a list or a map is ignored: it must be one value',
      'postgresql.pg_hba in the configuration must be a list of texts: it does not count',
      'postgresql.pg_ctl_timeout in the configuration must be a whole number: it does not count',
    ]);
  });

  it.each([{ postgresql: 'x' }, { postgresql: { parameters: [1] } }])('refuses %j', (dynamic) => {
    expect(() => effectivePostgres(settingsOf({}), dynamic)).toThrow(
      /in the dynamic .* must be a map/,
    );
  });

  it.each<[Json, object | undefined]>([
    [{ host: 'a', restore_command: 'cp %f' }, { restoreCommand: 'cp %f' }],
    [{ port: 5432, recovery_min_apply_delay: '5min' }, { recoveryMinApplyDelay: '5min' }],
    [{ archive_cleanup_command: 'x' }, undefined],
    [{ host: '' }, undefined],
    ['x', undefined],
  ])('standby_cluster %j', (section, expected) => {
    const config = effectivePostgres(settingsOf({}), { standby_cluster: section });
    if (expected === undefined) expect(config.standbyCluster).toBeUndefined();
    else expect(config.standbyCluster).toMatchObject(expected);
  });

  it('holds to the precedence whatever the sections say', () => {
    const keys = fc.record(
      {
        pg_hba: fc.constantFrom<Json>(['a'], ['b']),
        use_slots: fc.boolean(),
        pg_ctl_timeout: fc.integer({ min: 1, max: 99 }),
        data_dir: fc.constantFrom('/a', '/b'),
        parameters: fc.dictionary(fc.constantFrom('A', 'a', 'b'), fc.integer(), {
          noNullPrototype: true,
        }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(keys, keys, (local, dynamic) => {
        const config = effective(local, dynamic);
        expect(config.pgHba).toEqual(local.pg_hba ?? dynamic.pg_hba);
        expect(config.useSlots).toBe(dynamic.use_slots ?? true);
        expect(config.pgCtlTimeout).toBe(local.pg_ctl_timeout ?? dynamic.pg_ctl_timeout ?? 60);
        expect(config.dataDir).toBe(local.data_dir ?? '/data');
        const own = { ...dynamic.parameters, ...local.parameters };
        const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
        expect(Object.keys(config.parameters).length).toBe(names.size);
      }),
    );
  });
});
