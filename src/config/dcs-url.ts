import { Refusal } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import { printable } from '../system/text.ts';
import { parsePort } from './section.ts';

const ETCD_PORT = 2379;
/** The schemes that Patroni knows, with their ports, in the order in which a port is guessed. */
const SCHEMES: ReadonlyMap<string, number> = new Map([
  ['zookeeper', 2181],
  ['exhibitor', 8181],
  ['consul', 8500],
  ['etcd', ETCD_PORT],
  ['etcd3', ETCD_PORT],
]);

/** The sections of the configuration that `--dcs-url` puts aside (ctl.py, `load_config`). */
export const SECTIONS_OF_DCS_URL: readonly string[] = [...SCHEMES.keys()];

/** What `--dcs-url` says. */
export interface DcsUrl {
  /** `etcd`, `etcd3`, `consul`, …: the section that it stands for. */
  readonly section: string;
  readonly values: Readonly<Record<string, Json>>;
  readonly namespace?: string;
}

/**
 * Reads `SCHEME://[USER:PASSWORD@]HOST:PORT/NAMESPACE` as patronictl does (ctl.py, `parse_dcs`):
 * the host defaults to localhost, the port to the scheme's, the scheme is guessed from the port
 * and is otherwise `etcd`. User and password are ours, for etcd and etcd3 only. Throws a
 * `Refusal`.
 */
export function parseDcsUrl(url: string): DcsUrl {
  const text = url.includes('//') ? url : `//${url}`;
  const match = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)([^?#]*)/i.exec(text.trim());
  if (!match) throw badUrl(url, 'it is no URL');
  const [, givenScheme, authority = '', path = ''] = match;
  const address = parseAuthority(url, authority);
  const section = givenScheme?.toLowerCase() ?? guessScheme(address.port);
  const defaultPort = SCHEMES.get(section);
  if (defaultPort === undefined) {
    throw badUrl(url, `the scheme ${printable(section)} is unknown`);
  }
  if (address.username !== undefined && !section.startsWith('etcd')) {
    throw badUrl(url, 'a user and a password can only be given for etcd and etcd3');
  }
  const host = `${address.host}:${address.port ?? defaultPort}`;
  const namespace = path.trim();
  return {
    section,
    values: {
      host,
      ...(address.username === undefined ? {} : { username: address.username }),
      ...(address.password === undefined ? {} : { password: address.password }),
    },
    ...(namespace === '' || namespace === '/' ? {} : { namespace }),
  };
}

function guessScheme(port: number | undefined): string {
  for (const [scheme, usual] of SCHEMES) if (usual === port) return scheme;
  return 'etcd';
}

interface Authority {
  readonly host: string;
  readonly port: number | undefined;
  readonly username?: string;
  readonly password?: string;
}

function parseAuthority(url: string, authority: string): Authority {
  const at = authority.lastIndexOf('@');
  const match = /^(\[[0-9a-f:.%]+\]|[\p{L}\p{N}._-]*)(?::(.*))?$/isu.exec(authority.slice(at + 1));
  if (!match) throw badUrl(url, 'it must name one host, with or without a port');
  const [, host = '', portText = ''] = match;
  const port = portText === '' ? undefined : parsePort(portText);
  if (portText !== '' && port === undefined) {
    throw badUrl(url, `"${printable(portText)}" is no port number (1 to 65535)`);
  }
  const address = { host: host.toLowerCase() || 'localhost', port };
  if (at < 0) return address;
  const [username = '', ...password] = authority.slice(0, at).split(':');
  return {
    ...address,
    username: decode(url, username),
    ...(password.length === 0 ? {} : { password: decode(url, password.join(':')) }),
  };
}

function decode(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl(url, 'its user or password has a % that is no escape (write %25)');
  }
}

function badUrl(url: string, why: string): Refusal {
  const shown = printable(url.replace(/\/\/[^/]*@/, '//***@'));
  return new Refusal('bad-dcs-url', `The DCS URL "${shown}" cannot be used: ${why}`, {
    hint: 'it has the form SCHEME://HOST:PORT/NAMESPACE, e.g. etcd3://10.0.0.1:2379/service',
    usage: true,
  });
}
