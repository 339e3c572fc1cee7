import { isIPv4, isIPv6 } from 'node:net';
import {
  type AddressOptions,
  allReachable,
  anyCase,
  connectAddress,
  dictionary,
  flag,
  integer,
  listenable,
  logFormat,
  reachable,
  reachableList,
  synchronousMode,
  text,
  watchdogMode,
  whole,
  word,
} from './checks.ts';
import { binDirectory, dataDirectory, type Programs, program } from './files.ts';
import {
  anyOf,
  atMostOne,
  type Entry,
  either,
  listOf,
  mapOf,
  may,
  need,
  passes,
  type Rule,
} from './rules.ts';

// Patroni 4.1's schema of `patroni.yml` (validator.py), key by key and in its order.

const texts = listOf(text);
const port = whole({ max: 65535, strict: true });

/** Optional keys that follow the same rule. */
function mays(names: string, rule: Rule): Entry[] {
  return names.split(' ').map((name) => may(name, rule));
}

/** The whole file. */
export function localSchema(addresses: AddressOptions, programs: Programs): Rule {
  const stores = storeRules(addresses);
  return mapOf(
    need('name', text),
    need('scope', text),
    may('thread_pool_size', whole({ min: 5, strict: true })),
    may('thread_stack_size', whole({ min: 65536, multipleOf: 65536, strict: true })),
    may('log', log),
    may(
      'ctl',
      mapOf(may('insecure', flag), ...mays('cacert certfile keyfile keyfile_password', text)),
    ),
    need('restapi', restapi(addresses)),
    may('bootstrap', bootstrap),
    anyOf(stores),
    may('citus', mapOf(need('database', text), need('group', whole({ min: 0, strict: true })))),
    need('postgresql', postgresql(addresses, programs)),
    may(
      'watchdog',
      mapOf(
        may('mode', watchdogMode),
        may('device', text),
        may('safety_margin', whole({ min: -1, strict: true })),
      ),
    ),
    may('tags', tags),
  );
}

const log = mapOf(
  may('type', word('plain', 'json')),
  may('level', word('DEBUG', 'INFO', 'WARN', 'WARNING', 'ERROR', 'FATAL', 'CRITICAL')),
  may('traceback_level', anyCase('debug', 'error')),
  may('format', logFormat),
  may('dateformat', text),
  may('static_fields', dictionary),
  may('max_queue_size', integer),
  may('dir', text),
  ...mays('file_num file_size', integer),
  may('mode', whole({ min: 0, max: 511, strict: true })),
  may('loggers', dictionary),
  may('deduplicate_heartbeat_logs', flag),
);

function restapi(addresses: AddressOptions): Rule {
  return mapOf(
    may('thread_pool_size', whole({ min: 5, strict: true })),
    need('listen', listenable(addresses)),
    need('connect_address', connectAddress),
    may('authentication', mapOf(need('username', text), need('password', text))),
    ...mays('certfile keyfile keyfile_password cafile ciphers', text),
    may('verify_client', word('none', 'optional', 'required')),
    may('allowlist', texts),
    may('allowlist_include_members', flag),
    ...mays('http_extra_headers https_extra_headers', dictionary),
    may('request_queue_size', whole({ min: 0, max: 4096, strict: true })),
    may('server_tokens', anyCase('minimal', 'productonly', 'original')),
  );
}

const standbyCluster = mapOf(
  anyOf({ host: text, port, restore_command: text }),
  may('primary_slot_name', text),
  may('create_replica_methods', texts),
  ...mays('archive_cleanup_command recovery_min_apply_delay', text),
);

const dynamicPostgresql = mapOf(
  may(
    'parameters',
    mapOf(
      may('max_connections', whole({ min: 1, max: 262143 })),
      may('max_locks_per_transaction', whole({ min: 10, max: 2147483647 })),
      ...mays(
        'max_prepared_transactions max_replication_slots max_wal_senders max_worker_processes',
        whole({ min: 0, max: 262143 }),
      ),
    ),
  ),
  may('use_pg_rewind', flag),
  may('pg_hba', texts),
  may('pg_ident', texts),
  may('pg_ctl_timeout', whole({ min: 0 })),
  may('use_slots', flag),
);

