import { isRecord, type Json } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { nearest } from '../nearest.ts';
import { shown } from './checks.ts';
import { error, type Finding, warning } from './finding.ts';
import { configSchema, KNOWN_KEYS, LOCAL_ONLY } from './schema.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** Sections of `patroni.yml` that never stand in the dynamic configuration. */
const LOCAL_SECTIONS = new Set([
  ...['scope', 'name', 'namespace', 'restapi', 'bootstrap', 'log', 'ctl', 'watchdog', 'tags'],
  ...['etcd', 'etcd3', 'consul', 'zookeeper', 'exhibitor', 'kubernetes', 'raft', 'citus'],
]);

/** From Patroni's documentation of later versions: 4.1 does not read them. */
const LATER_THAN_4_1 =
  /^(primary_race_backoff|(parameters|pg_hba|pg_ident)_(primary|replica|standby_leader))$/;

/**
 * Checks the keys of a dynamic configuration and the types and ranges of their values. Keys that
 * Patroni does not know are errors with the nearest known one; a whole `patroni.yml` is one error.
 */
export async function checkKeys(config: JsonMap, local: JsonMap): Promise<Finding[]> {
  const sections = Object.keys(config).filter((key) => LOCAL_SECTIONS.has(key));
  if (sections.length > 0) return [localFile(sections)];
  const { z } = await import('zod');
  const schema = configSchema(z, replicaMethods(config, local));
  const issues = schema.safeParse(config).error?.issues ?? [];
  return [
    ...issues.flatMap((issue) => explain(config, issue)),
    ...checkWithoutEffect(config),
    ...checkStandbyCluster(config),
  ];
}

function localFile(sections: readonly string[]): Finding {
  const message =
    `${sections.join(', ')}: that belongs to the patroni.yml of one member, not to the cluster's ` +
    'configuration, which is what stands below bootstrap.dcs there';
  return error(sections[0] ?? '', message);
}

/** The parts of a zod issue that are read here. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly issues?: readonly { readonly message: string }[];
}

function explain(config: JsonMap, issue: Issue): Finding[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => unknownKey(path, key));
  }
  const name = printable(path.join('.'));
  if (issue.code === 'invalid_key') {
    return [error(name, `${name} ${issue.issues?.[0]?.message ?? 'is not a name'}`)];
  }
  const found = valueAt(config, path);
  const value = shown(found);
  if (issue.code === 'invalid_type') {
    const wanted = issue.message.includes('array') ? 'a list' : 'a map';
    return [error(name, `${name}: ${value} is not ${wanted}`)];
  }
  const subject = typeof found === 'object' && found !== null ? name : `${name}: ${value}`;
  return [error(name, `${subject} ${issue.message}`)];
}

function unknownKey(parent: readonly string[], key: string): Finding {
  const path = printable([...parent, key].join('.'));
  const near = nearest(key, KNOWN_KEYS[parent.join('.')] ?? []);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return error(path, `${path} is no setting that Patroni knows${hint}`);
}

function valueAt(config: JsonMap, path: readonly string[]): Json {
  let value: Json = config;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)] ?? null;
    else value = isRecord(value) ? ((value as JsonMap)[key] ?? null) : null;
  }
  return value;
}

/** Replica methods, each of which may have a section below `postgresql` (`wal_e`, `pgbackrest`). */
function replicaMethods(config: JsonMap, local: JsonMap): string[] {
  const sections = [config.postgresql, config.standby_cluster, local.postgresql];
  const named = sections.flatMap((section) => {
    const methods = isRecord(section) ? section.create_replica_methods : undefined;
    if (typeof methods === 'string') return methods.split(',').map((word) => word.trim());
    return Array.isArray(methods) ? methods.map(String) : [];
  });
  const postgresql = isRecord(config.postgresql) ? config.postgresql : {};
  const withCommand = Object.entries(postgresql)
    .filter(([, value]) => isRecord(value) && 'command' in value)
    .map(([name]) => name);
  return [...named, ...withCommand];
}

function checkWithoutEffect(config: JsonMap): Finding[] {
  const postgresql = isRecord(config.postgresql) ? Object.keys(config.postgresql) : [];
  const local = postgresql
    .filter((key) => LOCAL_ONLY.includes(key))
    .map((key) =>
      warning(
        `postgresql.${key}`,
        `postgresql.${key} is ignored here: it belongs to each member's own patroni.yml`,
      ),
    );
  const paths = [...Object.keys(config), ...postgresql.map((key) => `postgresql.${key}`)];
  const later = paths
    .filter((path) => LATER_THAN_4_1.test(path.replace(/^postgresql\./, '')))
    .map((path) => warning(path, `${path} has no effect on members that run Patroni 4.1 or older`));
  return [...local, ...later];
}

function checkStandbyCluster(config: JsonMap): Finding[] {
  const section = config.standby_cluster;
  if (!isRecord(section)) return [];
  if (section.host || section.port || section.restore_command) return [];
  const message =
    'standby_cluster needs host, port or restore_command: without one it has no effect';
  return [error('standby_cluster', message)];
}
