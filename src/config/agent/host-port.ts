import { type Section, textIn, wrongValue } from '../section.ts';

/** Where to listen, or where to reach somebody. */
export interface HostPort {
  /** A name or an address, IPv6 without brackets; or `*`, or several with commas. */
  readonly host: string;
  readonly port: number;
}

/**
 * Splits `host:port` as Patroni does (utils.py, `split_host_port`): what is behind the last colon
 * is the port, also of IPv6 addresses without brackets; several hosts have commas between them.
 * Undefined when the port is no number from 1 to 65535, or is missing and has no default.
 */
export function splitHostPort(text: string, defaultPort?: number): HostPort | undefined {
  const colon = text.lastIndexOf(':');
  const [hosts, digits] = colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
  const port = digits === undefined ? defaultPort : Number(/^\s*\d+\s*$/.test(digits) && digits);
  if (port === undefined || port < 1 || port > 65535) return undefined;
  const strip = (host: string): string => host.trim().replace(/^\[|\]$/g, '');
  return { host: hosts.split(',').map(strip).join(','), port };
}

/** The `host:port` at a key. Throws a `Refusal` when it is something else. */
export function hostPortIn(
  section: Section,
  key: string,
  defaultPort?: number,
): HostPort | undefined {
  const text = textIn(section, key);
  if (text === undefined) return undefined;
  const address = splitHostPort(text, defaultPort);
  if (!address || /[\s/@]/.test(address.host)) {
    throw wrongValue(section, key, 'must be host:port, such as 10.0.0.1:8008 or [::1]:8008');
  }
  return address;
}

/** `host:port` as it stands in a URL: IPv6 addresses in brackets. */
export function authority({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** True for the hosts that mean "all addresses of this machine". */
export function isWildcard(host: string): boolean {
  return ['', '*', '0.0.0.0', '::'].includes(host);
}

/** True when nobody but this machine itself can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
