import { dirname, join } from 'node:path';
import { mergePatch } from '../../config/patch.ts';
import { Refusal } from '../../model/errors.ts';
import { type ConnectionParameters, parseDsn } from './dsn.ts';
import type { Instance, InstanceWorld } from './instance.ts';
import { type JsonMap, mapAt, NO_VALUE, type OwnAddress, template } from './template.ts';

/** What a configuration is made from. */
export interface RunningInput {
  /** `--dsn`; libpq's variables say the rest. */
  readonly dsn: string | undefined;
  readonly address: OwnAddress;
  /** What the `PATRONI_*` variables say. */
  readonly environment: JsonMap;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly world: InstanceWorld;
  readonly askPassword: (prompt: string) => Promise<string>;
}

/** libpq's name, its variable, and since which `server_version_num` there is such a thing. */
const LOGIN: readonly (readonly [name: string, variable: string, since: number])[] = [
  ['user', 'PGUSER', 0],
  ['password', 'PGPASSWORD', 0],
  ['sslmode', 'PGSSLMODE', 0],
  ['sslcert', 'PGSSLCERT', 0],
  ['sslkey', 'PGSSLKEY', 0],
  ['sslpassword', '', 130000],
  ['sslrootcert', 'PGSSLROOTCERT', 0],
  ['sslcrl', 'PGSSLCRL', 0],
  ['sslcrldir', 'PGSSLCRLDIR', 140000],
  ['gssencmode', 'PGGSSENCMODE', 120000],
  ['channel_binding', 'PGCHANNELBINDING', 130000],
  ['sslnegotiation', 'PGSSLNEGOTIATION', 170000],
];

/** What libpq does when a connection string does not say. */
const DSN_DEFAULTS: ConnectionParameters = {
  ...{ sslmode: 'prefer', gssencmode: 'prefer', channel_binding: 'prefer' },
  sslnegotiation: 'postgres',
};

/** They run programs, or name files of this member: not for all members. */
const LOCAL_PARAMETERS = [
  ...['archive_command', 'restore_command', 'archive_cleanup_command', 'recovery_end_command'],
  ...['ssl_passphrase_command', 'hba_file', 'ident_file', 'config_file'],
];
/** They have their own keys. */
const KNOWN_OTHERWISE = ['data_directory', 'port', 'listen_addresses', 'cluster_name'];

/**
 * A configuration for the instance that runs here, with its present settings: what all members
 * share goes into `bootstrap.dcs`, the rest into `postgresql`. Rejects with a `Refusal` when the
 * instance cannot be read, or not by this user.
 */
export async function runningConfig(input: RunningInput): Promise<JsonMap> {
  const { dsn, world } = input;
  const given = dsn === undefined ? {} : parseDsn(dsn);
  if (!given) throw new Refusal('bad-dsn', 'Failed to parse DSN string');
  const login = { ...(dsn === undefined ? {} : DSN_DEFAULTS), ...given };
  const superuser = await superuserOf(login, input);
  const instance = await world.open({ ...given, ...superuser });
  if (!instance.isSuperuser) {
    throw new Refusal('not-superuser', 'The provided user does not have superuser privilege');
  }
  const { settings } = instance;
  const base = template(input.address, input.environment);
  const dataDir = settings.data_directory ?? NO_VALUE;
  const local = pick(settings, (name) => LOCAL_PARAMETERS.includes(name));
  const shared = pick(
    settings,
    (name) => ![...LOCAL_PARAMETERS, ...KNOWN_OTHERWISE].includes(name),
  );
  return mergePatch(base, {
    ...(settings.cluster_name ? { scope: settings.cluster_name } : {}),
    bootstrap: { dcs: { postgresql: { parameters: shared } } },
    postgresql: {
      data_dir: dataDir,
      bin_dir: dirname(world.programOf(dataDir)),
      ...addresses(base, given.port ?? input.env.PGPORT, settings),
      authentication: {
        superuser: asConfigured(superuser, instance),
        replication: { username: NO_VALUE, password: NO_VALUE },
        rewind: null,
      },
      parameters: local,
      ...accessFiles(dataDir, instance, world),
    },
  });
}

type Settings = Instance['settings'];

function pick(settings: Settings, wanted: (name: string) => boolean): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => wanted(name)));
}

/** As whom to connect: by the connection string, libpq's variables, Patroni's, or by asking. */
async function superuserOf(
  given: ConnectionParameters,
  { env, environment, askPassword, world }: RunningInput,
): Promise<ConnectionParameters> {
  const known = LOGIN.flatMap(([name, variable]) => {
    const value = given[name] ?? env[variable];
    return value ? [[name, value] as const] : [];
  });
  const login: ConnectionParameters = Object.fromEntries(known);
  const patroni = mapAt(environment, 'postgresql', 'authentication', 'superuser');
  const user = login.user ?? textOf(patroni.username) ?? world.user();
  const password =
    login.password ??
    textOf(patroni.password) ??
    (await askPassword('Please enter the user password:'));
  return { ...login, user, password };
}

function textOf(value: JsonMap[string] | undefined): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/** Patroni says `username`; what this PostgreSQL does not know is left out. */
function asConfigured(superuser: ConnectionParameters, { serverVersion }: Instance): JsonMap {
  const entries = LOGIN.flatMap(([name, , since]) => {
    const value = superuser[name];
    if (value === undefined || serverVersion < since) return [];
    return [[name === 'user' ? 'username' : name, value] as const];
  });
  return Object.fromEntries(entries);
}

function addresses(base: JsonMap, port: string | undefined, settings: Settings): JsonMap {
  const [host] = String(mapAt(base, 'postgresql').connect_address).split(':');
  return {
    connect_address: `${host}:${port ?? settings.port}`,
    listen: `${settings.listen_addresses}:${settings.port}`,
  };
}

const HBA_TYPES = ['local', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];
const HBA_INCLUDES = ['include', 'include_if_exists', 'include_dir'];

/** The lines of `pg_hba.conf` and `pg_ident.conf`, where those are in the data directory. */
function accessFiles(dataDir: string, instance: Instance, world: InstanceWorld): JsonMap {
  const { settings, serverVersion } = instance;
  const linesOf = (setting: string, name: string): string[] | undefined => {
    if (settings[setting] !== join(dataDir, name)) return undefined;
    const lines = world.readText(join(dataDir, name)).split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  };
  const types = serverVersion >= 160000 ? [...HBA_TYPES, ...HBA_INCLUDES] : HBA_TYPES;
  const hba = linesOf('hba_file', 'pg_hba.conf')?.filter((line) =>
    types.includes(line.split(/\s/)[0] ?? ''),
  );
  const ident = linesOf('ident_file', 'pg_ident.conf')?.filter((line) => !line.startsWith('#'));
  return {
    ...(hba ? { pg_hba: hba } : {}),
    ...(ident && ident.length > 0 ? { pg_ident: ident } : {}),
  };
}
