import { BlockList, isIP } from 'node:net';
import type { HbaAddress, HbaLine, HbaRule } from './hba-line.ts';
import type { Token } from './hba-tokens.ts';

/** A connection that somebody will want to make. */
export interface Connection {
  /** Database, or physical replication. */
  readonly to: { readonly database: string } | 'replication';
  /** Undefined: the name is not known. */
  readonly user: string | undefined;
  /** `local`: through the socket; else the address or the name of the host it comes from. */
  readonly from: 'local' | { readonly host: string; readonly sameHost: boolean };
}

/** Whether a connection gets as far as authentication. */
export type Verdict =
  | { readonly access: 'allowed' }
  /** `line`: index of the line that rejects it; undefined when no line matches at all. */
  | { readonly access: 'denied'; readonly line: number | undefined }
  /** It depends on what cannot be seen from here; `byName`: on what a host's name resolves to. */
  | { readonly access: 'unsure'; readonly byName: boolean };

type Match = 'yes' | 'no' | 'maybe' | 'by-name';

/** Which line of `pg_hba` a connection meets: the first that matches decides, none is a denial. */
export function judge(lines: readonly (HbaLine | undefined)[], connection: Connection): Verdict {
  const possible: { allowed: boolean; line: number | undefined }[] = [];
  let byName = false;
  for (const [index, line] of lines.entries()) {
    if (!line) continue;
    const match = line.kind === 'include' ? 'maybe' : matches(line, connection);
    if (match === 'no') continue;
    byName ||= match === 'by-name';
    const rejects = line.kind === 'rule' && line.method === 'reject';
    possible.push({ allowed: !rejects, line: index });
    if (line.kind === 'include') possible.push({ allowed: false, line: index });
    if (match === 'yes') return verdict(possible, byName);
  }
  return verdict([...possible, { allowed: false, line: undefined }], byName);
}

function verdict(
  possible: readonly { allowed: boolean; line: number | undefined }[],
  byName: boolean,
): Verdict {
  if (possible.every(({ allowed }) => allowed)) return { access: 'allowed' };
  if (possible.some(({ allowed }) => allowed)) return { access: 'unsure', byName };
  return { access: 'denied', line: possible.at(-1)?.line };
}

function matches(rule: HbaRule, connection: Connection): Match {
  return both([
    matchesType(rule, connection),
    anyOf(rule.databases, (token) => matchesDatabase(token, connection)),
    anyOf(rule.users, (token) => matchesUser(token, connection.user)),
    rule.address ? matchesAddress(rule.address, connection) : 'yes',
  ]);
}

/** A client tries with and without TLS, so a line for one of the two may or may not count. */
function matchesType({ type }: HbaRule, { from }: Connection): Match {
  if ((type === 'local') !== (from === 'local')) return 'no';
  return type === 'local' || type === 'host' || type === 'hostnogssenc' ? 'yes' : 'maybe';
}

function matchesDatabase({ text, quoted }: Token, { to, user }: Connection): Match {
  if (to === 'replication') return text === 'replication' && !quoted ? 'yes' : 'no';
  if (quoted) return sure(text === to.database);
  if (text === 'all') return 'yes';
  if (text === 'replication') return 'no';
  if (text === 'sameuser') return user === undefined ? 'maybe' : sure(user === to.database);
  if (/^(samerole|samegroup)$/.test(text) || /^[@/]/.test(text)) return 'maybe';
  return sure(text === to.database);
}

function matchesUser({ text, quoted }: Token, user: string | undefined): Match {
  if (!quoted && text === 'all') return 'yes';
  if (!quoted && /^[+@/]/.test(text)) return 'maybe';
  return user === undefined ? 'maybe' : sure(text === user);
}

function matchesAddress(address: HbaAddress, { from }: Connection): Match {
  if (from === 'local') return 'no';
  switch (address.kind) {
    case 'word':
      if (address.word === 'all') return 'yes';
      return address.word === 'samehost' ? sure(from.sameHost) : 'maybe';
    case 'name':
      return matchesName(address.name, from.host.toLowerCase());
    case 'net':
    case 'mask':
      return matchesNet(address, from.host);
  }
}

function matchesName(name: string, host: string): Match {
  if (name.startsWith('.') ? host.endsWith(name) : host === name) return 'yes';
  return 'by-name';
}

function matchesNet(address: HbaAddress & { kind: 'net' | 'mask' }, host: string): Match {
  const bits = address.kind === 'net' ? address.bits : bitsOf(address.mask);
  if (bits === undefined) return 'maybe';
  const family = isIP(host);
  if (family === 0) return bits === 0 ? 'yes' : 'by-name';
  if (family !== isIP(address.ip)) return 'no';
  const net = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  net.addSubnet(address.ip, bits, type);
  return sure(net.check(host, type));
}

/** `255.255.0.0` → 16; undefined for IPv6 masks and for masks with holes, which are rare. */
function bitsOf(mask: string): number | undefined {
  if (isIP(mask) !== 4) return undefined;
  const binary = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(binary) ? binary.replace(/0+$/, '').length : undefined;
}

function sure(holds: boolean): Match {
  return holds ? 'yes' : 'no';
}

function both(all: readonly Match[]): Match {
  if (all.includes('no')) return 'no';
  if (all.includes('maybe')) return 'maybe';
  return all.includes('by-name') ? 'by-name' : 'yes';
}

function anyOf(tokens: readonly Token[], test: (token: Token) => Match): Match {
  const found = tokens.map(test);
  return found.includes('yes') ? 'yes' : (found.find((match) => match !== 'no') ?? 'no');
}
