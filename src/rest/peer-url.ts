import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Addresses } from './addresses.ts';

/**
 * Addresses of the link, where hosts of a cloud find their credentials: no member has its REST API
 * there, and whoever can write a member's document could make the agent ask them.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('fd00:ec2::', 32, 'ipv6');

/**
 * Where a member's REST API is, from the `api_url` that it published: scheme, host and port, the
 * path is ours. Undefined when it must not be asked: no web address, a user or a password in it, or
 * an address that no member has.
 */
export function peerUrl(apiUrl: string, path: string): URL | undefined {
  const given = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (!given || (given.protocol !== 'http:' && given.protocol !== 'https:')) return undefined;
  if (given.username !== '' || given.password !== '' || given.hostname === '') return undefined;
  const host = given.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isForbidden(host)) return undefined;
  return new URL(path, given.origin);
}

/** Looks names up with a memory, and gives no address that no member has. */
export function peerLookup(addresses: Addresses): LookupFunction {
  return (host, options, done) => {
    void addresses.of(host).then((found) => {
      const usable = found
        .filter((address) => !isForbidden(address))
        .map((address) => ({ address, family: isIP(address) }));
      const [first] = usable;
      if (!first) done(new Error('the host name is unknown'), '', 0);
      else if (options.all) done(null, usable);
      else done(null, first.address, first.family);
    });
  };
}

function isForbidden(address: string): boolean {
  return FORBIDDEN.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
