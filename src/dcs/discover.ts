import type { EtcdSettings } from '../config/settings.ts';
import type { EtcdLink } from './etcd3/session/asker.ts';
import type { Address } from './http.ts';
import { nodeOf, openAddress, type ServerOptions, type Servers } from './servers.ts';

/**
 * Asks etcd for all of its servers, and adds those that are not known to the ones that are asked
 * when others fail: a configuration that names one server goes on when that one has gone, as with
 * Patroni. Rejects as any call of etcd does.
 */
export async function discover(
  { servers, link }: { readonly servers: Servers; readonly link: EtcdLink },
  settings: EtcdSettings,
  options: ServerOptions,
): Promise<void> {
  const { endpoints, withToken } = link;
  const advertised = await endpoints.read((node, signal) =>
    withToken(node, signal, (token) => node.members({ signal, token })),
  );
  const known = servers.http.map(({ name }) => name);
  for (const address of unknownServers(advertised, known, settings.protocol)) {
    const http = await openAddress(address, servers, options);
    const node = nodeOf(http, servers.tls, options);
    servers.http.push(http);
    link.nodes.push(node);
    endpoints.add(node);
  }
}

/**
 * Addresses that etcd's servers advertise and that are not known yet, both as
 * `http://host:port`. An address of the server's own machine means nothing on another one, where
 * another etcd may listen: it is taken only where etcd is known to be on this machine.
 */
export function unknownServers(
  advertised: readonly string[],
  known: readonly string[],
  protocol: Address['protocol'],
): Address[] {
  const local = known.some(isLoopback);
  const found = advertised.filter(
    (url) =>
      URL.canParse(url) &&
      new URL(url).protocol === `${protocol}:` &&
      !known.includes(url.replace(/\/$/, '')) &&
      (local || !isLoopback(url)),
  );
  return [...new Set(found)].map((url) => ({ protocol, host: url.replace(/^\w+:\/\/|\/$/g, '') }));
}

function isLoopback(url: string): boolean {
  return /^\w+:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/.test(url);
}
