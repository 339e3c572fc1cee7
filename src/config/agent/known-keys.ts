import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { STORES } from '../store-settings.ts';
import { isClusterParameter } from './cluster-parameters.ts';
import { strangePostgresKeys } from './postgres-keys.ts';

type JsonMap = Readonly<Record<string, Json>>;

const words = (text: string): readonly string[] => text.split(' ');

/** Keys of each section of the local configuration (Patroni's documentation and code). */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  log: [
    ...words('type level traceback_level format dateformat static_fields max_queue_size dir mode'),
    ...words('file_num file_size loggers deduplicate_heartbeat_logs'),
  ],
  restapi: [
    ...words('thread_pool_size connect_address listen authentication certfile keyfile ciphers'),
    ...words('keyfile_password cafile verify_client allowlist allowlist_include_members'),
    ...words('http_extra_headers https_extra_headers request_queue_size server_tokens'),
  ],
  ctl: words('authentication insecure cacert certfile keyfile keyfile_password'),
  watchdog: words('mode device safety_margin driver'),
};
const SCALARS = words('scope name namespace thread_pool_size thread_stack_size');
const OTHERS = words('bootstrap postgresql tags citus pgherd');
/** Patroni ignores them here (config.py): they count in the dynamic configuration only. */
const DYNAMIC = [
  ...words('ttl loop_wait retry_timeout primary_race_backoff maximum_lag_on_failover slots pause'),
  ...words('maximum_lag_on_syncnode max_timelines_history primary_start_timeout check_timeline'),
  ...words('primary_stop_timeout synchronous_mode synchronous_mode_strict standby_cluster'),
  ...words('synchronous_node_count failsafe_mode member_slots_ttl ignore_slots'),
  ...words('permanent_slots permanent_replication_slots master_start_timeout master_stop_timeout'),
];

const INSTEAD = 'set it with edit-config (for a new cluster: in bootstrap.dcs)';

/** Keys that have no effect where they stand, and keys that nobody knows: a sentence for each. */
export function strangeKeys(config: JsonMap): string[] {
  const top = Object.keys(config).flatMap((key) => {
    if (DYNAMIC.includes(key)) return [`${key} has no effect here: ${INSTEAD}`];
    const known = [...SCALARS, ...OTHERS, ...STORES].includes(key) || Object.hasOwn(SECTIONS, key);
    return known ? [] : [`${printable(key)} is no setting that is known`];
  });
  const below = Object.entries(SECTIONS).flatMap(([name, keys]) =>
    Object.keys(mapAt(config, name))
      .filter((key) => !keys.includes(key))
      .map((key) => `${name}.${printable(key)} is no setting that is known`),
  );
  const postgresql = mapAt(config, 'postgresql');
  const forced = Object.keys(mapAt(postgresql, 'parameters')).filter(isClusterParameter);
  return [
    ...top,
    ...below,
    ...strangePostgresKeys(postgresql),
    ...('use_slots' in postgresql ? [withoutEffect('postgresql.use_slots')] : []),
    ...forced.map((name) => withoutEffect(`postgresql.parameters.${printable(name)}`)),
    ...(isRecord(config.citus) ? ['citus has no effect in this version of pgherd'] : []),
  ];
}

function withoutEffect(path: string): string {
  return `${path} has no effect here, it must be alike on all members: ${INSTEAD}`;
}

function mapAt(config: JsonMap, key: string): JsonMap {
  const value = config[key];
  return isRecord(value) ? (value as JsonMap) : {};
}
