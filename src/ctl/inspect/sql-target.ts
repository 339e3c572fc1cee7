import { Refusal } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import type { SqlTarget } from '../../postgres/sql.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';

/** As whom to connect to PostgreSQL: what is undefined comes from libpq's variables. */
export interface CredentialOptions {
  readonly username: string | undefined;
  readonly database: string | undefined;
  /** Ask for the password; else PGPASSWORD or ~/.pgpass has it, where one is needed. */
  readonly askPassword: boolean;
}

export type Credentials = Pick<SqlTarget, 'user' | 'database' | 'password'>;

/** patronictl's own limit for a connection to stand, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;

/** The credentials, once the password was asked for where it is to be. */
export async function askCredentials(
  session: Session,
  { username, database, askPassword }: CredentialOptions,
): Promise<Credentials> {
  const password = askPassword
    ? await session.prompt.password({ message: 'Password', flag: 'PGPASSWORD or a ~/.pgpass file' })
    : undefined;
  return {
    ...(username === undefined ? {} : { user: username }),
    ...(database === undefined ? {} : { database }),
    ...(password === undefined ? {} : { password }),
  };
}

/** How to connect to PostgreSQL on a member. Refuses one that has published no address. */
export function sqlTarget(member: Member, credentials: Credentials): SqlTarget {
  const { host, port } = member;
  if (host === undefined || port === undefined) {
    const name = printable(member.name);
    throw new Refusal('no-address', `Member ${name} has not published how to reach its PostgreSQL`);
  }
  return { host, port, ...credentials, connectTimeoutMs: CONNECT_TIMEOUT_MS };
}
