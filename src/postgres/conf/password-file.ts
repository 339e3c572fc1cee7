import type { Credentials, PostgresConfig } from '../../model/postgres-config.ts';
import type { ServerAddress } from '../../model/source-address.ts';

// The file that libpq finds passwords in (manual, "The Password File").

/** Who logs in where. */
export interface Login extends ServerAddress {
  readonly user: string;
  readonly password: string;
}

/**
 * The file's text: one line for each login and each of its hosts. A directory of Unix sockets is
 * `localhost` for libpq as well. What has a line end in it cannot be written, and is left out.
 */
export function passwordLines(logins: readonly Login[]): string {
  const lines = logins.flatMap(({ host, port, user, password }) =>
    hostsOf(host).map((name) => [name, String(port), '*', user, password].map(escapeField)),
  );
  const sound = lines.filter((fields) => !fields.some((field) => /[\0\r\n]/.test(field)));
  const texts = new Set(sound.map((fields) => `${fields.join(':')}\n`));
  return [...texts].join('');
}

/** What is needed to copy from a server, to stream from it and to rewind to it. */
export function loginsAt(config: PostgresConfig, address: ServerAddress): Login[] {
  return [config.replication, config.rewind ?? config.superuser].flatMap((credentials) =>
    loginOf(credentials, address),
  );
}

/** The login with these credentials there: none without a password. */
function loginOf({ username, password }: Credentials, address: ServerAddress): Login[] {
  return password === undefined ? [] : [{ ...address, user: username ?? '*', password }];
}

function hostsOf(host: string): string[] {
  const names = host.split(',').map((name) => name.trim());
  const hosts = names.filter((name) => name !== '');
  return hosts.some((name) => name.startsWith('/')) ? [...hosts, 'localhost'] : hosts;
}

function escapeField(field: string): string {
  return field === '*' ? field : field.replace(/[:\\]/g, '\\$&');
}
