import type { Json } from '../../model/json.ts';
import type { ParameterValue } from '../../model/postgres-config.ts';
import { pythonRound } from '../../model/python.ts';
import { lenientBoolean, lenientInteger } from '../../wire/numbers.ts';
import { parameterValue } from './parameters.ts';

/** Says of a value what the parameter gets instead of it; undefined: the value is not taken. */
type Taken = (value: Json) => ParameterValue | undefined;

/**
 * The parameters that must be alike on all members: they come from the dynamic configuration only,
 * in Patroni as here, and have a least value (Patroni's postgresql/config.py, `CMDLINE_OPTIONS`).
 */
const CLUSTER_PARAMETERS: ReadonlyMap<string, Taken> = new Map<string, Taken>([
  // These three come from the local configuration.
  ['listen_addresses', () => undefined],
  ['port', () => undefined],
  ['cluster_name', () => undefined],
  ['wal_level', (value) => (isWalLevel(value) ? value : undefined)],
  ['hot_standby', (value) => (lenientBoolean(value) ? parameterValue(value) : undefined)],
  ['max_connections', atLeast(25)],
  ['max_wal_senders', atLeast(3)],
  ['wal_keep_segments', atLeast(1)],
  ['wal_keep_size', (value) => (megabytes(value) >= 16 ? wholeOrText(value) : undefined)],
  ['max_prepared_transactions', atLeast(0)],
  ['max_locks_per_transaction', atLeast(32)],
  ['track_commit_timestamp', onOrOff],
  ['max_replication_slots', atLeast(4)],
  ['max_worker_processes', atLeast(2)],
  ['wal_log_hints', onOrOff],
]);

/** True for a parameter that only the dynamic configuration may set. */
export function isClusterParameter(name: string): boolean {
  return CLUSTER_PARAMETERS.has(name.toLowerCase());
}

/** The value as it is used; undefined when it is too small, or none: then the default is used. */
export function clusterParameter(name: string, value: Json): ParameterValue | undefined {
  return CLUSTER_PARAMETERS.get(name.toLowerCase())?.(value);
}

function atLeast(least: number): Taken {
  return (value) => {
    const number = lenientInteger(value);
    return number !== undefined && number >= least ? number : undefined;
  };
}

function onOrOff(value: Json): ParameterValue | undefined {
  return lenientBoolean(value) === undefined ? undefined : parameterValue(value);
}

function isWalLevel(value: Json): value is string {
  return typeof value === 'string' && /^(hot_standby|replica|logical)$/i.test(value);
}

function wholeOrText(value: Json): ParameterValue | undefined {
  return lenientInteger(value) ?? parameterValue(value);
}

const UNITS: Readonly<Record<string, number>> = {
  TB: 1024 ** 2,
  GB: 1024,
  MB: 1,
  kB: 1 / 1024,
  B: 1 / 1024 ** 2,
};

/** A size, rounded to whole megabytes, which it is in when there is no unit; NaN for none. */
function megabytes(value: Json): number {
  const plain = lenientInteger(value);
  if (plain !== undefined || typeof value !== 'string') return plain ?? Number.NaN;
  const [, digits, unit = ''] = /^\s*([-+]?[\d.]+)\s*([A-Za-z]+)\s*$/.exec(value) ?? [];
  return pythonRound(Number(digits ?? Number.NaN) * (UNITS[unit] ?? Number.NaN));
}
