import { isIP } from 'node:net';
import { printable } from '../../system/text.ts';
import { wrongOption } from './hba-options.ts';
import { type Token, tokenize } from './hba-tokens.ts';
import { ipv4Of } from './ipv4-text.ts';

/** One rule of `pg_hba.conf` (manual 20.1), or a line that pulls in other files. */
export type HbaLine = HbaRule | { readonly kind: 'include' };

export interface HbaRule {
  readonly kind: 'rule';
  readonly type: string;
  readonly databases: readonly Token[];
  readonly users: readonly Token[];
  /** `all`, `samehost`, `samenet`, a host name, or an address; absent with `local`. */
  readonly address?: HbaAddress;
  readonly method: string;
}

export type HbaAddress =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'net'; readonly ip: string; readonly bits: number }
  | { readonly kind: 'mask'; readonly ip: string; readonly mask: string };

/** A line that PostgreSQL would not take: one line of that kind and it takes none of them. */
export class HbaError extends Error {
  override readonly name = 'HbaError';
}

const TYPES = ['local', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];
const INCLUDES = ['include', 'include_if_exists', 'include_dir'];
const METHODS = [
  ...['trust', 'reject', 'scram-sha-256', 'md5', 'password', 'gss', 'sspi', 'ident', 'peer'],
  ...['ldap', 'radius', 'cert', 'pam', 'bsd', 'oauth'],
];

/** Reads one line; undefined for a comment or an empty one. Throws `HbaError`. */
export function parseHbaLine(line: string): HbaLine | undefined {
  const fields = tokenize(line);
  if (!fields) throw new HbaError('a quote is not closed');
  const [type, ...rest] = fields;
  if (!type) return undefined;
  const word = single(type, 'connection type');
  if (INCLUDES.includes(word)) return { kind: 'include' };
  if (!TYPES.includes(word)) {
    throw new HbaError(`${say(word)} is no connection type (${TYPES.join(', ')})`);
  }
  const [databases, users, ...more] = rest;
  if (!databases) throw new HbaError('it ends before the database');
  if (!users) throw new HbaError('it ends before the user');
  const { address, left } = word === 'local' ? { left: more } : takeAddress(more);
  const [methodField, ...options] = left;
  if (!methodField) throw new HbaError('it ends before the authentication method');
  const method = checkMethod(word, single(methodField, 'authentication method'));
  const texts = options.flat().map(({ text }) => text);
  const wrong = wrongOption({ type: word, method }, texts);
  if (wrong !== undefined) throw new HbaError(wrong);
  return { kind: 'rule', type: word, databases, users, ...(address ? { address } : {}), method };
}

function takeAddress(fields: Token[][]): { address: HbaAddress; left: Token[][] } {
  const [field, ...left] = fields;
  if (!field) throw new HbaError('it ends before the address');
  const text = single(field, 'address');
  if (/^(all|samehost|samenet)$/.test(text) && !field[0]?.quoted) {
    return { address: { kind: 'word', word: text }, left };
  }
  const [written = '', prefix, extra] = text.split('/');
  const ip = ipv4Of(written) ?? written;
  const family = isIP(ip);
  if (family === 0) return { address: hostName(text, prefix), left };
  if (prefix !== undefined) {
    const bits = /^\+?\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (extra !== undefined || !(bits <= (family === 4 ? 32 : 128))) {
      throw new HbaError(`${say(text)} is no address: the number behind the slash is wrong`);
    }
    return { address: { kind: 'net', ip, bits }, left };
  }
  const [maskField, ...behind] = left;
  const maskText = maskField ? single(maskField, 'mask') : '';
  const mask = ipv4Of(maskText) ?? maskText;
  if (isIP(mask) !== family) {
    throw new HbaError(
      `${ip} needs a mask: write ${ip}/${family === 4 ? 32 : 128} for one address`,
    );
  }
  return { address: { kind: 'mask', ip, mask }, left: behind };
}

function hostName(text: string, prefix: string | undefined): HbaAddress {
  if (prefix !== undefined || /^[\d.]+$/.test(text) || text.includes(':')) {
    throw new HbaError(`${say(text)} is no address`);
  }
  return { kind: 'name', name: text.toLowerCase() };
}

function checkMethod(type: string, method: string): string {
  if (!METHODS.includes(method)) {
    throw new HbaError(`${say(method)} is no authentication method (${METHODS.join(', ')})`);
  }
  const local = type === 'local';
  if (method === 'peer' && !local) throw new HbaError('peer works for local only');
  if ((method === 'gss' || method === 'sspi') && local) {
    throw new HbaError(`${method} does not work for local`);
  }
  if (method === 'cert' && type !== 'hostssl') throw new HbaError('cert works for hostssl only');
  return method;
}

function single(field: readonly Token[], what: string): string {
  const [token] = field;
  if (!token || field.length > 1) throw new HbaError(`there is more than one ${what}`);
  return token.text;
}

function say(text: string): string {
  return `"${printable(text.slice(0, 60))}"`;
}
