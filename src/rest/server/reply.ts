import { type ServerResponse, STATUS_CODES } from 'node:http';

/** What is answered. */
export interface Reply {
  readonly status: number;
  /** Undefined: the status line and nothing more, which is what HAProxy's checks want. */
  readonly body?: string;
  readonly type?: string;
  /** Name, value, name, value, … */
  readonly headers?: readonly string[];
}

/** Headers that every answer with a body has. */
export interface ReplyStyle {
  /** The `Server` header. */
  readonly server: string;
  /** From `http_extra_headers`: name, value, name, value, … */
  readonly extraHeaders: readonly string[];
}

/** The status line alone; the connection ends with it. */
export function statusLine(status: number): Reply {
  return { status };
}

/** A sentence for people and for `patronictl`. Patroni says that it is HTML, so we do. */
export function sentence(status: number, text: string, headers: readonly string[] = []): Reply {
  return { status, body: text, type: 'text/html', headers };
}

/** A body that is JSON already. */
export function json(status: number, body: string): Reply {
  return { status, body, type: 'application/json' };
}

/** A page for what cannot be answered otherwise: bad JSON, no such method, a lost race. */
export function errorPage(status: number): Reply {
  const message = STATUS_CODES[status] ?? '';
  const body =
    '<!DOCTYPE html>\n<html><head><title>Error response</title></head><body>' +
    `<h1>Error response</h1><p>Error code: ${status}</p><p>Message: ${message}.</p>` +
    '</body></html>\n';
  return { status, body, type: 'text/html;charset=utf-8' };
}

/** Who does not read an answer for so long is cut off. */
const UNREAD_MS = 5000;

/** Sends it. Never throws; a client that has gone is no trouble. */
export function send(response: ServerResponse, reply: Reply, style: ReplyStyle): void {
  const { status, body } = reply;
  if (response.headersSent || response.destroyed) return;
  if (body === undefined) {
    sendStatusLine(response, status);
    return;
  }
  response.writeHead(status, [
    ...['Server', style.server, 'Content-Type', reply.type ?? 'text/plain'],
    ...['Content-Length', String(Buffer.byteLength(body))],
    ...(reply.headers ?? []),
    ...style.extraHeaders,
  ]);
  // As text it goes out together with the head, in one write.
  response.end(body);
  if (response.socket?.writableLength) cutOffLater(response);
}

/** The kernel did not take all of it: the client has to read. */
function cutOffLater(response: ServerResponse): void {
  const { socket } = response;
  const timer = setTimeout(() => socket?.destroy(), UNREAD_MS);
  response.once('close', () => clearTimeout(timer));
}

function sendStatusLine(response: ServerResponse, status: number): void {
  response.shouldKeepAlive = false;
  for (const name of ['date', 'connection', 'content-length', 'transfer-encoding']) {
    response.removeHeader(name);
  }
  response.writeHead(status);
  response.end();
}
