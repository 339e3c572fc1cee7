import type { z } from 'zod';
import { isRecord, type Json } from '../../model/json.ts';
import * as is from './checks.ts';

type Zod = typeof z;

/** Keys of the dynamic configuration that Patroni reads (documentation, and its own source). */
const TOP_LEVEL: Readonly<Record<string, is.Check>> = {
  loop_wait: is.integer(1),
  ttl: is.integer(20),
  retry_timeout: is.integer(3),
  primary_race_backoff: is.integer(0),
  maximum_lag_on_failover: is.integer(0),
  maximum_lag_on_syncnode: is.integer(-1),
  max_timelines_history: is.integer(0),
  primary_start_timeout: is.integer(0),
  master_start_timeout: is.integer(0),
  primary_stop_timeout: is.integer(0),
  master_stop_timeout: is.integer(0),
  synchronous_mode: is.synchronousMode,
  synchronous_mode_strict: is.boolean,
  synchronous_node_count: is.integer(1),
  failsafe_mode: is.boolean,
  check_timeline: is.boolean,
  pause: is.boolean,
  member_slots_ttl: is.interval,
};

/** Without these three a Patroni node throws the whole configuration away. */
const NEVER_NULL = new Set(['loop_wait', 'ttl', 'retry_timeout']);

const ROLES = ['', '_primary', '_replica', '_standby_leader'];

const POSTGRESQL: Readonly<Record<string, is.Check>> = {
  use_pg_rewind: is.boolean,
  use_slots: is.boolean,
  pg_ctl_timeout: is.integer(0),
  remove_data_directory_on_rewind_failure: is.boolean,
  remove_data_directory_on_diverged_timelines: is.boolean,
  use_unix_socket: is.boolean,
  use_unix_socket_repl: is.boolean,
  recovery_conf: is.map,
  callbacks: is.map,
  bin_name: is.map,
  create_replica_methods: is.words,
  create_replica_method: is.words,
  rewind: is.anything,
  basebackup: is.anything,
  bin_dir: is.text,
  custom_conf: is.text,
  database: is.text,
  krbsrvname: is.text,
  config_base_name: is.text,
  pre_promote: is.text,
  before_stop: is.text,
  ...Object.fromEntries(ROLES.map((role) => [`parameters${role}`, is.map])),
  ...Object.fromEntries(ROLES.map((role) => [`pg_hba${role}`, is.textList])),
  ...Object.fromEntries(ROLES.map((role) => [`pg_ident${role}`, is.textList])),
};

/** Settings of one member: in the dynamic configuration Patroni drops them (its config.py). */
export const LOCAL_ONLY: readonly string[] = [
  'connect_address',
  'proxy_address',
  'listen',
  'config_dir',
  'data_dir',
  'pgpass',
  'authentication',
];

/** Patroni 4.1 drops every other key of `standby_cluster`. */
const STANDBY_CLUSTER: Readonly<Record<string, is.Check>> = {
  host: is.text,
  port: is.ports,
  primary_slot_name: is.text,
  create_replica_methods: is.words,
  restore_command: is.text,
  archive_cleanup_command: is.text,
  recovery_min_apply_delay: is.text,
};

/** The keys to suggest for a mistyped one, by the section it stands in. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': [...Object.keys(TOP_LEVEL), 'slots', 'ignore_slots', 'standby_cluster', 'postgresql'],
  postgresql: Object.keys(POSTGRESQL),
  standby_cluster: Object.keys(STANDBY_CLUSTER),
};

/**
 * The shape of a dynamic configuration, as a zod schema. `methods` are the names of replica
 * methods: each may have a section of its own below `postgresql`.
 */
export function configSchema(zod: Zod, methods: readonly string[]): z.ZodType {
  const known = Object.fromEntries([...LOCAL_ONLY, ...methods].map((name) => [name, is.anything]));
  return zod.strictObject({
    ...leaves(zod, TOP_LEVEL),
    slots: slots(zod),
    permanent_slots: slots(zod),
    permanent_replication_slots: slots(zod),
    ignore_slots: zod.array(section(zod, zod.looseObject(leaves(zod, IGNORED_SLOT)))).nullish(),
    standby_cluster: zod.strictObject(leaves(zod, STANDBY_CLUSTER)).nullish(),
    postgresql: zod.strictObject(leaves(zod, { ...known, ...POSTGRESQL })).nullish(),
  });
}

const IGNORED_SLOT: Readonly<Record<string, is.Check>> = {
  name: is.text,
  type: is.oneOf('physical', 'logical'),
  database: is.text,
  plugin: is.text,
};

function leaves(zod: Zod, checks: Readonly<Record<string, is.Check>>): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(checks).map(([name, check]) => {
      const optional = NEVER_NULL.has(name) ? check : unlessNull(check);
      return [name, leaf(zod, optional).optional()];
    }),
  );
}

function leaf(zod: Zod, check: is.Check): z.ZodType {
  return zod.unknown().superRefine((value, context) => {
    const wrong = check(value as Json);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
  });
}

function unlessNull(check: is.Check): is.Check {
  return (value) => (value === null ? undefined : check(value));
}

/** zod takes a `WholeFloat` for a map: it is none. */
function section(zod: Zod, schema: z.ZodType): z.ZodType {
  return leaf(zod, is.map).pipe(schema);
}

function slots(zod: Zod): z.ZodType {
  const name = zod.string().regex(/^[a-z0-9_]{1,63}$/, {
    message: 'cannot be the name of a slot: only a-z, 0-9 and _, at most 63',
  });
  return zod.record(name, leaf(zod, slot)).nullish();
}

/** A permanent slot as Patroni takes it; others it leaves out without a word. */
function slot(value: Json): string | undefined {
  if (value === null || value === false || value === '') return undefined;
  if (!isRecord(value)) return 'is not a map with type, database, plugin or cluster_type';
  const { type = 'physical', database, plugin, cluster_type: cluster } = value;
  if (type !== 'physical' && type !== 'logical')
    return 'has a type that is not physical or logical';
  if (type === 'logical' && !(database && plugin)) {
    return 'is logical and needs both database and plugin';
  }
  if (cluster !== undefined && cluster !== 'primary' && cluster !== 'standby') {
    return 'has a cluster_type that is not primary or standby';
  }
  return undefined;
}