const bootstrap = mapOf(
  need(
    'dcs',
    mapOf(
      may('ttl', whole({ min: 20 })),
      may('loop_wait', whole({ min: 1 })),
      may('retry_timeout', whole({ min: 3 })),
      may('maximum_lag_on_failover', whole({ min: 0 })),
      may('maximum_lag_on_syncnode', whole({ min: -1 })),
      may('member_slots_ttl', whole({ min: 0, time: true })),
      may('postgresql', dynamicPostgresql),
      may('primary_start_timeout', whole({ min: 0 })),
      may('primary_stop_timeout', whole({ min: 0 })),
      may('standby_cluster', standbyCluster),
      may('synchronous_mode', synchronousMode),
      may('synchronous_mode_strict', flag),
      may('synchronous_node_count', whole({ min: 1 })),
    ),
  ),
  may('initdb', listOf(either(text, dictionary))),
  may('method', text),
);

function storeRules(addresses: AddressOptions): Readonly<Record<string, Rule>> {
  const one = reachable(addresses);
  const hosts = either(allReachable(addresses), listOf(one));
  const etcd = mapOf(
    anyOf({ host: one, hosts, srv: text, srv_suffix: text, url: text, proxy: text }),
    ...mays('protocol username password cacert cert key', text),
  );
  return {
    consul: consul(one),
    etcd,
    etcd3: etcd,
    exhibitor: mapOf(
      need('hosts', texts),
      need('port', port),
      may('poll_interval', whole({ min: 1, strict: true })),
    ),
    kubernetes,
    raft: mapOf(
      need('self_addr', connectAddress),
      may('bind_addr', listenable(addresses)),
      need('partner_addrs', reachableList(addresses)),
      ...mays('data_dir password', text),
    ),
    zookeeper: mapOf(
      need('hosts', hosts),
      may('use_ssl', flag),
      ...mays('cacert cert key key_password', text),
      may('verify', flag),
      ...mays('set_acls auth_data', dictionary),
    ),
  };
}

function consul(one: Rule): Rule {
  return mapOf(
    anyOf({ host: one, url: text }),
    may('port', port),
    ...mays('scheme token', text),
    may('verify', flag),
    ...mays('cacert cert key dc', text),
    may('checks', texts),
    may('register_service', flag),
    may('service_tags', texts),
    ...mays('service_check_interval service_check_tls_server_name', text),
    may('consistency', word('default', 'consistent', 'stale')),
  );
}

const kubernetes = mapOf(
  need('labels', mapOf()),
  may('bypass_api_service', flag),
  ...mays('namespace scope_label role_label leader_label_value follower_label_value', text),
  ...mays('standby_leader_label_value tmp_role_label', text),
  may('use_endpoints', flag),
  may(
    'pod_ip',
    either(
      passes((value) => (isIPv4(String(value)) ? undefined : 'Is not a valid ipv4 address')),
      passes((value) => (isIPv6(String(value)) ? undefined : 'Is not a valid ipv6 address')),
    ),
  ),
  may('ports', listOf(mapOf(need('name', text), need('port', port)))),
  may('cacert', text),
  may('retriable_http_codes', either(integer, listOf(integer))),
  may('bootstrap_labels', dictionary),
);

function postgresql(addresses: AddressOptions, programs: Programs): Rule {
  const user = mapOf(need('username', text), may('password', text));
  const names = 'pg_ctl initdb pg_controldata pg_basebackup postgres pg_isready pg_rewind';
  return mapOf(
    need('listen', listenable({ ...addresses, several: true })),
    need('connect_address', connectAddress),
    may('proxy_address', connectAddress),
    need(
      'authentication',
      mapOf(need('replication', user), need('superuser', user), may('rewind', user)),
    ),
    need('data_dir', dataDirectory(programs)),
    may('bin_name', mapOf(...mays(names, program(programs)))),
    may('bin_dir', binDirectory(programs), ''),
    may('parameters', mapOf(may('unix_socket_directories', text))),
    may('pg_hba', texts),
    may('pg_ident', texts),
    may('pg_ctl_timeout', whole({ min: 0 })),
    may('use_pg_rewind', flag),
  );
}

const tags = mapOf(
  atMostOne({ nofailover: flag, failover_priority: whole({ min: 0, strict: true }) }),
  ...mays('clonefrom noloadbalance', flag),
  may('replicatefrom', text),
  atMostOne({ nosync: flag, sync_priority: whole({ min: 0, strict: true }) }),
  may('nostream', flag),
);
