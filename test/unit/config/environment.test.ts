import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/config/environment.ts';
import type { Json } from '../../../src/model/json.ts';

const configOf = async (env: Record<string, string>): Promise<unknown> =>
  (await readEnvironment(env)).config;

describe('readEnvironment', () => {
  // Expectations taken from Patroni 4.1.5's own reading, but for the lines that say otherwise.
  it.each<[string, Record<string, string>, Record<string, Json>]>([
    ['scope, name', { SCOPE: 's', NAME: 'n' }, { scope: 's', name: 'n' }],
    ['namespace', { NAMESPACE: '/x' }, { namespace: '/x' }],
    ['empty ones do not count', { SCOPE: '', RESTAPI_LISTEN: '' }, {}],
    ['hosts', { ETCD3_HOSTS: 'a:1,b:2' }, { etcd3: { hosts: ['a:1', 'b:2'] } }],
    ['quoted hosts', { ETCD_HOSTS: "'a:1','b:2'" }, { etcd: { hosts: ['a:1', 'b:2'] } }],
    ['hosts as YAML', { ETCD_HOSTS: '- a:1\n- b:2' }, { etcd: { hosts: ['a:1', 'b:2'] } }],
    [
      'the other keys of etcd',
      { ETCD_HOST: 'h', ETCD_PORT: '0x10', ETCD_USE_PROXIES: 'ON', ETCD_CACERT: '' },
      { etcd: { host: 'h', port: 16, use_proxies: true, cacert: '' } },
    ],
    [
      'user and password beside a host',
      { ETCD3_HOST: 'h', ETCD3_USERNAME: 'u', ETCD3_PASSWORD: 'p' },
      { etcd3: { host: 'h', username: 'u', password: 'p' } },
    ],
    [
      'REST',
      { RESTAPI_ALLOWLIST: '10.0.0.0/8, 10.1.1.1', RESTAPI_HTTP_EXTRA_HEADERS: 'A: b, C: d' },
      {
        restapi: { allowlist: ['10.0.0.0/8', '10.1.1.1'], http_extra_headers: { A: 'b', C: 'd' } },
      },
    ],
    [
      'credentials',
      { RESTAPI_USERNAME: 'u', RESTAPI_PASSWORD: 'p', CTL_USERNAME: 'v' },
      {
        restapi: { authentication: { username: 'u', password: 'p' } },
        ctl: { authentication: { username: 'v' } },
      },
    ],
    [
      'ctl',
      { CTL_INSECURE: 'yes', CTL_CERTFILE: '/c', CTL_KEYFILE_PASSWORD: 'x' },
      { ctl: { insecure: true, certfile: '/c', keyfile_password: 'x' } },
    ],
    [
      'users of PostgreSQL',
      { SUPERUSER_USERNAME: 'su', REWIND_SSLMODE: 'require' },
      {
        postgresql: {
          authentication: { superuser: { username: 'su' }, rewind: { sslmode: 'require' } },
        },
      },
    ],
    [
      'log, with an old name',
      { LOGLEVEL: 'DEBUG', LOG_MODE: '0644', LOG_FORMAT: 'asctime, level' },
      { log: { level: 'DEBUG', mode: 420, format: ['asctime', 'level'] } },
    ],
    ['a log format', { LOG_FORMAT: '%(message)s' }, { log: { format: '%(message)s' } }],
    ['the new name wins', { LOGLEVEL: 'DEBUG', LOG_LEVEL: 'INFO' }, { log: { level: 'INFO' } }],
    [
      'kubernetes',
      { KUBERNETES_LABELS: 'a: b', KUBERNETES_PORTS: '{[}]', KUBERNETES_POD_IP: '1.1.1.1' },
      { kubernetes: { labels: { a: 'b' }, pod_ip: '1.1.1.1' } },
    ],
    ['citus', { CITUS_GROUP: '0', CITUS_DATABASE: 'd' }, { citus: { group: 0, database: 'd' } }],
    ['citus has no host', { CITUS_HOST: 'h' }, {}],
    ['what nobody knows', { FOO: 'x', FOO_BAR: 'y', _HOST: 'z' }, {}],
    // As Patroni documents them, or as a reader expects: not read so by Patroni's code.
    [
      'documented names',
      { POSTGRESQL_BIN_IS_READY: 'r', RETRIABLE_HTTP_CODES: '500', RESTAPI_THREAD_POOL_SIZE: '6' },
      {
        postgresql: { bin_name: { pg_isready: 'r' } },
        kubernetes: { retriable_http_codes: [500] },
        restapi: { thread_pool_size: 6 },
      },
    ],
    ['use_ssl as a boolean', { ZOOKEEPER_USE_SSL: 'off' }, { zookeeper: { use_ssl: false } }],
  ])('%s', async (_, variables, config) => {
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, text]) => [`PATRONI_${name}`, text]),
    );
    expect(await configOf(env)).toEqual(config);
  });

  it('looks at nothing else', async () => {
    expect(await configOf({ SCOPE: 'x', PATRONICTL_CONFIG_FILE: 'f', PATRONI: 'y' })).toEqual({});
  });

  it('says what it ignores, without showing a secret', async () => {
    const { config, warnings } = await readEnvironment({
      PATRONI_CTL_INSECURE: 'perhaps\u001b',
      PATRONI_ETCD_PORT: 'x',
      PATRONI_ETCD3_HOSTS: '[a',
      PATRONI_ZOOKEEPER_AUTH_DATA: 'secret: [',
    });
    expect(config).toEqual({});
    expect(warnings).toEqual([
      expect.stringContaining('PATRONI_CTL_INSECURE is ignored: "perhaps\\x1b" is not yes or no'),
      'PATRONI_ETCD_PORT is ignored: "x" is not a whole number',
      expect.stringContaining('PATRONI_ETCD3_HOSTS is ignored: "[a" is not a list'),
      expect.stringContaining('PATRONI_ZOOKEEPER_AUTH_DATA is ignored: its value is not a map'),
    ]);
  });

  it('ignores a lone user of etcd as Patroni does, and says so', async () => {
    const { config, warnings } = await readEnvironment({
      PATRONI_ETCD3_USERNAME: 'u',
      PATRONI_ETCD3_PASSWORD: 'p',
    });
    expect(config).toEqual({});
    expect(warnings).toEqual([
      expect.stringContaining('PATRONI_ETCD3_USERNAME and PATRONI_ETCD3_PASSWORD ignored'),
    ]);
  });

  it('is unharmed by names that objects inherit', async () => {
    expect(await configOf({ PATRONI_CONSTRUCTOR_HOST: 'h', PATRONI___PROTO___HOST: 'h' })).toEqual({
      constructor: { host: 'h' },
    });
    expect('host' in {}).toBe(false);
  });
});
