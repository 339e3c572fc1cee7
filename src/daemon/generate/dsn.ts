/** The parameters of a connection string: `host`, `port`, `user`, `dbname`, `sslmode`, …. */
export type ConnectionParameters = Readonly<Record<string, string>>;

/**
 * Reads a connection string of libpq (manual, "Connection Strings"): a URL, or `name=value` with
 * quotes and backslashes. Undefined when it is neither.
 */
export function parseDsn(text: string): ConnectionParameters | undefined {
  return /^postgres(?:ql)?:\/\//.test(text) ? parseUrl(text) : parsePairs(text);
}

function parsePairs(text: string): ConnectionParameters | undefined {
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])+))(?=\s|$)/y;
  const found: Record<string, string> = {};
  const { length } = text.trimEnd();
  while (pair.lastIndex < length) {
    const match = pair.exec(text);
    if (!match) return undefined;
    const [, name = '', quoted, plain] = match;
    found[name] = (quoted ?? plain ?? '').replace(/\\([\s\S])/g, '$1');
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function parseUrl(text: string): ConnectionParameters | undefined {
  const parts = /^[a-z]+:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text);
  if (!parts) return undefined;
  const [, userinfo = '', authority = '', database = '', query = ''] = parts;
  const [user = '', ...password] = userinfo.split(':');
  const addresses = authority.split(',').map(splitAddress);
  const joined = (pick: (address: Address) => string): string => {
    const texts = addresses.map(pick);
    return texts.some((one) => one !== '') ? texts.join(',') : '';
  };
  try {
    const decoded = Object.entries({
      ...{ user, password: password.join(':'), dbname: database },
      ...{ host: joined(({ host }) => host), port: joined(({ port }) => port) },
    }).flatMap(([name, value]) => (value === '' ? [] : [[name, decodeURIComponent(value)]]));
    return { ...Object.fromEntries(decoded), ...Object.fromEntries(new URLSearchParams(query)) };
  } catch {
    // A % that is no escape.
    return undefined;
  }
}

interface Address {
  readonly host: string;
  readonly port: string;
}

function splitAddress(text: string): Address {
  const [, bracketed, plain = '', port = ''] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain, port };
}
