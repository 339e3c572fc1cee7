import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import type { RestApiSettings } from '../../config/agent-settings.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { parseAllowlist } from './access/allowlist.ts';
import { credentialsOf } from './access/credentials.ts';
import type { RequestRules } from './requests.ts';

/**
 * Makes the rules for requests out of the settings. Throws a `Refusal` for a header that cannot be
 * sent and for a network that is none. `version`: of the agent.
 */
export function readRules(settings: RestApiSettings, version: string): RequestRules {
  const { username, password, certfile, verifyClient } = settings;
  const https = certfile !== undefined;
  return {
    access: {
      allowlist: parseAllowlist(settings.allowlist),
      includeMembers: settings.allowlistIncludeMembers,
      certificate: https && verifyClient !== 'none',
      credentials:
        username === undefined || password === undefined
          ? undefined
          : credentialsOf(username, password),
    },
    style: {
      server: serverToken(settings.serverTokens, version),
      extraHeaders: readHeaders({
        ...settings.httpExtraHeaders,
        ...(https ? settings.httpsExtraHeaders : {}),
      }),
    },
  };
}

/** What to warn of: anybody who can reach it can give orders; undefined: nothing. */
export function openDoor(settings: RestApiSettings): string | undefined {
  const { listenHost, listenPort, password, certfile, verifyClient, allowlist } = settings;
  const guarded =
    password !== undefined ||
    allowlist.length > 0 ||
    settings.allowlistIncludeMembers ||
    (certfile !== undefined && verifyClient !== 'none');
  if (guarded || isLoopback(listenHost)) return undefined;
  const where = `${printable(listenHost || '*')}:${listenPort}`;
  return (
    `Whoever can reach the REST API at ${where} can change this cluster: set` +
    ' restapi.authentication, restapi.verify_client or restapi.allowlist'
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Patroni's own default names Python and its version; there is none here. */
function serverToken(tokens: RestApiSettings['serverTokens'], version: string): string {
  if (tokens === 'original') return 'pgherd';
  return tokens === 'minimal' ? `Patroni/${version}` : 'Patroni';
}

function readHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      const what = printable(`${name}: ${value}`.slice(0, 200));
      throw new Refusal(
        'wrong-header',
        `restapi.http_extra_headers, https_extra_headers: "${what}" cannot be sent`,
      );
    }
    return [name, value];
  });
}
