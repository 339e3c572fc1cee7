import { BlockList, isIP } from 'node:net';
import { Refusal } from '../../../model/errors.ts';
import type { Addresses } from '../../addresses.ts';

/** `restapi.allowlist`, understood. */
export interface Allowlist {
  readonly networks: BlockList;
  /** Host names: what they mean may change. */
  readonly names: readonly string[];
  readonly empty: boolean;
}

/**
 * Reads the entries: addresses, host names, networks as `10.0.0.0/8`, `10.0.0.0/255.0.0.0`,
 * `fd00::/8`. Throws a `Refusal` that names the entry that is none.
 */
export function parseAllowlist(entries: readonly string[]): Allowlist {
  const networks = new BlockList();
  const names: string[] = [];
  for (const entry of entries) {
    const text = entry.trim();
    if (text.includes('/')) addNetwork(networks, text);
    else if (isIP(text) !== 0) networks.addAddress(text, familyOf(text));
    else names.push(text);
  }
  return { networks, names, empty: entries.length === 0 };
}

function addNetwork(networks: BlockList, text: string): void {
  const [address = '', mask = ''] = text.split('/');
  const family = isIP(address);
  const bits = isIP(mask) === 4 && family === 4 ? prefixOf(mask) : numberOf(mask);
  if (family === 0 || bits === undefined || bits > (family === 4 ? 32 : 128)) {
    throw new Refusal('wrong-allowlist', `restapi.allowlist: "${text}" is no network`);
  }
  networks.addSubnet(address, bits, familyOf(address));
}

function numberOf(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

/** `255.255.255.0` → 24; undefined when the ones are not all in front. */
function prefixOf(mask: string): number | undefined {
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** True when this client's address is on the list, or one of those of `hosts` (members). */
export async function isAllowed(
  client: string,
  list: Allowlist,
  { addresses, hosts }: { readonly addresses: Addresses; readonly hosts: readonly string[] },
): Promise<boolean> {
  const address = withoutZone(client);
  if (list.networks.check(address, familyOf(address))) return true;
  const known = await Promise.all([...list.names, ...hosts].map((host) => addresses.of(host)));
  const named = new BlockList();
  for (const one of known.flat().map(withoutZone)) named.addAddress(one, familyOf(one));
  return named.check(address, familyOf(address));
}

/** `fe80::1%eth0` → `fe80::1`. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
