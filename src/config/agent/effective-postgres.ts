import { resolve } from 'node:path';
import { isRecord, type Json } from '../../model/json.ts';
import type {
  PostgresConfig,
  StandbyClusterConfig,
  ToolOption,
} from '../../model/postgres-config.ts';
import { printable } from '../../system/text.ts';
import type { AgentSettings } from '../agent-settings.ts';
import { pythonScalar } from '../python-scalar.ts';
import {
  flagIn,
  integerIn,
  type Section,
  textIn,
  textMapIn,
  textsIn,
  wrongValue,
} from '../section.ts';
import { allowsRewindByUser, readUsers } from './credentials.ts';
import { type HostPort, hostPortIn } from './host-port.ts';
import { mergePostgres } from './merge-postgres.ts';
import { replicaMethodsIn } from './methods.ts';
import { parametersIn } from './parameters.ts';
import { usableKeys } from './postgres-keys.ts';
import { isAmong, toolOptionsIn } from './tool-options.ts';

type Dynamic = Readonly<Record<string, unknown>>;

/** The settings of an agent, as far as PostgreSQL's configuration comes from them. */
export type LocalPostgres = Pick<AgentSettings, 'scope' | 'name' | 'postgresql' | 'surroundings'>;

/** A configuration, and what of the dynamic one did not count: a sentence for each value. */
export interface EffectivePostgres {
  readonly config: PostgresConfig;
  readonly warnings: readonly string[];
}

/** See `understandPostgres`: the configuration alone. */
export function effectivePostgres(settings: LocalPostgres, dynamic: Dynamic): PostgresConfig {
  return understandPostgres(settings, dynamic).config;
}

/**
 * All that is to be known of this node's PostgreSQL, with Patroni's precedence (`mergePostgres`).
 * A value of the dynamic configuration that has a wrong type counts as not given. Throws a
 * `Refusal` when its `postgresql`, or the parameters in it, are no map: then the configuration that
 * was there before must stay.
 */
export function understandPostgres(settings: LocalPostgres, dynamic: Dynamic): EffectivePostgres {
  const merged = mergePostgres(settings.postgresql, dynamic);
  const usable = usableKeys({ name: 'postgresql', values: merged.values });
  const section: Section = { name: 'postgresql', values: usable.values };
  const warnings = [...merged.warnings, ...usable.warnings];
  const config: PostgresConfig = {
    scope: settings.scope,
    memberName: settings.name,
    ...addressesOf(section),
    ...filesOf(section, settings.surroundings),
    parameters: merged.parameters,
    clusterParameters: merged.clusterParameters,
    pgHba: textsIn(section, 'pg_hba'),
    pgIdent: textsIn(section, 'pg_ident'),
    recoveryConf: parametersIn(section, 'recovery_conf') ?? {},
    ...readUsers(section, settings.surroundings.user),
    ...switchesOf(section),
    pgCtlTimeout: integerIn(section, 'pg_ctl_timeout') ?? 60,
    basebackupOptions: optionsOf(section, 'basebackup', warnings),
    rewindOptions: optionsOf(section, 'rewind', warnings),
    replicaMethods: replicaMethodsIn(section),
    callbacks: textMapIn(section, 'callbacks') ?? {},
    prePromote: textIn(section, 'pre_promote'),
    beforeStop: textIn(section, 'before_stop'),
    standbyCluster: standbyCluster(dynamic.standby_cluster),
  };
  return { config, warnings };
}

function addressesOf(section: Section) {
  const listen = hostPortIn(section, 'listen', 5432);
  if (!listen) throw wrongValue(section, 'listen', 'is missing');
  const connect = hostPortIn(section, 'connect_address', 5432) ?? reachedLocally(listen);
  return {
    listenAddresses: listen.host,
    port: listen.port,
    connectHost: connect.host,
    connectPort: connect.port,
  };
}

/** Where this machine itself reaches it (Patroni's `_get_tcp_local_address`). */
function reachedLocally({ host, port }: HostPort): HostPort {
  const hosts = host.split(',').map((one) => one.trim());
  const everywhere = ['*', 'localhost', '0.0.0.0', '127.0.0.1'];
  const local = hosts.some((one) => everywhere.includes(one.toLowerCase()));
  return { host: local ? 'localhost' : (hosts[0] ?? 'localhost'), port };
}

function filesOf(section: Section, { home, cwd }: AgentSettings['surroundings']) {
  const dataDir = textIn(section, 'data_dir');
  if (dataDir === undefined) throw wrongValue(section, 'data_dir', 'is missing');
  const path = (key: string): string | undefined => {
    const text = textIn(section, key);
    return text === undefined ? undefined : resolve(cwd, text);
  };
  return {
    dataDir: resolve(cwd, dataDir),
    configDir: path('config_dir') ?? resolve(cwd, dataDir),
    binDir: path('bin_dir') ?? '',
    binNames: textMapIn(section, 'bin_name') ?? {},
    pgpass: path('pgpass') ?? resolve(home, 'pgpass'),
    // Relative to the file that includes it: PostgreSQL finds it.
    customConf: textIn(section, 'custom_conf'),
  };
}

function switchesOf(section: Section) {
  const flag = (key: string): boolean => flagIn(section, key);
  return {
    useUnixSocket: flag('use_unix_socket'),
    useUnixSocketRepl: flag('use_unix_socket_repl'),
    usePgRewind: allowsRewindByUser(section.values) ?? flag('use_pg_rewind'),
    useSlots: flag('use_slots'),
    removeDataDirectoryOnRewindFailure: flag('remove_data_directory_on_rewind_failure'),
    removeDataDirectoryOnDivergedTimelines: flag('remove_data_directory_on_diverged_timelines'),
  };
}

/** What pgherd gives to these programs itself (for pg_basebackup: Patroni's bootstrap.py). */
const OWN_OPTIONS = {
  basebackup: [
    ...['pgdata', 'format', 'wal-method', 'xlog-method', 'gzip', 'version', 'dbname', 'host'],
    ...['port', 'username', 'password'],
  ],
  rewind: [
    ...['target-pgdata', 'source-pgdata', 'source-server', 'write-recovery-conf', 'dry-run'],
    ...['restore-target-wal', 'config-file', 'no-ensure-shutdown', 'version', 'help'],
  ],
};

function optionsOf(
  section: Section,
  key: 'basebackup' | 'rewind',
  warnings: string[],
): readonly ToolOption[] {
  const isOwn = isAmong(OWN_OPTIONS[key]);
  return toolOptionsIn(section, key).filter((option) => {
    if (!isOwn(option)) return true;
    warnings.push(`postgresql.${key} must not have the option ${printable(option.name)}`);
    return false;
  });
}

/** Present when there is something to replicate from (Patroni's global_config.py). */
function standbyCluster(value: unknown): StandbyClusterConfig | undefined {
  const section = isRecord(value) ? (value as Readonly<Record<string, Json>>) : {};
  const text = (key: string): string | undefined => pythonScalar(section[key] ?? null) || undefined;
  if (!text('host') && !text('port') && !text('restore_command')) return undefined;
  return {
    restoreCommand: text('restore_command'),
    archiveCleanupCommand: text('archive_cleanup_command'),
    recoveryMinApplyDelay: text('recovery_min_apply_delay'),
  };
}
