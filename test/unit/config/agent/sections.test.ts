import { describe, expect, it } from 'vitest';
import { readBootstrap } from '../../../../src/config/agent/bootstrap.ts';
import { readLog } from '../../../../src/config/agent/log-section.ts';
import { readRestApi } from '../../../../src/config/agent/rest-api.ts';
import { readTags } from '../../../../src/config/agent/tags.ts';
import { readWatchdog } from '../../../../src/config/agent/watchdog.ts';
import type { Section } from '../../../../src/config/section.ts';
import type { Json } from '../../../../src/model/json.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** What a reader makes of a section, and its warnings. */
function read<T>(
  reader: (config: Section, warnings: string[]) => T,
  values: JsonMap,
): [T, string[]] {
  const warnings: string[] = [];
  return [reader({ name: '', values }, warnings), warnings];
}

describe('readRestApi', () => {
  const listen = '10.0.0.1:8008';

  it('reads everything there is', () => {
    const restapi = {
      ...{ listen: '*:8008', connect_address: 'fd00::1:8008', certfile: '/c', keyfile: '/k' },
      ...{ keyfile_password: 'x', cafile: '/ca', ciphers: 'HIGH', verify_client: 'Required' },
      ...{ allowlist: ['10.0.0.0/8'], allowlist_include_members: 'on', server_tokens: 'Minimal' },
      ...{ http_extra_headers: { 'X-A': 1 }, https_extra_headers: { 'X-B': 'b' } },
      ...{ request_queue_size: 7, authentication: { username: 'u', password: 'p' } },
    };
    expect(read(readRestApi, { restapi })).toEqual([
      {
        ...{ listenHost: '*', listenPort: 8008, connectAddress: '[fd00::1]:8008' },
        ...{ username: 'u', password: 'p', certfile: '/c', keyfile: '/k', keyfilePassword: 'x' },
        ...{ cafile: '/ca', ciphers: 'HIGH', verifyClient: 'required' },
        ...{ allowlist: ['10.0.0.0/8'], allowlistIncludeMembers: true, serverTokens: 'minimal' },
        ...{ httpExtraHeaders: { 'X-A': '1' }, httpsExtraHeaders: { 'X-B': 'b' } },
        requestQueueSize: 7,
      },
      [],
    ]);
  });

  it('says when everybody may give orders', () => {
    const open = expect.stringMatching(/^Whoever can reach 10\.0\.0\.1:8008 can restart/);
    const warned = (more: JsonMap) => read(readRestApi, { restapi: { listen, ...more } })[1];
    expect(warned({})).toEqual([open]);
    expect(warned({ listen: '127.0.0.1:8008' })).toEqual([]);
    expect(warned({ authentication: { username: 'a', password: 'b' } })).toEqual([]);
    expect(warned({ certfile: '/c', verify_client: 'optional' })).toEqual([]);
    expect(warned({ certfile: '/c', cafile: '/ca' })).toEqual([open]);
    expect(warned({ allowlist: ['10.0.0.0/8'] })).toEqual([]);
    expect(warned({ listen: ':8008', connect_address: '0.0.0.0:8008' })).toHaveLength(2);
  });

  it.each<[JsonMap, string]>([
    [{ listen: '10.0.0.1' }, 'restapi.listen in the configuration must be host:port'],
    [{ listen: 'a:0' }, 'restapi.listen in the configuration must be host:port'],
    [{ listen, verify_client: 'yes' }, 'restapi.verify_client in the configuration must be none'],
    [{ listen, allowlist: '10.0.0.0/8' }, 'restapi.allowlist in the configuration must be a list'],
    [{ listen, http_extra_headers: { 'a b': 'c' } }, 'has "a b", which cannot be sent'],
    [{ listen, http_extra_headers: { a: 'b\r\nc: d' } }, 'has "a", which cannot be sent'],
    [{ listen, authentication: { username: 'a' } }, 'restapi.authentication.password in the'],
  ])('refuses %j', (restapi, message) => {
    expect(() => read(readRestApi, { restapi })).toThrow(message);
  });
});

describe('readLog', () => {
  it('has all of Patroni’s settings', () => {
    const log = {
      ...{ type: 'json', level: 'warn', traceback_level: 'DEBUG', dateformat: '%H', dir: '/log' },
      ...{ format: ['message', { levelname: 'level' }], static_fields: { app: 'pg' } },
      ...{ file_num: '2', file_size: 1000, mode: '0640', max_queue_size: 10 },
      ...{ loggers: { 'patroni.ha': 'DEBUG' }, deduplicate_heartbeat_logs: true },
    };
    expect(read(readLog, { log })).toEqual([
      {
        ...{ type: 'json', level: 'WARNING', tracebackLevel: 'DEBUG', dateformat: '%H' },
        ...{ format: ['message', { levelname: 'level' }], staticFields: { app: 'pg' } },
        ...{ dir: '/log', fileNum: 2, fileSize: 1000, mode: 0o640, maxQueueSize: 10 },
        ...{ loggers: { 'patroni.ha': 'DEBUG' }, deduplicateHeartbeatLogs: true },
      },
      [],
    ]);
  });

  it.each<[JsonMap, string]>([
    [{ format: [], level: 'x' }, 'log.level'],
    [{ format: [{ a: 1 }] }, 'log.format'],
    [{ format: { a: 'b' } }, 'log.format'],
    [{ loggers: { x: 'LOUD' } }, 'log.loggers.x'],
  ])('refuses %j', (log, key) => {
    expect(() => read(readLog, { log })).toThrow(key);
  });
});

