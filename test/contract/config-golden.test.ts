import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readUsers } from '../../src/config/agent/credentials.ts';
import { splitHostPort } from '../../src/config/agent/host-port.ts';
import { mergePostgres } from '../../src/config/agent/merge-postgres.ts';
import type { Json } from '../../src/model/json.ts';
import type { Credentials, Parameters } from '../../src/model/postgres-config.ts';
import { runProgram } from '../harness/run.ts';
import { patroni } from '../harness/servers.ts';

// The `postgresql` section that counts, as real Patroni 4.1 merges it and as pgherd does.

type JsonMap = Readonly<Record<string, Json>>;
interface Pair {
  readonly local: JsonMap;
  readonly dynamic: JsonMap;
}

const PYTHON = `
import json, logging, os, sys, tempfile
logging.disable(logging.CRITICAL)
from patroni.config import Config
from patroni.utils import split_host_port
def plain(value):
    return {k: plain(v) for k, v in value.items()} if hasattr(value, 'items') else value
def merged(pair):
    with tempfile.NamedTemporaryFile('w', suffix='.yml') as file:
        json.dump({'scope': 's', 'name': 'n', **pair['local']}, file)
        file.flush()
        config = Config(file.name, validator=None)
        config.set_dynamic_configuration(pair['dynamic'])
        return plain(config['postgresql'])
def address(text):
    try:
        return split_host_port(text, 5432)
    except ValueError:
        return None
asked = json.load(sys.stdin)
print(json.dumps({'merged': [merged(p) for p in asked['pairs']],
                  'addresses': [address(t) for t in asked['addresses']]}))
`;

const USERS = {
  replication: { username: 'replicator', password: 'rep', sslmode: 'require', junk: 1 },
  superuser: { username: 'postgres', password: 'su', sslcert: '/c' },
};

/** A local `postgresql` section and a dynamic configuration. */
function pair(local: JsonMap, dynamic: JsonMap): Pair {
  const base = { data_dir: '/d', listen: '*:5432', authentication: USERS };
  return { local: { postgresql: { ...base, ...local } }, dynamic };
}

const BY_HAND: readonly Pair[] = [
  pair({}, {}),
  pair({}, { ttl: 25, loop_wait: 5, postgresql: null }),
  pair({ parameters: { work_mem: '8MB', max_connections: 500 } }, {}),
  pair(
    { parameters: { work_mem: '8MB', Shared_Buffers: '1GB' } },
    { postgresql: { parameters: { WORK_MEM: '4MB', shared_buffers: '2GB', archive_mode: 'on' } } },
  ),
  pair(
    {},
    {
      postgresql: {
        parameters: {
          ...{ max_connections: '200', max_wal_senders: 2, wal_level: 'Logical', port: 1 },
          ...{ hot_standby: 'off', wal_log_hints: 'no', track_commit_timestamp: true },
          ...{ wal_keep_size: '20000kB', max_worker_processes: 16.0, wal_keep_segments: '0x10' },
          ...{ max_locks_per_transaction: '32abc', max_prepared_transactions: 'x' },
          ...{ max_replication_slots: 4.4, listen_addresses: 'x', cluster_name: 'y' },
        },
      },
    },
  ),
  pair(
    { pg_hba: ['local all all trust'], use_slots: false, use_pg_rewind: true, pg_ident: null },
    {
      postgresql: {
        ...{ pg_hba: ['host all all all md5'], pg_ident: ['a b c'], use_slots: true },
        ...{ use_pg_rewind: false, data_dir: '/other', listen: 'x:1', pgpass: '/p' },
        ...{ authentication: { superuser: { username: 'evil' } }, bin_dir: '/b' },
      },
    },
  ),
  pair(
    { recovery_conf: { restore_command: 'a' }, callbacks: { on_start: '/x' } },
    {
      postgresql: {
        recovery_conf: { restore_command: 'b', recovery_target: 'c' },
        callbacks: { on_stop: '/y' },
        create_replica_methods: ['wal_e', 'basebackup'],
        wal_e: { command: 'c', no_leader: 1 },
        use_slots: false,
      },
    },
  ),
  pair(
    { authentication: { ...USERS, rewind: { username: 'r', password: 'p', gssencmode: 'x' } } },
    {},
  ),
  // Files from before `authentication`.
  {
    local: { postgresql: { data_dir: '/d', listen: ':5432', use_pg_rewind: true, ...USERS } },
    dynamic: {},
  },
  {
    local: {
      postgresql: {
        ...{ data_dir: '/d', listen: ':5432', replication: USERS.replication },
        pg_rewind: { username: 'old', password: 'p' },
      },
    },
    dynamic: { postgresql: { use_pg_rewind: false } },
  },
  pair({ authentication: { replication: { username: 'r' } } }, {}),
  ...[24, 25, 26].map((n) => pair({}, { postgresql: { parameters: { max_connections: n } } })),
  // The least values, and one below.
  ...[0, 1].map((less) =>
    pair(
      {},
      {
        postgresql: {
          parameters: {
            ...{ max_wal_senders: 3 - less, max_worker_processes: 2 - less },
            ...{ max_locks_per_transaction: 32 - less, max_replication_slots: 4 - less },
            ...{ max_prepared_transactions: 0 - less, wal_keep_segments: 1 - less },
            wal_keep_size: 16 - less,
          },
        },
      },
    ),
  ),
];

