import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';

/** How one TLS connection is made. */
export interface TlsClient {
  readonly context: SecureContext;
  /** Accept any server certificate. */
  readonly insecure: boolean;
}

export interface HttpRequest {
  /** `http://host:port` or `https://host:port`, nothing more. */
  readonly origin: URL;
  readonly method: Dispatcher.HttpMethod;
  /** With a slash at its start. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the start of the connection to the last byte of the answer. */
  readonly timeoutMs: number;
  /** How long a connection may take to be made, when that is less. */
  readonly connectTimeoutMs: number;
  /** Answers with a longer body are given up. */
  readonly maxBodyBytes: number;
  /** Needed for https. */
  readonly tls?: TlsClient;
  readonly signals: readonly AbortSignal[];
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  /** The header `Date`: the server's clock, in whole seconds. */
  readonly date?: string;
}

/**
 * Why no answer came. `connect`: there was no connection, so nothing was sent. `tls`: the two
 * sides did not agree on TLS, so nothing was accepted. `timeout` and `broken`: the request may
 * have arrived.
 */
export type HttpFailure = 'connect' | 'tls' | 'timeout' | 'too-long' | 'broken';

/** No usable answer came. `code` is Node's or OpenSSL's name for the cause, where there is one. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly failure: HttpFailure;
  readonly code: string | undefined;

  constructor(failure: HttpFailure, code: string | undefined, cause?: unknown) {
    super(code ?? failure, { cause });
    this.failure = failure;
    this.code = code;
  }
}

/**
 * Does one HTTP request on a connection of its own: no redirect is followed, nothing is repeated,
 * and the connection is gone when the promise settles. The deadline is for the whole call, so that
 * a server which accepts and hangs, or sends byte by byte, ends it too. Rejects with `HttpError`,
 * or with the reason of a signal that was aborted.
 */
export async function httpRequest(request: HttpRequest): Promise<HttpReply> {
  // Loaded at the first call: most commands never make one.
  const { Client } = await import('./undici-client.ts');
  for (const signal of request.signals) signal.throwIfAborted();
  const link = new Link(request);
  const client = new Client(request.origin, {
    connect: link.connect,
    pipelining: 1,
    // The deadline below is the only clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  // Whatever ends the call early ends its connection: then undici ends the request.
  let endedBy: unknown;
  const end = (reason: unknown): void => {
    endedBy ??= reason;
    link.close();
  };
  const deadline = setTimeout(
    () => end(new HttpError(link.ready ? 'timeout' : 'connect', 'ETIMEDOUT')),
    Math.min(request.timeoutMs, MAX_TIMER_MS),
  );
  const forward = (event: Event): void => end((event.target as AbortSignal).reason);
  for (const signal of request.signals) signal.addEventListener('abort', forward);
  try {
    const reply = await client.request({
      method: request.method,
      path: request.path,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      reset: true,
    });
    const body = await readBody(reply.body, request.maxBodyBytes);
    // A body without a length ends with its connection: perhaps it was we who ended that.
    if (endedBy !== undefined) throw endedBy;
    const { date } = reply.headers;
    return { status: reply.statusCode, body, ...(typeof date === 'string' ? { date } : {}) };
  } catch (error) {
    throw endedBy ?? link.explain(error);
  } finally {
    clearTimeout(deadline);
    for (const signal of request.signals) signal.removeEventListener('abort', forward);
    link.close();
    await client.destroy();
  }
}

/** Longer than this a timer of Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reads at most `limit` bytes; what is no UTF-8 becomes U+FFFD. */
async function readBody(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw new HttpError('too-long', undefined);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The one connection of a request: it knows whether it was made, which decides whether the request
 * can have arrived.
 */
class Link {
  /** True from the moment at which a request could be sent. */
  ready = false;
  private socket: Socket | undefined;
  private socketError: unknown;
  private timer: NodeJS.Timeout | undefined;
  private readonly request: HttpRequest;

  constructor(request: HttpRequest) {
    this.request = request;
  }

  readonly connect: buildConnector.connector = (_options, callback) => {
    if (this.socket) {
      // Never a second connection: the first may have carried the request.
      callback(new HttpError('broken', undefined), null);
      return;
    }
    const { socket, readyEvent } = this.open();
    this.socket = socket;
    const settle = (): void => {
      clearTimeout(this.timer);
      socket.off('error', fail).off('close', closed).off(readyEvent, ready);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.on('error', () => {}).destroy();
      callback(this.explain(error), null);
    };
    // We closed it, or the server did so in the middle of the TLS handshake.
    const closed = (): void => fail(new HttpError('connect', 'ECONNRESET'));
    const ready = (): void => {
      settle();
      this.ready = true;
      // In TLS 1.3 a server refuses the client's certificate only now, and undici forgets why.
      socket.once('error', (error) => {
        this.socketError = error;
      });
      callback(null, socket);
    };
    this.timer = setTimeout(
      () => fail(new HttpError('connect', 'ETIMEDOUT')),
      Math.min(this.request.connectTimeoutMs, MAX_TIMER_MS),
    );
    socket.once('error', fail).once('close', closed).once(readyEvent, ready);
  };

  close(): void {
    clearTimeout(this.timer);
    this.socket?.destroy();
  }

  /** What an error of the connection or of the HTTP parser means. */
  explain(error: unknown): HttpError {
    if (error instanceof HttpError) return error;
    const code = codeOf(this.socketError) ?? codeOf(error);
    if (isTlsCode(code) && (!this.ready || REFUSED_CLIENT.test(code))) {
      return new HttpError('tls', code, error);
    }
    return new HttpError(this.ready ? 'broken' : 'connect', code, error);
  }

  private open(): { socket: Socket; readyEvent: 'connect' | 'secureConnect' } {
    const { origin, tls } = this.request;
    const host = origin.hostname.replace(/^\[|\]$/g, '');
    if (origin.protocol === 'http:') {
      const port = Number(origin.port || 80);
      return { socket: connectTcp({ host, port, noDelay: true }), readyEvent: 'connect' };
    }
    const socket = connectTls({
      host,
      port: Number(origin.port || 443),
      // An address is no server name (RFC 6066); the certificate is checked against it too.
      ...(isIP(host) ? {} : { servername: host }),
      ...(tls ? { secureContext: tls.context } : {}),
      rejectUnauthorized: !tls?.insecure,
      ALPNProtocols: ['http/1.1'],
    });
    return { socket, readyEvent: 'secureConnect' };
  }
}

/** The code of an answer that is not HTTP. */
export const NOT_HTTP = 'NOT_HTTP';

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'HTTPParserError' ? NOT_HTTP : undefined;
}

/**
 * Node's names for what is wrong with a certificate (its manual, "X509 certificate error codes").
 */
const CERTIFICATE_CODES =
  /^(CERT_|CRL_|UNABLE_TO_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|PATH_LENGTH_|HOSTNAME_)/;

/**
 * Alerts about the client's certificate: the server ended the handshake with it, so it read no
 * request. Any other trouble on a connection that was made can come after the request.
 */
const REFUSED_CLIENT =
  /^ERR_SSL_\w+_ALERT_(CERTIFICATE_\w+|UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_\w+|ACCESS_DENIED)$/;

function isTlsCode(code: string | undefined): code is string {
  if (code === undefined) return false;
  return code === 'EPROTO' || /^ERR_(SSL|TLS)_/.test(code) || CERTIFICATE_CODES.test(code);
}