describe('readWatchdog', () => {
  it.each<[Json, string]>([
    [false, 'off'],
    ['disabled', 'off'],
    ['auto', 'automatic'],
    ['REQUIRE', 'required'],
    [null, 'automatic'],
    [true, 'off'],
  ])('mode %j', (mode, expected) => {
    expect(read(readWatchdog, { watchdog: { mode } })[0].mode).toBe(expected);
  });
});

describe('readTags', () => {
  it.each<[JsonMap, JsonMap]>([
    [{ nofailover: false, clonefrom: false, nosync: null, noloadbalance: '' }, {}],
    [
      { nofailover: false, failover_priority: 2 },
      { nofailover: false, failover_priority: 2 },
    ],
    [
      { nosync: false, sync_priority: 1, key: false },
      { nosync: false, sync_priority: 1, key: false },
    ],
    [
      { nostream: true, replicatefrom: '' },
      { nostream: true, replicatefrom: '' },
    ],
  ])('%j', (tags, expected) => {
    expect(read(readTags, { tags })).toEqual([expected, []]);
  });

  it.each<[JsonMap, boolean]>([
    [{ nofailover: true, failover_priority: 0 }, false],
    [{ nofailover: false, failover_priority: 0 }, true],
    [{ nosync: true, sync_priority: '3' }, true],
    [{ nosync: true, sync_priority: 'x' }, false],
    [{ sync_priority: 3 }, false],
  ])('%j: warned of is %j', (tags, warned) => {
    expect(read(readTags, { tags })[1]).toHaveLength(warned ? 1 : 0);
  });
});

describe('readBootstrap', () => {
  it('reads a method of its own', () => {
    const bootstrap = {
      dcs: { ttl: 30 },
      initdb: [{ encoding: 'UTF8' }, 'data-checksums', { 'auth-host': '"md5"' }],
      pg_hba: ['host all all all md5'],
      post_init: '/post',
      method: 'restore',
      restore: {
        ...{ command: '/restore', no_params: true, keep_existing_recovery_conf: true },
        ...{ recovery_conf: { recovery_target_action: 'promote' }, stanza: 'main', full: true },
      },
    };
    expect(read(readBootstrap, { bootstrap })).toEqual([
      {
        dcs: { ttl: 30 },
        initdbOptions: [
          { name: 'encoding', value: 'UTF8' },
          { name: 'data-checksums' },
          { name: 'auth-host', value: 'md5' },
        ],
        pgHba: ['host all all all md5'],
        postBootstrap: '/post',
        method: {
          ...{ name: 'restore', command: '/restore', noParams: true },
          keepExistingRecoveryConf: true,
          recoveryConf: { recovery_target_action: 'promote' },
          arguments: { stanza: 'main', full: 'True' },
        },
      },
      [],
    ]);
  });

  it('takes initdb for a method without a command', () => {
    const of = (bootstrap: JsonMap) => read(readBootstrap, { bootstrap })[0].method;
    expect(of({ method: 'initdb', initdb: ['x'] })).toBeUndefined();
    expect(of({ method: 'gone' })).toBeUndefined();
    expect(of({ method: 'a', a: { command: null } })).toBeUndefined();
  });

  it.each<[JsonMap, JsonMap, number]>([
    [{ ttl: 30 }, { ttl: 30 }, 0],
    [{ ttl: '10' }, { ttl: 20, loop_wait: 1, retry_timeout: 9 }, 3],
    [{ ttl: 60, loop_wait: 0 }, { ttl: 60, loop_wait: 1 }, 1],
    [{ ttl: 30, loop_wait: 20 }, { ttl: 30, loop_wait: 10 }, 1],
    [{ retry_timeout: 1 }, { retry_timeout: 3 }, 1],
    [{ ttl: 20, retry_timeout: 12 }, { ttl: 20, loop_wait: 1, retry_timeout: 9 }, 2],
  ])('dcs %j → %j', (dcs, expected, count) => {
    const [bootstrap, warnings] = read(readBootstrap, { bootstrap: { dcs } });
    expect(bootstrap.dcs).toEqual(expected);
    expect(warnings).toHaveLength(count);
  });
});
