import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { validateConfig } from '../../src/daemon/validate/validate-config.ts';
import type { Json } from '../../src/model/json.ts';
import { freePorts } from '../harness/ports.ts';
import { runProgram } from '../harness/run.ts';
import { patroni, postgresBinaries } from '../harness/servers.ts';

// `--validate-config` says of the same files what Patroni's own schema says of them.

type JsonMap = Readonly<Record<string, Json>>;

const PYTHON = `
import json, sys
from patroni.validator import populate_validate_params, schema
asked = json.load(sys.stdin)
populate_validate_params(ignore_listen_port=asked['ignore'])
print(json.dumps([schema(config) for config in asked['configs']]))
`;

const folder = mkdtempSync(join(tmpdir(), 'pgherd-validate-'));
let listener: Server;
let busy = 0;
let free = 0;
let cases: readonly (readonly [string, JsonMap])[];

/** A file that is fine, with these sections instead of its own. */
function file(sections: JsonMap): JsonMap {
  return {
    ...{ scope: 'demo', name: 'pg1' },
    restapi: { listen: `127.0.0.1:${free}`, connect_address: '10.0.0.1:8008' },
    etcd3: { hosts: `127.0.0.1:${busy}` },
    postgresql: postgresql({}),
    ...sections,
  };
}

function postgresql(more: JsonMap): JsonMap {
  const user = { username: 'u', password: 'p' };
  return {
    ...{ listen: `127.0.0.1:${free}`, connect_address: '10.0.0.1:5432' },
    ...{ authentication: { replication: user, superuser: user } },
    ...{ data_dir: join(folder, 'new'), bin_dir: postgresBinaries(), ...more },
  };
}

beforeAll(async () => {
  listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  busy = (listener.address() as AddressInfo).port;
  [free = 0] = await freePorts(1);
  for (const [name, version] of [
    ['junk', undefined],
    ['old', '14'],
    ['same', /\d+/.exec(postgresBinaries())?.[0]],
    ['no-wal', '15'],
  ] as const) {
    mkdirSync(join(folder, name, ...(name === 'no-wal' ? [] : ['pg_wal'])), { recursive: true });
    if (version !== undefined) writeFileSync(join(folder, name, 'PG_VERSION'), `${version}\n`);
    else writeFileSync(join(folder, name, 'file'), '');
    if (name === 'no-wal') writeFileSync(join(folder, name, 'x'), '');
  }
  mkdirSync(join(folder, 'empty/.snapshot'), { recursive: true });
  cases = makeCases();
});
afterAll(() => {
  listener.close();
  rmSync(folder, { recursive: true });
});

