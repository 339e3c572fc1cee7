import { setMaxListeners } from 'node:events';
import type { RestSettings, TlsSettings } from '../config/settings.ts';
import type { Member } from '../model/member.ts';
import { HttpError, httpRequest, type TlsClient } from '../system/http.ts';
import { printable } from '../system/text.ts';
import { explainFailure } from './failure-text.ts';
import { type MemberApi, RestError, type RestMethod, type RestRequest } from './member-api.ts';
import { loadTlsFiles, type ReadFile } from './tls-files.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface MemberApiOptions {
  /** For a whole call, and for making a connection where a call has longer. */
  readonly defaultTimeoutMs: number;
  /** Ends every call; the call rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly readFile: ReadFile;
}

/**
 * The members' REST APIs over HTTP. User and password go with unsafe methods only, and only to the
 * address that the member published; redirects are answers like any other. A call rejects with
 * `RestError` when no answer came, and with `Refusal` when a certificate file cannot be used.
 */
export function openMemberApi(settings: RestSettings, options: MemberApiOptions): MemberApi {
  const closed = new AbortController();
  // Each call listens: with more than ten members at once that is no leak.
  setMaxListeners(0, closed.signal, options.signal);
  const { cert: _, key: __, ...withoutCertificate } = settings.tls;
  const own = loadOnce(settings.tls, options.readFile);
  const nobodys = loadOnce(withoutCertificate, options.readFile);
  return {
    async request(member, method, request) {
      const origin = originOf(member);
      const timeoutMs = request.timeoutMs ?? options.defaultTimeoutMs;
      try {
        return await httpRequest({
          origin,
          method,
          path: `/${request.path}`,
          headers: headersFor(settings, method, request),
          ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
          timeoutMs,
          connectTimeoutMs: Math.min(timeoutMs, options.defaultTimeoutMs),
          maxBodyBytes: MAX_BODY_BYTES,
          ...(origin.protocol === 'https:'
            ? { tls: await (request.anonymous ? nobodys() : own()) }
            : {}),
          signals: [
            options.signal,
            closed.signal,
            ...(request.signal === undefined ? [] : [request.signal]),
          ],
        });
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        throw explainFailure(error, { member: member.name, address: origin.host, timeoutMs });
      }
    },
    async close() {
      closed.abort(new RestError('broken', 'The connection to the members was closed'));
    },
  };
}

/** Reads the certificate files when they are first needed. */
function loadOnce(settings: TlsSettings, readFile: ReadFile): () => Promise<TlsClient> {
  let loading: Promise<TlsClient> | undefined;
  return () => {
    loading ??= loadTlsFiles(settings, readFile);
    return loading;
  };
}

/** Scheme, host and port of what the member published; the path there is of no use. */
function originOf(member: Pick<Member, 'name' | 'apiUrl'>): URL {
  const name = printable(member.name);
  if (!member.apiUrl) throw new RestError('no-url', `Member ${name} has published no api_url`);
  const url = URL.canParse(member.apiUrl) ? new URL(member.apiUrl) : undefined;
  const shown = printable(member.apiUrl.slice(0, 200));
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new RestError('no-url', `The api_url of member ${name} cannot be used: ${shown}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new RestError(
      'no-url',
      `The api_url of member ${name} has a user or a password in it, so it is not used`,
    );
  }
  return new URL(url.origin);
}

/**
 * Whoever can write a member's document chooses where requests go, so the password is sent only
 * where it is needed: Patroni asks for it on unsafe methods only.
 */
function headersFor(
  settings: RestSettings,
  method: RestMethod,
  request: RestRequest,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'pgherd', accept: '*/*' };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  const { username, password } = settings;
  if (method !== 'GET' && !request.anonymous && username !== undefined && password !== undefined) {
    const text = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    headers.authorization = `Basic ${text}`;
  }
  return headers;
}
