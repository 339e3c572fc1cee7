import { Refusal } from '../model/errors.ts';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`. Throws a `Refusal` for anything else, and for an address that
 * other hosts can reach, unless it was said that this is not production.
 */
export function parseListenAddress(text: string, notProduction: boolean): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) {
    throw new Refusal('usage', `"${text}" is not an address to listen on`, {
      hint: 'write HOST:PORT, as in 127.0.0.1:2379',
      usage: true,
    });
  }
  if (!LOOPBACK.test(host) && !notProduction) {
    throw new Refusal('not-loopback', `Other hosts could reach the store on ${text}`, {
      hint:
        'it has no users, no TLS and no second copy; ' +
        'where that is fine, add --i-know-this-is-not-production',
    });
  }
  return { host, port };
}
