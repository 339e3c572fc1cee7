import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { TlsClient } from '../system/http.ts';

/** One request to a member, without what the control CLI needs: an agent has to stay small. */
export interface PlainRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole call; and for making the connection, when that is less. Milliseconds. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Longer answers are given up. */
  readonly maxBytes: number;
  readonly lookup: LookupFunction;
  /** Needed for https. */
  readonly tls?: TlsClient;
}

export interface PlainReply {
  readonly status: number;
  readonly body: string;
}

/**
 * Does it on a connection of its own. No redirect is followed, nothing is repeated. Rejects with an
 * error whose message is short, and safe to print once it went through `printable`.
 */
export async function plainRequest(request: PlainRequest): Promise<PlainReply> {
  const ended = new AbortController();
  const end = (why: string): void => ended.abort(new Error(why));
  const whole = setTimeout(end, request.timeoutMs, 'no answer in time');
  const connecting = setTimeout(
    end,
    Math.min(request.connectTimeoutMs, request.timeoutMs),
    'no connection in time',
  );
  try {
    const response = await begin(request, ended.signal, () => clearTimeout(connecting));
    return { status: response.statusCode ?? 0, body: await readText(response, request.maxBytes) };
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    clearTimeout(connecting);
    clearTimeout(whole);
    // Whatever is still open is closed.
    ended.abort();
  }
}

async function begin(
  request: PlainRequest,
  signal: AbortSignal,
  connected: () => void,
): Promise<IncomingMessage> {
  const { url, method, headers, body, lookup, tls } = request;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options: RequestOptions = {
    ...{ host, port: url.port, path: url.pathname, method, headers, signal, lookup },
    agent: false,
  };
  const send = await sender(url, host, tls);
  return new Promise((resolve, reject) => {
    const message = send(options, resolve);
    message.on('error', reject);
    const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect';
    message.on('socket', (socket) => socket.setNoDelay(true).once(ready, connected));
    message.end(body);
  });
}

type Send = (
  options: RequestOptions,
  answered: (response: IncomingMessage) => void,
) => ReturnType<typeof requestHttp>;

async function sender(url: URL, host: string, tls: TlsClient | undefined): Promise<Send> {
  if (url.protocol === 'http:') return requestHttp;
  const { request: requestHttps } = await import('node:https');
  return (options, answered) =>
    requestHttps(
      {
        ...options,
        ...(tls ? { secureContext: tls.context } : {}),
        rejectUnauthorized: !tls?.insecure,
        // An address is no server name (RFC 6066).
        servername: isIP(host) === 0 ? host : '',
      },
      answered,
    );
}

async function readText(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length > limit) throw new Error(`an answer of more than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
