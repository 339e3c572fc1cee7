import type { ServerAddress } from '../../model/source-address.ts';

// Connection strings of libpq (manual, "Connection Strings").

/** Words of libpq in the order in which they are written, and the version that brought them. */
const KEYWORDS: readonly (readonly [keyword: string, since: number])[] = [
  ['service', 0],
  ['dbname', 0],
  ['user', 0],
  ['passfile', 0],
  ['host', 0],
  ['port', 0],
  ['sslmode', 0],
  ['sslcompression', 0],
  ['sslcert', 0],
  ['sslkey', 0],
  ['sslpassword', 13],
  ['sslrootcert', 0],
  ['sslcrl', 0],
  ['sslcrldir', 14],
  ['application_name', 0],
  ['krbsrvname', 0],
  ['gssencmode', 12],
  ['channel_binding', 13],
  ['target_session_attrs', 10],
  ['sslnegotiation', 17],
];

/** Nothing in it needs quotes. */
const PLAIN = /^[^\s'\\]+$/;

/**
 * `key=value` for each of the words that the client programs of this major version know. A
 * password is none of them: it belongs into a file of its own.
 */
export function formatConninfo(
  params: Readonly<Record<string, string | number | undefined>>,
  major: number,
): string {
  const parts = KEYWORDS.flatMap(([keyword, since]) => {
    const value = params[keyword];
    return value === undefined || since > major ? [] : [`${keyword}=${quote(String(value))}`];
  });
  return parts.join(' ');
}

/** The keys of a connection string; undefined when it is none. A URL is none here. */
export function parseConninfo(text: string): Map<string, string> | undefined {
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])*))(?=\s|$)/y;
  const params = new Map<string, string>();
  const end = text.trimEnd().length;
  while (pair.lastIndex < end) {
    const [, key, quoted, bare] = pair.exec(text) ?? [];
    if (key === undefined) return undefined;
    params.set(key, (quoted ?? bare ?? '').replace(/\\([\s\S])/g, '$1'));
  }
  return params;
}

/** Where a connection string leads to; undefined when it names no host. */
export function conninfoAddress(text: string): ServerAddress | undefined {
  const params = parseConninfo(text);
  const host = params?.get('host');
  return host ? { host: host.toLowerCase(), port: Number(params?.get('port') ?? 5432) } : undefined;
}

function quote(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`;
}
