/** Host and port of PostgreSQL, as a member's `conn_url` names them. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Host and port from `postgres://user:password@host:port/postgres`, the host in lower case and
 * without brackets, the port 5432 when there is none (Patroni's `Member.conn_kwargs`). Undefined
 * when it is not such a URL. (Not `new URL`: it refuses hosts that Patroni takes, such as `_`.)
 */
export function parseAddress(url: string): Address | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (authority === undefined) return undefined;
  const address = authority.slice(authority.lastIndexOf('@') + 1);
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(address);
  if (!parts) return undefined;
  const host = (parts[1] ?? parts[2] ?? '').toLowerCase();
  const port = Number(parts[3] || 5432) || 5432;
  return host === '' || port > 65535 ? undefined : { host, port };
}

/**
 * Splits the value that members of old versions wrote instead of JSON: a connection URL, with the
 * REST API's address as its `application_name`.
 */
export function splitConnectionUrl(text: string): { connUrl: string; apiUrl?: string } {
  const [beforeHash = '', fragment] = text.split('#', 2);
  const question = beforeHash.indexOf('?');
  if (question < 0) return { connUrl: text };
  const connUrl = beforeHash.slice(0, question) + (fragment ? `#${fragment}` : '');
  const query = new URLSearchParams(beforeHash.slice(question + 1));
  const apiUrl = query.get('application_name');
  return apiUrl ? { connUrl, apiUrl } : { connUrl };
}
