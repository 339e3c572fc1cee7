import type { Source } from '../../model/postgres.ts';
import type { Parameters, PostgresConfig } from '../../model/postgres-config.ts';
import { compareText } from '../../model/python.ts';
import { sourceAddress } from '../../model/source-address.ts';
import { formatConninfo } from './conninfo.ts';
import { isRecoveryParameter } from './recovery-names.ts';
import { unwritable, valueText } from './setting-text.ts';

/** Where a standby streams from, in PostgreSQL's words. */
export interface Upstream {
  /** Name of the member; `''`: no member. */
  readonly name: string;
  readonly conninfo: string;
  readonly slot: string | undefined;
}

/** A target would stop, pause or promote a standby: a file that is included may have set one. */
const NO_TARGET = [
  'recovery_target',
  'recovery_target_lsn',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_xid',
];

/**
 * How a standby connects to its source. Undefined for a source that names no sensible host: it is
 * as good as none.
 */
export function upstreamOf(
  config: PostgresConfig,
  source: Source,
  major: number,
): Upstream | undefined {
  const address = sourceAddress(source);
  if (!address) return undefined;
  const { name, slot } = source;
  // Of the several hosts of another cluster only its primary has the slot.
  const several = slot !== undefined && address.host.includes(',');
  const conninfo = formatConninfo(
    {
      ...replicationParams(config),
      ...address,
      application_name: config.memberName,
      ...(config.replication.password === undefined ? {} : { passfile: config.pgpass }),
      ...(several ? { target_session_attrs: 'read-write' } : {}),
    },
    major,
  );
  return { name, conninfo, slot };
}

/**
 * What every connection of the replication user has in its connection string, without where. What
 * libpq does by itself is not said: a server may be linked with a libpq that has no word for it.
 */
function replicationParams({ replication }: PostgresConfig): Record<string, string> {
  return {
    dbname: 'postgres',
    ...(replication.username === undefined ? {} : { user: replication.username }),
    ...replication.options,
  };
}

/**
 * The settings of a standby, sorted by name. Which primary it follows is said by `upstream` alone;
 * the rest is configured (`recovery_conf`, or such parameters among the others, or the standby
 * cluster's).
 */
export function recoverySettings(
  config: PostgresConfig,
  upstream: Upstream | undefined,
  major: number,
): ReadonlyMap<string, string> {
  const settings = new Map([...configured(config, major), ...ofStandbyCluster(config, upstream)]);
  settings.set('recovery_target_timeline', 'latest');
  for (const name of NO_TARGET) settings.set(name, '');
  // Empty where there is none: a file that is included may name one.
  settings.set('primary_conninfo', upstream?.conninfo ?? '');
  settings.set('primary_slot_name', upstream?.slot ?? '');
  const writable = [...settings].filter(([name, value]) => unwritable(name, value) === undefined);
  return new Map(writable.sort(([one], [other]) => compareText(one, other)));
}

/** Set by nobody but us, or unknown to these versions. */
const NOT_CONFIGURED = /^(?:recovery_target|primary_|standby_mode$|pause_at_recovery_target$)/;

function configured(config: PostgresConfig, major: number): [string, string][] {
  const among = Object.entries(config.parameters).filter(([name]) => isRecoveryParameter(name));
  const all: Parameters = { ...config.recoveryConf, ...Object.fromEntries(among) };
  return Object.entries(all).flatMap(([key, value]): [string, string][] => {
    const name = renamed(key.toLowerCase());
    if (NOT_CONFIGURED.test(name) || !isRecoveryParameter(name)) return [];
    // PostgreSQL 16 has it no more.
    if (name === 'promote_trigger_file' && major >= 16) return [];
    return [[name, valueText(value)]];
  });
}

function renamed(name: string): string {
  return name === 'trigger_file' ? 'promote_trigger_file' : name;
}

/** The delay is for the one that leads a standby cluster: its standbys would add theirs to it. */
function ofStandbyCluster(
  { standbyCluster }: PostgresConfig,
  upstream: Upstream | undefined,
): [string, string][] {
  if (!standbyCluster) return [];
  const { restoreCommand, archiveCleanupCommand, recoveryMinApplyDelay } = standbyCluster;
  const values = {
    restore_command: restoreCommand,
    archive_cleanup_command: archiveCleanupCommand,
    recovery_min_apply_delay: upstream?.name === '' ? recoveryMinApplyDelay : undefined,
  };
  return Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}
