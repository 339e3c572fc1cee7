import { validateHeaderName, validateHeaderValue } from 'node:http';
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
