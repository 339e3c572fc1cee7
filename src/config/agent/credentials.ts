import { isRecord, type Json } from '../../model/json.ts';
import type { Credentials } from '../../model/postgres-config.ts';
import { type Section, secretIn, sectionIn, wrongValue } from '../section.ts';

/** What may stand beside user and password (Patroni's config.py), in libpq's words. */
const OPTIONS = [
  ...['sslmode', 'sslcert', 'sslkey', 'sslpassword', 'sslrootcert', 'sslcrl', 'sslcrldir'],
  ...['gssencmode', 'channel_binding', 'sslnegotiation'],
];

/** The users of PostgreSQL that pgherd logs in as. */
export interface Users {
  readonly superuser: Credentials;
  readonly replication: Credentials;
  readonly rewind: Credentials | undefined;
}

/**
 * Reads `authentication` of a `postgresql` section, or what very old files have instead. A
 * superuser without a name has that of the operating system's user, as in libpq. Throws a `Refusal`
 * when something has a wrong type, or there is no user for replication.
 */
export function readUsers(postgresql: Section, osUser: string | undefined): Users {
  const authentication = authenticationOf(postgresql);
  const replication = credentialsIn(authentication, 'replication');
  if (replication?.username === undefined) {
    throw wrongValue(authentication, 'replication.username', 'is missing');
  }
  const superuser = credentialsIn(authentication, 'superuser') ?? { options: {} };
  const named = osUser === undefined ? superuser : { username: osUser, ...superuser };
  return { superuser: named, replication, rewind: credentialsIn(authentication, 'rewind') };
}

/**
 * Before `authentication` the users stood beside it, and that of `pg_rewind` was the superuser
 * (Patroni's config.py, `_build_effective_configuration`).
 */
function authenticationOf(postgresql: Section): Section {
  const { values } = postgresql;
  const present = sectionIn(postgresql, 'authentication')?.values;
  const users = present ?? pick(values, ['replication', 'superuser']);
  const old = isRecord(values.pg_rewind) && !('superuser' in users);
  return {
    name: present ? `${postgresql.name}.authentication` : postgresql.name,
    values: old ? { ...users, superuser: values.pg_rewind as Json } : users,
  };
}

/** In very old files pg_rewind is allowed by naming a user for it; undefined for all others. */
export function allowsRewindByUser(values: Readonly<Record<string, Json>>): boolean | undefined {
  return values.authentication ? undefined : 'pg_rewind' in values;
}

function pick(values: Readonly<Record<string, Json>>, keys: readonly string[]) {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function credentialsIn(users: Section, key: string): Credentials | undefined {
  const user = sectionIn(users, key);
  if (!user) return undefined;
  const username = secretIn(user, 'username');
  const password = secretIn(user, 'password');
  const options = OPTIONS.flatMap((name) => {
    const text = secretIn(user, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    options: Object.fromEntries(options),
  };
}
