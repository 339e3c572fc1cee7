import type { Json } from '../../model/json.ts';
import { booleanOf, quantityOf, scalarText, unitsFor } from '../../model/parameter-values.ts';
import { printable } from '../../system/text.ts';
import { nearest } from '../nearest.ts';
import { error, type Finding, warning } from './finding.ts';
import { POSTGRES_PARAMETERS, type PostgresParameter } from './postgres-parameters.ts';

type JsonMap = Readonly<Record<string, Json>>;

const PARAMETERS: ReadonlyMap<string, PostgresParameter> = new Map(
  POSTGRES_PARAMETERS.map((parameter) => [parameter.name.toLowerCase(), parameter]),
);

/** Set by Patroni itself, whatever stands here (documentation, "Patroni configuration"). */
const IGNORED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    listen_addresses: 'it comes from postgresql.listen of each member',
    port: 'it comes from postgresql.listen of each member',
    cluster_name: 'it is the scope',
    hot_standby: 'it is always on',
    primary_conninfo: 'Patroni makes it from the leader',
    primary_slot_name: 'Patroni makes it from the name of the member',
  }),
);

/** The least that Patroni takes, and what it uses instead of less (its config.py). */
const LEAST: Readonly<Record<string, readonly [least: number, instead: number | string]>> = {
  max_connections: [25, 100],
  max_locks_per_transaction: [32, 64],
  max_worker_processes: [2, 8],
  max_wal_senders: [3, 10],
  max_replication_slots: [4, 10],
  wal_keep_segments: [1, 8],
  wal_keep_size: [16, '128MB'],
};

/** What is known of a parameter; names are matched without regard to case. */
export function findParameter(name: string): PostgresParameter | undefined {
  return PARAMETERS.get(name.toLowerCase());
}

/**
 * Checks values of `postgresql.parameters`: type, unit and range; what Patroni would replace or
 * ignore. A name that no PostgreSQL has is a warning only: extensions add names.
 */
export function checkParameters(path: string, parameters: JsonMap): Finding[] {
  const seen = new Map<string, string>();
  const findings = Object.entries(parameters).flatMap(([name, value]) => {
    const twin = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    const where = `${path}.${name}`;
    if (twin === undefined) return checkParameter(where, name, value);
    return [error(where, `${say(name)} and ${say(twin)} are the same parameter`)];
  });
  return [...findings, ...checkReserved(path, parameters)];
}

function checkParameter(path: string, name: string, value: Json): Finding[] {
  if (value === null) return [];
  const text = scalarText(value);
  if (text === undefined) {
    return [error(path, `${say(name)} must be one value, not a list or a map`)];
  }
  const ignored = IGNORED.get(name.toLowerCase());
  if (name.toLowerCase() === 'hot_standby' && booleanOf(value)) return [];
  if (ignored !== undefined) return [warning(path, `${say(name)} is ignored: ${ignored}`)];
  const parameter = findParameter(name);
  if (!parameter) return checkUnknown(path, name);
  const wrong = wrongValue(parameter, value, text) ?? tooLittle(parameter, value);
  return wrong === undefined ? [] : [error(path, wrong)];
}

function checkUnknown(path: string, name: string): Finding[] {
  if (/^[a-z_][\w$]*(\.[a-z_][\w$]*)+$/i.test(name)) return [];
  if (!/^[a-z_][\w$]*$/i.test(name)) {
    return [error(path, `${say(name)} cannot be the name of a parameter`)];
  }
  const names = POSTGRES_PARAMETERS.map((parameter) => parameter.name);
  const near = nearest(name, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return [warning(path, `${say(name)} is no parameter of PostgreSQL 12 to 18${hint}`)];
}

/** One sentence on a value that PostgreSQL would not take. */
function wrongValue(parameter: PostgresParameter, value: Json, text: string): string | undefined {
  const { name, type, unit } = parameter;
  const given = `${name}: ${say(text)}`;
  switch (type) {
    case 'string':
      return undefined;
    case 'bool':
      return isBoolean(value) ? undefined : `${given} is not on or off`;
    case 'enum': {
      if (parameter.values?.some((known) => known.toLowerCase() === text.toLowerCase())) return;
      if (parameter.values?.includes('on') && isBoolean(value)) return;
      return `${given} is none of ${parameter.values?.map((known) => known || "''").join(', ')}`;
    }
    case 'int':
    case 'real': {
      const number = quantityOf(value, unit, type === 'real');
      if (number === undefined) {
        const units = unit === undefined ? '' : ` (units: ${unitsFor(unit)})`;
        return `${given} is not a number${units}`;
      }
      return outOfRange(given, number, parameter);
    }
  }
}

function outOfRange(
  given: string,
  number: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, unit }: PostgresParameter,
): string | undefined {
  if (number >= min && number <= max) return undefined;
  const suffix = unit === undefined ? '' : ` (in ${unit})`;
  return `${given} is not between ${min} and ${max}${suffix}`;
}

/** PostgreSQL takes every prefix of a word that is not ambiguous. */
function isBoolean(value: Json): boolean {
  const text = scalarText(value)?.toLowerCase() ?? '';
  const words = ['true', 'false', 'yes', 'no'].some((word) => text !== '' && word.startsWith(text));
  return words || text === 'of' || booleanOf(value) !== undefined;
}

function tooLittle({ name, unit }: PostgresParameter, value: Json): string | undefined {
  const number = quantityOf(value, unit) ?? Number.NaN;
  const [least, instead] = LEAST[name] ?? [];
  if (least !== undefined && number < least) {
    const of = unit === undefined ? '' : ` ${unit}`;
    const given = `${name}: ${say(scalarText(value) ?? '')}`;
    return `${given} is less than ${least}${of}: Patroni would use ${instead}`;
  }
  if (name === 'wal_level' && /^(minimal|archive)$/i.test(String(value))) {
    return `wal_level: ${value} is not enough for replication: Patroni would use replica`;
  }
  return undefined;
}

/** PostgreSQL does not start when all connections are reserved. */
function checkReserved(path: string, parameters: JsonMap): Finding[] {
  const { superuser_reserved_connections: reserved, max_connections: total } = parameters;
  const [kept, all] = [quantityOf(reserved ?? 3, undefined), quantityOf(total ?? 100, undefined)];
  if (kept === undefined || all === undefined || kept < all) return [];
  const where = `${path}.superuser_reserved_connections`;
  const given = `superuser_reserved_connections: ${kept}`;
  return [error(where, `${given} must be less than max_connections, ${all}`)];
}

function say(text: string): string {
  return printable(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
