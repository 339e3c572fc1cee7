import { Refusal } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import {
  flagIn,
  integerIn,
  type Section,
  sectionIn,
  textIn,
  textMapIn,
  textsIn,
} from '../section.ts';
import { hostPortIn } from './host-port.ts';
import { replicaMethodsIn } from './methods.ts';
import { parametersIn } from './parameters.ts';
import { toolOptionsIn } from './tool-options.ts';

type Reader = (section: Section, key: string) => unknown;

/** How each key of the `postgresql` section is read; each throws a `Refusal` for a wrong type. */
const READERS: Readonly<Record<string, Reader>> = {
  listen: (section, key) => hostPortIn(section, key, 5432),
  connect_address: (section, key) => hostPortIn(section, key, 5432),
  proxy_address: (section, key) => hostPortIn(section, key, 5432),
  data_dir: textIn,
  config_dir: textIn,
  bin_dir: textIn,
  pgpass: textIn,
  custom_conf: textIn,
  pre_promote: textIn,
  before_stop: textIn,
  bin_name: textMapIn,
  callbacks: textMapIn,
  authentication: sectionIn,
  parameters: parametersIn,
  recovery_conf: parametersIn,
  pg_hba: textsIn,
  pg_ident: textsIn,
  use_unix_socket: flagIn,
  use_unix_socket_repl: flagIn,
  use_pg_rewind: flagIn,
  use_slots: flagIn,
  remove_data_directory_on_rewind_failure: flagIn,
  remove_data_directory_on_diverged_timelines: flagIn,
  pg_ctl_timeout: integerIn,
  create_replica_methods: (section) => replicaMethodsIn(section),
  create_replica_method: (section) => replicaMethodsIn(section),
  basebackup: toolOptionsIn,
  rewind: toolOptionsIn,
};

/** Known to Patroni, and without effect here. */
const WITHOUT_EFFECT = ['database', 'krbsrvname', 'config_base_name'];
/** Where very old files have users and name. */
const OLD = ['name', 'scope', 'superuser', 'replication', 'pg_rewind'];

/** Throws a `Refusal` for the first key of a `postgresql` section that has a wrong type. */
export function checkPostgresKeys(section: Section): void {
  for (const [key, read] of Object.entries(READERS)) read(section, key);
}

/** The same section without the keys that have a wrong type, and a sentence for each of them. */
export function usableKeys(section: Section): { values: Section['values']; warnings: string[] } {
  const warnings: string[] = [];
  const usable = Object.entries(section.values).filter(([key]) => {
    const wrong = problemOf(section, key);
    if (wrong !== undefined) warnings.push(`${wrong}: it does not count`);
    return wrong === undefined;
  });
  return { values: Object.fromEntries(usable), warnings };
}

function problemOf(section: Section, key: string): string | undefined {
  try {
    if (Object.hasOwn(READERS, key)) READERS[key]?.(section, key);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** Keys that nothing is known of, and those that have no effect: a sentence for each. */
export function strangePostgresKeys(values: Readonly<Record<string, Json>>): string[] {
  const methods = [values.create_replica_methods, values.create_replica_method].flat();
  return Object.entries(values).flatMap(([key, value]) => {
    const method = methods.includes(key) || hasCommand(value);
    if (WITHOUT_EFFECT.includes(key)) return [`postgresql.${key} has no effect in pgherd`];
    if (Object.hasOwn(READERS, key) || OLD.includes(key) || method) return [];
    return [`postgresql.${key} is no setting that is known`];
  });
}

function hasCommand(value: Json): boolean {
  return typeof value === 'object' && value !== null && 'command' in value;
}