function makeCases(): readonly (readonly [string, JsonMap])[] {
  const inRest = (more: JsonMap): JsonMap =>
    file({ restapi: { listen: `127.0.0.1:${free}`, connect_address: '10.0.0.1:8008', ...more } });
  const inPostgres = (more: JsonMap): JsonMap => file({ postgresql: postgresql(more) });
  const dcs = (more: JsonMap): JsonMap => file({ bootstrap: { dcs: more } });
  const without = (key: string): JsonMap =>
    Object.fromEntries(Object.entries(file({})).filter(([name]) => name !== key));
  const directory = (name: string): JsonMap => inPostgres({ data_dir: join(folder, name) });
  return Object.entries({
    fine: file({}),
    nothing: {},
    ...Object.fromEntries(
      ['scope', 'name', 'restapi', 'postgresql', 'etcd3'].map((key) => [`no ${key}`, without(key)]),
    ),
    'wrong types': file({ scope: 1, name: [], restapi: 'x', postgresql: [1], tags: null }),
    'ports in use': file({
      restapi: { listen: `127.0.0.1:${busy}`, connect_address: 'x:1' },
      postgresql: postgresql({ listen: `127.0.0.1,127.0.0.1:${busy}` }),
    }),
    'everywhere and somewhere': inPostgres({ listen: `*,127.0.0.1:${free}` }),
    'junk addresses': file({
      restapi: { listen: 'x:y', connect_address: '0.0.0.0:8008' },
      postgresql: postgresql({ connect_address: 5432, proxy_address: 'localhost:1', listen: [1] }),
    }),
    'no such host': inRest({ listen: 'no-such-host.invalid:8008' }),
    'store away': file({ etcd3: { hosts: [`127.0.0.1:${free}`, `127.0.0.1:${busy}`] } }),
    'store as text': file({ etcd3: { hosts: `127.0.0.1:${busy}, 127.0.0.1:${free}` } }),
    'store one host': file({ etcd3: { host: `127.0.0.1:${free}` } }),
    'store without hosts': file({ etcd3: { protocol: 1 } }),
    'two stores': file({ etcd: { url: 7 }, zookeeper: { hosts: 7, verify: 'x' } }),
    consul: file({
      consul: { host: `127.0.0.1:${busy}`, port: 99999, consistency: 'x', checks: [] },
    }),
    kubernetes: file({ kubernetes: { labels: [], pod_ip: 'x', ports: [{ name: 1 }] } }),
    'kubernetes codes': file({
      kubernetes: { labels: {}, pod_ip: '::1', retriable_http_codes: 'x' },
    }),
    raft: file({ raft: { self_addr: 'localhost:1', partner_addrs: 'x' } }),
    exhibitor: file({ exhibitor: { hosts: [1], poll_interval: '3' } }),
    citus: file({ citus: { group: -1 } }),
    log: file({
      log: {
        ...{ type: 'xml', level: 'info', traceback_level: 'Debug', format: [], static_fields: [] },
        ...{ max_queue_size: '1', mode: 512, deduplicate_heartbeat_logs: 'on', file_num: true },
      },
    }),
    'log format': file({ log: { format: [{ a: 1 }], dateformat: 1, loggers: 'x' } }),
    'log format as number': file({ log: { format: 7 } }),
    rest: inRest({
      ...{ verify_client: 'Optional', allowlist: 'x', request_queue_size: 5000 },
      ...{ authentication: { username: 1 }, http_extra_headers: [], server_tokens: 'MINIMAL' },
      ...{ thread_pool_size: 1, allowlist_include_members: 1 },
    }),
    threads: file({ thread_pool_size: 4, thread_stack_size: 65537, ctl: { insecure: 'yes' } }),
    'bootstrap without dcs': file({ bootstrap: { initdb: ['x', { a: 'b' }, 7], method: 1 } }),
    dcs: dcs({
      ...{ ttl: 19, loop_wait: '0', retry_timeout: 'x', maximum_lag_on_failover: -1 },
      ...{ member_slots_ttl: '30min', synchronous_mode: 'maybe', synchronous_node_count: 0 },
      ...{ synchronous_mode_strict: 'on', primary_start_timeout: -1, maximum_lag_on_syncnode: -2 },
      standby_cluster: { port: '5432', create_replica_methods: 'x', primary_slot_name: 1 },
      postgresql: { parameters: { max_connections: 0 }, use_slots: 'on', pg_hba: 'x' },
    }),
    'dcs fine': dcs({ ttl: '30', member_slots_ttl: '1h', synchronous_mode: 'QUORUM' }),
    'standby cluster of nothing': dcs({ standby_cluster: {} }),
    postgresql: inPostgres({
      ...{ authentication: { replication: { username: 'x' }, rewind: {} }, pg_hba: [] },
      ...{
        parameters: { unix_socket_directories: ['/x'] },
        pg_ctl_timeout: '-1',
        use_pg_rewind: 1,
      },
      ...{ bin_name: { postgres: 'no-postgres', initdb: '' } },
    }),
    'no programs': inPostgres({ bin_dir: folder }),
    'no such directory': inPostgres({ bin_dir: '/no/such/directory' }),
    'a file as directory': inPostgres({ bin_dir: '/etc/passwd', data_dir: '/etc/passwd' }),
    'no data directory': inPostgres({ data_dir: '' }),
    ...Object.fromEntries(
      ['junk', 'old', 'same', 'no-wal', 'empty'].map((name) => [
        `data in ${name}`,
        directory(name),
      ]),
    ),
    watchdog: file({ watchdog: { mode: 'on', device: 1, safety_margin: '5' } }),
    'watchdog off': file({ watchdog: { mode: false, safety_margin: -1 } }),
    'watchdog mode': file({ watchdog: { mode: 7 } }),
    tags: file({ tags: { nofailover: false, failover_priority: 1, nosync: 1, replicatefrom: 7 } }),
    priorities: file({ tags: { failover_priority: -1, sync_priority: '3', nostream: 'on' } }),
    'floats and big numbers': file({ thread_pool_size: 5.5, log: { file_size: 2 ** 60 } }),
    unknown: file({ zoo: 1, log: { color: true } }),
  });
}

async function oursOf(config: JsonMap, ignoreListenPort: boolean): Promise<string[]> {
  const lines: string[] = [];
  const io = { out: () => {}, err: (line: string) => void lines.push(line) };
  const local = { config, sources: [], exposed: [], warnings: [] };
  await validateConfig({ local, ignoreListenPort, print: false, io });
  return lines;
}

/** What only pgherd says: of files that are fine to Patroni. */
const OURS = /^Warning: |^The store |^No store|^\S+ in the configuration /;

it.each([false, true])('the same mistakes in the same words; ports ignored: %s', async (ignore) => {
  const { modules, unpacked } = patroni('4.1');
  const output = await runProgram(['/usr/bin/python3', '-c', PYTHON], {
    env: unpacked ? { PYTHONPATH: modules } : {},
    stdin: JSON.stringify({ ignore, configs: cases.map(([, config]) => config) }),
  });
  expect(output.stderr).toBe('');
  const theirs = JSON.parse(output.stdout) as string[][];
  for (const [index, [name, config]] of cases.entries()) {
    const lines = await oursOf(config, ignore);
    const wanted = theirs[index] ?? [];
    expect(wanted.length === 0 ? lines.filter((line) => !OURS.test(line)) : lines, name).toEqual(
      wanted,
    );
  }
});
