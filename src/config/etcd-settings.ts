import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import {
  flagIn,
  parsePort,
  portIn,
  type Section,
  secretIn,
  textIn,
  valueIn,
  wrongValue,
} from './section.ts';
import type { EtcdSettings } from './settings.ts';

const DEFAULT_PORT = 2379;

/** Where to find the servers, before user, password and TLS. */
interface Place {
  readonly hosts: readonly string[];
  readonly protocol: 'http' | 'https';
  readonly username?: string;
  readonly password?: string;
}

/**
 * Reads the section `etcd` or `etcd3` as Patroni does (etcd.py, `get_etcd_client`): `proxy` wins
 * over `url`, `url` over `hosts`, `hosts` over `host`; `srv` is tried before all of them. Throws a
 * `Refusal` that names the key that is wrong.
 */
export function readEtcdSettings(section: Section, kind: EtcdSettings['kind']): EtcdSettings {
  const srv =
    textIn(section, 'srv') ?? textIn(section, 'discovery_srv') ?? textIn(section, 'srv_domain');
  const srvSuffix = textIn(section, 'srv_suffix');
  const place = readPlace(section);
  if (place.hosts.length === 0 && srv === undefined) {
    throw new Refusal(
      'bad-config',
      `The section ${section.name} of the configuration names no server`,
      { hint: `set ${section.name}.hosts, e.g. [10.0.0.1:2379, 10.0.0.2:2379]` },
    );
  }
  const username = place.username ?? secretIn(section, 'username');
  const password = place.password ?? secretIn(section, 'password');
  return {
    kind,
    hosts: place.hosts,
    protocol: place.protocol,
    ...(srv === undefined ? {} : { srv }),
    ...(srvSuffix === undefined ? {} : { srvSuffix }),
    useProxies: valueIn(section, 'proxy') !== undefined || flagIn(section, 'use_proxies'),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    tls: readTls(section),
  };
}

function readPlace(section: Section): Place {
  for (const key of ['proxy', 'url']) {
    const url = textIn(section, key);
    if (url !== undefined) return placeOfUrl(section, key, url);
  }
  const protocol = readProtocol(section);
  if (valueIn(section, 'hosts') !== undefined) return { protocol, hosts: readHosts(section) };
  const host = textIn(section, 'host');
  if (host === undefined) return { protocol, hosts: [] };
  const { name, port } = splitHost(section, 'host', host);
  // Patroni: the key `port` wins over a port in `host`.
  return { protocol, hosts: [`${name}:${portIn(section, 'port') ?? port ?? DEFAULT_PORT}`] };
}

function placeOfUrl(section: Section, key: string, text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw wrongValue(section, key, 'must be a URL such as http://10.0.0.1:2379');
  }
  return {
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    // A URL hides the port that is its scheme's own, so it is read from the text.
    hosts: [`${url.hostname}:${url.port || ownPort(text) || DEFAULT_PORT}`],
    // Patroni takes user and password as they are written, escapes and all.
    ...(url.username === '' ? {} : { username: userinfo(text)[0] ?? '' }),
    ...(url.password === '' ? {} : { password: userinfo(text).slice(1).join(':') }),
  };
}

function userinfo(url: string): string[] {
  return (/^[a-z]+:\/\/([^/?#]*)@/i.exec(url)?.[1] ?? '').split(':');
}

function ownPort(url: string): string | undefined {
  return /^[a-z]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1];
}

function readProtocol(section: Section): 'http' | 'https' {
  const protocol = textIn(section, 'protocol') ?? 'http';
  if (protocol === 'http' || protocol === 'https') return protocol;
  throw wrongValue(section, 'protocol', 'must be http or https');
}

function readHosts(section: Section): string[] {
  const value = valueIn(section, 'hosts');
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list)) throw wrongValue(section, 'hosts', 'must be a list of host:port');
  const defaultPort = portIn(section, 'port') ?? DEFAULT_PORT;
  const hosts = list.map((entry: unknown) => {
    if (typeof entry !== 'string')
      throw wrongValue(section, 'hosts', 'must be a list of host:port');
    const { name, port } = splitHost(section, 'hosts', entry);
    return `${name}:${port ?? defaultPort}`;
  });
  return [...new Set(hosts)];
}

/** `host`, `host:port`, `[::1]:2379`, and `::1:2379`, whose last part is the port as in Patroni. */
function splitHost(
  section: Section,
  key: string,
  text: string,
): { name: string; port: number | undefined } {
  const match = /^(.*?)(?::([^:\]]*))?$/s.exec(text.trim());
  const name = match?.[1] ?? '';
  const port = match?.[2] === undefined ? undefined : parsePort(match[2]);
  const bare = name.replace(/^\[|\]$/g, '');
  const valid = /^[\p{L}\p{N}._-]+$/u.test(name) || /^[0-9a-f:.]+(%\w+)?$/i.test(bare);
  if (!valid || (match?.[2] !== undefined && port === undefined)) {
    throw wrongValue(section, key, `has "${printable(text)}", which is not host:port`);
  }
  return { name: bare.includes(':') ? `[${bare}]` : name, port };
}

function readTls(section: Section): EtcdSettings['tls'] {
  const cacert = textIn(section, 'cacert');
  const cert = textIn(section, 'cert');
  // A key that is not named is in the certificate's file.
  const key = cert === undefined ? undefined : (textIn(section, 'key') ?? cert);
  return {
    ...(cacert === undefined ? {} : { cacert }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    insecure: false,
  };
}
