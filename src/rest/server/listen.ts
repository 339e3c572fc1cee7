import { createServer, type Server, type ServerOptions, STATUS_CODES } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RestApiSettings } from '../../config/agent-settings.ts';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { type ServerTls, showsCertificate } from './server-tls.ts';

/** Who takes longer for a head or for a whole request is cut off. Milliseconds. */
const LIMITS: ServerOptions = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  // Each look wakes the process.
  connectionsCheckingInterval: 2500,
  maxHeaderSize: 8192,
  insecureHTTPParser: false,
  // HAProxy may ask without one, and Patroni does not mind.
  requireHostHeader: false,
};
const HANDSHAKE_MS = 3000;
const MAX_REQUESTS_PER_SOCKET = 1000;
/** With Patroni's 5 clients wait for a second when several come at once. */
const LEAST_BACKLOG = 511;
/** Requests that are under way when a server is given up may end. */
const LAST_WORDS_MS = 10_000;

/** A server with every limit, which does not listen yet. */
export async function makeServer(tls: ServerTls | undefined): Promise<Server> {
  const server = tls ? await makeTlsServer(tls) : createServer(LIMITS);
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  return server;
}

async function makeTlsServer(tls: ServerTls): Promise<Server> {
  // Loaded where it is used: many clusters have none.
  const { createServer: createTlsServer } = await import('node:https');
  const { context, requestCert, rejectUnauthorized } = tls;
  const server = createTlsServer({
    ...LIMITS,
    ...context,
    requestCert,
    rejectUnauthorized,
    handshakeTimeout: HANDSHAKE_MS,
  });
  // None is as good as any when it is optional; a bad one is refused, as OpenSSL does for Patroni.
  server.on('secureConnection', (socket: TLSSocket) => {
    if (requestCert && !socket.authorized && showsCertificate(socket)) socket.destroy();
  });
  return server;
}

/** Other certificates from the next connection on. */
export function renewTls(server: Server, tls: ServerTls): void {
  (server as TlsServer).setSecureContext(tls.context);
}

/** Listens; rejects with a `Refusal` that says why it cannot. */
export async function listen(server: Server, settings: RestApiSettings): Promise<void> {
  const { listenHost, listenPort: port, requestQueueSize } = settings;
  const host = listenHost.replace(/^\[|\]$/g, '');
  const everywhere = host === '' || host === '*';
  const backlog = Math.max(requestQueueSize, LEAST_BACKLOG);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(settings, error)));
    // Without a host it is on all addresses of both families.
    server.listen({ port, backlog, ...(everywhere ? {} : { host }) }, resolve);
  });
  server.removeAllListeners('error');
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'it is no address of this host',
  EACCES: 'no permission',
  ENOTFOUND: 'the host name is unknown',
};

function cannotListen({ listenHost, listenPort }: RestApiSettings, error: Error): Refusal {
  const code = 'code' in error ? String(error.code) : error.message;
  const where = `${printable(listenHost)}:${listenPort} (restapi.listen)`;
  const why = REASONS[code] ?? printable(code);
  return new Refusal('cannot-listen', `Cannot listen on ${where}: ${why}`);
}

/** Takes no more connections; what is under way on the others may end. */
export function retire(server: Server): void {
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS).unref();
}

/** The status for each code of Node's parser, where it is not 400. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_INVALID_METHOD: 501,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers a request that is none. `busy`: another one on the same connection waits for its answer,
 * which this must not be taken for: the connection just ends.
 */
export function answerClientError(error: ClientError, socket: Socket, busy: boolean): void {
  const { code = '', rawPacket } = error;
  // What does not even look like a method is no request at all.
  const junk = code === 'HPE_INVALID_METHOD' && !/^[A-Z]+ /.test(rawPacket?.toString() ?? '');
  const status = junk ? 400 : (CLIENT_ERRORS[code] ?? 400);
  // Before the end of a TLS handshake, and on a broken connection, nothing can be said.
  const spoken = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
  if (busy || !spoken || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}
