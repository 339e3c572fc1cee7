import { printable } from '../../system/text.ts';
import type { RestApiSettings } from '../agent-settings.ts';
import { readCredentials } from '../rest-settings.ts';
import {
  flagIn,
  integerIn,
  type Section,
  secretIn,
  sectionIn,
  textIn,
  textMapIn,
  textsIn,
  wrongValue,
} from '../section.ts';
import { authority, type HostPort, hostPortIn, isLoopback, isWildcard } from './host-port.ts';

/** Connections that wait to be accepted; Patroni's 5 is too few for a burst of health checks. */
const QUEUE_SIZE = 511;

/**
 * Reads `restapi`. Throws a `Refusal` that names the key that is wrong, or missing: `listen` is
 * needed, `connect_address` is `listen` when it is not given, as in Patroni (its api.py).
 */
export function readRestApi(config: Section, warnings: string[]): RestApiSettings {
  const section = sectionIn(config, 'restapi') ?? { name: 'restapi', values: {} };
  const listen = hostPortIn(section, 'listen');
  if (!listen) throw wrongValue(section, 'listen', 'is missing');
  const credentials = readCredentials(section);
  const settings: RestApiSettings = {
    listenHost: listen.host,
    listenPort: listen.port,
    connectAddress: connectAddress(section, listen, warnings),
    username: credentials?.username,
    password: credentials?.password,
    ...readTls(section),
    allowlist: textsIn(section, 'allowlist') ?? [],
    allowlistIncludeMembers: flagIn(section, 'allowlist_include_members'),
    httpExtraHeaders: readHeaders(section, 'http_extra_headers'),
    httpsExtraHeaders: readHeaders(section, 'https_extra_headers'),
    serverTokens: readServerTokens(section, warnings),
    requestQueueSize: integerIn(section, 'request_queue_size') ?? QUEUE_SIZE,
  };
  warnings.push(...openToAll(settings));
  return settings;
}

function connectAddress(section: Section, listen: HostPort, warnings: string[]): string {
  const address = hostPortIn(section, 'connect_address', 80) ?? listen;
  if (isWildcard(address.host)) {
    const where = authority(address);
    warnings.push(
      `restapi.connect_address is ${where}: other members cannot reach this node there`,
    );
  }
  return authority(address);
}

type Tls = Pick<
  RestApiSettings,
  'certfile' | 'keyfile' | 'keyfilePassword' | 'cafile' | 'ciphers' | 'verifyClient'
>;

function readTls(section: Section): Tls {
  const verify = (secretIn(section, 'verify_client') ?? 'none').toLowerCase();
  if (verify !== 'none' && verify !== 'optional' && verify !== 'required') {
    throw wrongValue(section, 'verify_client', 'must be none, optional or required');
  }
  return {
    certfile: textIn(section, 'certfile'),
    keyfile: textIn(section, 'keyfile'),
    keyfilePassword: secretIn(section, 'keyfile_password'),
    cafile: textIn(section, 'cafile'),
    ciphers: textIn(section, 'ciphers'),
    verifyClient: verify,
  };
}

/** RFC 9110, 5.1 and 5.5: what may stand in a header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function readHeaders(section: Section, key: string): Readonly<Record<string, string>> {
  const headers = textMapIn(section, key) ?? {};
  const wrong = Object.entries(headers).find(
    ([name, value]) => !HEADER_NAME.test(name) || !HEADER_VALUE.test(value),
  );
  if (wrong) {
    throw wrongValue(
      section,
      key,
      `has "${printable(wrong[0])}", which cannot be sent as a header`,
    );
  }
  return headers;
}

function readServerTokens(section: Section, warnings: string[]): RestApiSettings['serverTokens'] {
  const word = (textIn(section, 'server_tokens') ?? 'original').toLowerCase();
  if (word === 'minimal' || word === 'productonly' || word === 'original') return word;
  warnings.push(
    `restapi.server_tokens is "${printable(word)}", which is none of minimal, productonly and ` +
      'original: the Server header stays as it is',
  );
  return 'original';
}

/** Patroni says nothing here; who can reach the port can change the whole cluster (P#1734). */
function openToAll(settings: RestApiSettings): string[] {
  const byPassword = settings.username !== undefined;
  const byCertificate = settings.certfile !== undefined && settings.verifyClient !== 'none';
  const local = isLoopback(settings.listenHost);
  if (local || byPassword || byCertificate || settings.allowlist.length > 0) return [];
  const where = authority({ host: settings.listenHost || '*', port: settings.listenPort });
  return [
    `Whoever can reach ${where} can restart, switch over and reconfigure this cluster: set ` +
      'restapi.authentication, restapi.verify_client or restapi.allowlist',
  ];
}
