import { booleanOf, quantityOf } from '../../model/parameter-values.ts';
import type { ParameterValue, PostgresConfig } from '../../model/postgres-config.ts';
import type { ControlSettings } from '../control-data.ts';
import { valueText } from './setting-text.ts';

// Parameters that must be alike on all members, or that nobody may change behind our back: they are
// given to the postmaster as options, which count for more than any file (Patroni's config.py,
// CMDLINE_OPTIONS; its manual, "PostgreSQL parameters controlled by Patroni").

/** Whole numbers: what is used when nothing, or less than the least, is configured. */
const NUMBERS: Readonly<Record<string, { readonly initial: number; readonly least: number }>> = {
  max_connections: { initial: 100, least: 25 },
  max_wal_senders: { initial: 10, least: 3 },
  max_prepared_transactions: { initial: 0, least: 0 },
  max_locks_per_transaction: { initial: 64, least: 32 },
  max_replication_slots: { initial: 10, least: 4 },
  max_worker_processes: { initial: 8, least: 2 },
};

const SWITCHES: Readonly<Record<string, 'on' | 'off'>> = {
  track_commit_timestamp: 'off',
  wal_log_hints: 'on',
};

const NOT_LESS_ON_STANDBY = [
  'max_connections',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'max_wal_senders',
  'max_worker_processes',
] as const;

/** MB of a WAL segment, as good as always. */
const SEGMENT = 16;

/** How many MB of WAL are kept when nothing is configured, and the least. */
const WAL_KEEP = { initial: 128, least: 16 };

/** Settings by name, and one sentence for each value that is not used. */
export interface Settings {
  readonly settings: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/**
 * All forced parameters of a server of this major version. `wal_keep_size` is one of them for
 * whoever configures a cluster, but is written into the file only.
 */
export function forcedSettings(config: PostgresConfig, major: number): Settings {
  const given = new Map(
    Object.entries(config.clusterParameters).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const warnings: string[] = [];
  const used = (name: string, value: string | undefined, initial: string): [string, string] => {
    const wished = given.get(name);
    if (wished !== undefined && value === undefined) {
      warnings.push(`${name}: ${valueText(wished)} cannot be used, it is ${initial} instead`);
    }
    return [name, value ?? initial];
  };
  const settings = new Map<string, string>([
    ['listen_addresses', config.listenAddresses],
    ['port', String(config.port)],
    ['cluster_name', config.scope],
    ['hot_standby', 'on'],
    used('wal_level', walLevel(given.get('wal_level')), 'replica'),
    ...Object.entries(NUMBERS).map(([name, { initial, least }]) =>
      used(name, wholeNumber(given.get(name), least), String(initial)),
    ),
    ...Object.entries(SWITCHES).map(([name, initial]) =>
      used(name, onOff(given.get(name)), initial),
    ),
    walKept(given, major),
  ]);
  return { settings, warnings };
}

/** What the postmaster is started with; `wal_keep_size` may be changed while it runs. */
const OPTIONS = [
  ...['listen_addresses', 'port', 'cluster_name', 'hot_standby', 'wal_level'],
  ...Object.keys(NUMBERS),
  ...Object.keys(SWITCHES),
];

/** The options of the postmaster that follow from these settings. */
export function commandLine(settings: ReadonlyMap<string, string>): string[] {
  return OPTIONS.flatMap((name) => {
    const value = settings.get(name);
    return value === undefined ? [] : [`--${name}=${value}`];
  });
}

/**
 * The settings for a start as standby: those that must not be less than they were on the primary
 * (manual, "Hot Standby": it would not start) are raised to what the control file says.
 */
export function raiseForStandby(
  settings: ReadonlyMap<string, string>,
  controlFile: ControlSettings,
): Map<string, string> {
  const raised = new Map(settings);
  for (const name of NOT_LESS_ON_STANDBY) {
    const onPrimary = controlFile[name];
    if (Number(settings.get(name)) < onPrimary) raised.set(name, String(onPrimary));
  }
  return raised;
}

function walLevel(value: ParameterValue | undefined): string | undefined {
  const level = value === undefined ? '' : valueText(value).toLowerCase();
  // The name that `replica` had before PostgreSQL 9.6.
  if (level === 'hot_standby') return 'replica';
  return level === 'replica' || level === 'logical' ? level : undefined;
}

function wholeNumber(value: ParameterValue | undefined, least: number): string | undefined {
  const number = value === undefined ? undefined : quantityOf(value, undefined);
  return number !== undefined && number >= least ? String(number) : undefined;
}

function onOff(value: ParameterValue | undefined): string | undefined {
  const on = value === undefined ? undefined : booleanOf(value);
  if (on === undefined) return undefined;
  return on ? 'on' : 'off';
}

/** Either name is understood, and the one that this version has is written. */
function walKept(given: ReadonlyMap<string, ParameterValue>, major: number): [string, string] {
  const size = quantityOf(given.get('wal_keep_size') ?? '', 'MB');
  const segments = quantityOf(given.get('wal_keep_segments') ?? '', undefined);
  const before13 = major < 13;
  const fromSegments = segments !== undefined && segments >= 1 ? segments * SEGMENT : undefined;
  const fromSize = size !== undefined && size >= WAL_KEEP.least ? size : undefined;
  const megabytes =
    (before13 ? (fromSegments ?? fromSize) : (fromSize ?? fromSegments)) ?? WAL_KEEP.initial;
  return before13
    ? ['wal_keep_segments', String(Math.round(megabytes / SEGMENT))]
    : ['wal_keep_size', `${megabytes}MB`];
}