const names = fc.constantFrom(
  ...['max_connections', 'MAX_CONNECTIONS', 'work_mem', 'Work_Mem', 'wal_level', 'hot_standby'],
  ...['wal_log_hints', 'max_wal_senders', 'wal_keep_size', 'wal_keep_segments', 'my.guc'],
  ...['track_commit_timestamp', 'port', 'shared_buffers', 'max_worker_processes'],
);
const values = fc.oneof(
  fc.constantFrom(...['on', 'off', 'replica', 'LOGICAL', 'hot_standby', 'minimal', '', 'true']),
  fc.constantFrom(
    ...['128MB', '1GB', '15MB', '15.6MB', '1 TB', '8kB', '5mb', ' 30 ', '010', '0x1f'],
  ),
  fc.constantFrom(...['1e2', '.5', '-3', '99999999', '25.5', '1.', 'NaN']),
  fc.integer({ min: -5, max: 300 }),
  fc.double({ min: -5, max: 300, noNaN: true }).map((n) => Math.round(n * 4) / 4 + 0.125),
  fc.boolean(),
);
const parameters = fc.dictionary(names, values, { maxKeys: 6, noNullPrototype: true });
const keys = fc.record(
  {
    parameters,
    pg_hba: fc.constantFrom(['a'], ['b'], null),
    use_slots: fc.boolean(),
    use_pg_rewind: fc.boolean(),
    recovery_conf: fc.constantFrom({ restore_command: 'x' }, {}, null),
    listen: fc.constantFrom('*:5433', '1.2.3.4:5'),
    data_dir: fc.constantFrom('/a', '/b'),
    basebackup: fc.constantFrom(['verbose'], { 'max-rate': '1M' }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const pairs = fc
  .tuple(keys, fc.record({ postgresql: keys }, { requiredKeys: [], noNullPrototype: true }))
  .map(([local, dynamic]) => pair(local as JsonMap, dynamic as JsonMap));

const RANDOM = fc.sample(pairs, { numRuns: 300, seed: 7 });
const PAIRS = [...BY_HAND, ...RANDOM];

const ADDRESSES = [
  ...['127.0.0.1:8008', '*:5432', ':5432', 'localhost', '[::1]:5432', '::1:5432', 'a,b:5400'],
  ...['127.0.0.1,[fe80::1], ::2:5400', 'h:port', 'h:', '0.0.0.0:5432', 'h: 5432', '[::]:1'],
];

/** What Patroni passes on when the dynamic configuration says nothing (its `CMDLINE_OPTIONS`). */
const DEFAULTS: Parameters = {
  ...{ wal_level: 'hot_standby', hot_standby: 'on', max_connections: 100, max_wal_senders: 10 },
  ...{ max_prepared_transactions: 0, max_locks_per_transaction: 64, max_replication_slots: 10 },
  ...{ track_commit_timestamp: 'off', max_worker_processes: 8, wal_log_hints: 'on' },
};

type Merged = Record<string, Json> & {
  parameters: JsonMap;
  authentication: Record<string, JsonMap>;
};
let answers: { merged: Merged[]; addresses: ([string, number] | null)[] };

beforeAll(async () => {
  const { modules, unpacked } = patroni('4.1');
  const output = await runProgram(['/usr/bin/python3', '-c', PYTHON], {
    env: unpacked ? { PYTHONPATH: modules } : {},
    stdin: JSON.stringify({ pairs: PAIRS, addresses: ADDRESSES }),
  });
  expect(output.stderr).toBe('');
  answers = JSON.parse(output.stdout);
});

/** Lower case: which spelling of a name is kept has no effect on PostgreSQL. */
function lowered(parameters: JsonMap | Parameters): Record<string, unknown> {
  const entries = Object.entries(parameters).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function flat(user: Credentials | undefined): Record<string, string> {
  if (!user) return {};
  const { options, ...others } = user;
  return { ...others, ...options };
}

describe('the postgresql section is merged as Patroni does it', () => {
  it.each(PAIRS.map((one, index) => [index, one] as const))('%i', (index, { local, dynamic }) => {
    const { postgresql } = local as { postgresql: JsonMap };
    const { name, scope, retry_timeout, parameters, authentication, ...keys } =
      answers.merged[index] ?? ({} as Merged);
    expect([name, scope]).toEqual(['n', 's']);
    const merged = mergePostgres(postgresql, dynamic);
    const all = {
      ...lowered(DEFAULTS),
      ...lowered(merged.clusterParameters),
      ...lowered(merged.parameters),
    };
    expect(all).toEqual(lowered(parameters));
    const users = readUsers({ name: 'postgresql', values: merged.values }, undefined);
    expect(
      Object.fromEntries(Object.entries(users).map(([who, user]) => [who, flat(user)])),
    ).toEqual({
      ...{ superuser: {}, rewind: {} },
      ...authentication,
    });
    const { authentication: _, ...values } = merged.values;
    // Very old files: see `allowsRewindByUser`.
    const old = 'authentication' in postgresql ? {} : { use_pg_rewind: 'pg_rewind' in postgresql };
    expect({ ...values, ...old }).toEqual(keys);
  });
});

describe('host:port is split as Patroni does it', () => {
  it.each(ADDRESSES.map((text, index) => [text, index] as const))('%s', (text, index) => {
    const wanted = answers.addresses[index];
    const found = splitHostPort(text, 5432);
    expect(found && [found.host, found.port]).toEqual(wanted ?? undefined);
  });
});
