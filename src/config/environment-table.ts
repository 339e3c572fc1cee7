/** How Patroni reads the text of an environment variable. */
export type VariableKind = 'text' | 'yes-no' | 'number' | 'list' | 'map' | 'format';

/** Where the value of a variable goes in the configuration. */
export interface VariablePlace {
  readonly path: readonly string[];
  readonly kind: VariableKind;
  /** True for variables that count even when they are empty. */
  readonly emptyCounts: boolean;
}

const TEXT = 'text';
/** Section → key → kind, for `PATRONI_<SECTION>_<KEY>` (Patroni's config.py). */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, VariableKind>>>> = {
  restapi: {
    ...texts('listen connect_address certfile keyfile keyfile_password cafile ciphers'),
    ...texts('verify_client server_tokens'),
    http_extra_headers: 'map',
    https_extra_headers: 'map',
    allowlist: 'list',
    allowlist_include_members: 'yes-no',
    request_queue_size: 'number',
    // Documented, but not read by Patroni's code.
    thread_pool_size: 'number',
  },
  ctl: { ...texts('cacert certfile keyfile keyfile_password'), insecure: 'yes-no' },
  postgresql: texts('listen connect_address proxy_address config_dir data_dir pgpass bin_dir'),
  log: {
    ...texts('type level traceback_level dateformat dir'),
    format: 'format',
    static_fields: 'map',
    loggers: 'map',
    max_queue_size: 'number',
    mode: 'number',
    file_size: 'number',
    file_num: 'number',
    deduplicate_heartbeat_logs: 'yes-no',
  },
  raft: { ...texts('data_dir self_addr password bind_addr'), partner_addrs: 'list' },
};

const BINARIES = 'pg_ctl initdb pg_controldata pg_basebackup postgres pg_isready pg_rewind';
const AUTHENTICATION =
  'username password sslmode sslcert sslkey sslpassword sslrootcert sslcrl sslcrldir gssencmode ' +
  'channel_binding sslnegotiation';

/** Keys of the sections of the stores, and of any other section: `PATRONI_<ANYTHING>_<KEY>`. */
const ANY_SECTION: Readonly<Record<string, VariableKind>> = {
  ...texts('host use_ssl protocol srv srv_suffix url proxy cacert cert key token dc consistency'),
  ...texts('service_check_interval service_check_tls_server_name namespace context scope_label'),
  ...texts('role_label pod_ip key_password group database leader_label_value'),
  ...texts('follower_label_value standby_leader_label_value tmp_role_label'),
  port: 'number',
  ...kinds('list', 'hosts ports checks service_tags retriable_http_codes'),
  ...kinds('map', 'labels set_acls auth_data bootstrap_labels'),
  ...kinds('yes-no', 'use_proxies register_service use_endpoints bypass_api_service verify'),
};

/** Names that Patroni's documentation or its past knows, with the names that its code reads. */
const ALIASES: Readonly<Record<string, string>> = {
  LOGLEVEL: 'LOG_LEVEL',
  LOGFORMAT: 'LOG_FORMAT',
  LOG_DATEFMT: 'LOG_DATEFORMAT',
  RETRIABLE_HTTP_CODES: 'KUBERNETES_RETRIABLE_HTTP_CODES',
  POSTGRESQL_BIN_IS_READY: 'POSTGRESQL_BIN_PG_ISREADY',
};

const FIXED = fixedPlaces();

/** The other name of a variable (both without `PATRONI_`), where it has one. */
export function canonicalVariable(name: string): string {
  return ALIASES[name] ?? name;
}

/** The place of the variable `PATRONI_<name>`; undefined when it is none of Patroni's. */
export function placeOfVariable(name: string): VariablePlace | undefined {
  const fixed = FIXED.get(name);
  if (fixed) return fixed;
  const [section = '', key = ''] = splitOnce(name);
  if (section === '' || key !== key.toUpperCase()) return undefined;
  const known = Object.hasOwn(ANY_SECTION, key.toLowerCase());
  const kind = known ? ANY_SECTION[key.toLowerCase()] : undefined;
  if (!kind) return undefined;
  const path = [section.toLowerCase(), key.toLowerCase()];
  if (section === 'CITUS') return citusPlace(path);
  // Patroni leaves `use_ssl` as text, where "off" would be true.
  return { path, kind: key === 'USE_SSL' ? 'yes-no' : kind, emptyCounts: true };
}

function citusPlace(path: readonly string[]): VariablePlace | undefined {
  if (path[1] === 'group') return { path, kind: 'number', emptyCounts: false };
  return path[1] === 'database' ? { path, kind: TEXT, emptyCounts: true } : undefined;
}

function fixedPlaces(): ReadonlyMap<string, VariablePlace> {
  const places = new Map<string, VariablePlace>();
  const put = (name: string, path: readonly string[], kind: VariableKind): void => {
    places.set(name.toUpperCase(), { path, kind, emptyCounts: false });
  };
  for (const name of words('name namespace scope thread_pool_size thread_stack_size')) {
    put(name, [name], TEXT);
  }
  for (const [section, keys] of Object.entries(SECTIONS)) {
    for (const [key, kind] of Object.entries(keys)) put(`${section}_${key}`, [section, key], kind);
  }
  for (const name of words(BINARIES)) {
    put(`postgresql_bin_${name}`, ['postgresql', 'bin_name', name], TEXT);
  }
  for (const key of ['username', 'password']) {
    for (const section of ['ctl', 'restapi']) {
      put(`${section}_${key}`, [section, 'authentication', key], TEXT);
    }
    for (const section of ['etcd', 'etcd3']) put(`${section}_${key}`, [section, key], TEXT);
  }
  for (const user of ['replication', 'superuser', 'rewind']) {
    for (const key of words(AUTHENTICATION)) {
      put(`${user}_${key}`, ['postgresql', 'authentication', user, key], TEXT);
    }
  }
  return places;
}

function splitOnce(name: string): string[] {
  const at = name.indexOf('_');
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

function words(text: string): string[] {
  return text.split(' ');
}

function texts(names: string): Record<string, VariableKind> {
  return kinds(TEXT, names);
}

function kinds(kind: VariableKind, names: string): Record<string, VariableKind> {
  return Object.fromEntries(words(names).map((name) => [name, kind]));
}
