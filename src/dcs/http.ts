import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Refusal } from '../model/errors.ts';
import { isRecord } from '../model/json.ts';
import { printable } from '../system/text.ts';
import type { Endpoint } from './endpoints.ts';
import { EndpointFailure, errorCode, explainConnection } from './failure.ts';
import type { TlsMaterial } from './tls.ts';

/** No answer of etcd that we ask for comes near this. */
const BODY_LIMIT = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A read may be repeated, and may use a connection that was kept open. */
  readonly kind: 'read' | 'write';
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
  /** Their names in small letters. */
  readonly headers: IncomingMessage['headers'];
}

/** One HTTP server. */
export interface HttpEndpoint extends Endpoint {
  /** One exchange. Rejects with an `EndpointFailure` whatever goes wrong on the way. */
  request(request: HttpRequest): Promise<HttpReply>;
  /**
   * An exchange on a connection of its own whose answer goes on and on: `tell` gets its parts while
   * the status is 200, and `begun` is called when it begins. Resolves when the server ends it, with
   * the whole body of any other status.
   */
  stream(
    request: HttpRequest,
    tell: (part: Buffer) => void,
    begun?: () => void,
  ): Promise<HttpReply>;
  /** Closes the connections that were kept open. */
  close(): void;
}

/** The address of a server: `host:port`, with brackets around an IPv6 address. */
export interface Address {
  readonly protocol: 'http' | 'https';
  readonly host: string;
}

export interface HttpOptions {
  readonly tls: TlsMaterial | undefined;
  /** A write whose connection takes longer than this fails; surely nothing was sent then. */
  readonly connectTimeoutMs: number;
  /**
   * Writes, too, use connections that were kept open. Should the server close one at that very
   * moment, nobody knows whether the write got through.
   */
  readonly keepForWrites?: boolean;
  /** How names become addresses; Node's way when it is not given. */
  readonly lookup?: LookupFunction;
  /** Told of each request that is sent. */
  readonly onRequest?: ((path: string) => void) | undefined;
}

/** The kernel asks after a silent stream this often: a peer that is gone is noticed in seconds. */
const STREAM_PROBE_MS = 5000;

/** Makes an endpoint; nothing is connected yet. A host that is none is a `Refusal`. */
export async function openHttp(address: Address, options: HttpOptions): Promise<HttpEndpoint> {
  const secure = address.protocol === 'https';
  const { host, port } = parse(address);
  // Not imported: on Node 24 an import of node:http also loads the built-in fetch, 17 MB and 40 ms.
  const http = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const agent: Agent = new http.Agent({ keepAlive: true, maxSockets: 8, noDelay: true });
  const { lookup } = options;
  const base: RequestOptions = { host, port, ...options.tls, ...(lookup ? { lookup } : {}) };
  const exchange = (request: HttpRequest, reuse: boolean, read: ReadAnswer): Promise<HttpReply> => {
    const { method, path, body } = request;
    options.onRequest?.(path);
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const headers = { ...request.headers, ...length };
    const call = http.request({ ...base, method, path, headers, agent: reuse ? agent : false });
    const limits = request.kind === 'write' ? { connectMs: options.connectTimeoutMs } : {};
    return perform(call, request, { host, secure, read, ...limits });
  };
  return {
    name: `${address.protocol}://${printable(address.host)}`,
    async request(request) {
      const reuse = request.kind === 'read' || options.keepForWrites === true;
      try {
        return await exchange(request, reuse, readBody);
      } catch (error) {
        if (!(error instanceof ClosedWhenReused)) throw error;
        return exchange(request, false, readBody);
      }
    },
    stream: (request, tell, begun) =>
      exchange(request, false, async (response) => {
        if (response.statusCode !== 200) return readBody(response);
        begun?.();
        response.socket.setKeepAlive(true, STREAM_PROBE_MS);
        for await (const part of response as AsyncIterable<Buffer>) tell(part);
        return { status: 200, body: Buffer.alloc(0), headers: response.headers };
      }),
    close: () => agent.destroy(),
  };
}

type ReadAnswer = (response: IncomingMessage) => Promise<HttpReply>;

/** A kept connection was closed by the server before it was used again: not worth a word. */
class ClosedWhenReused extends EndpointFailure {}

interface Peer {
  readonly host: string;
  readonly secure: boolean;
  readonly connectMs?: number;
  readonly read: ReadAnswer;
}

function perform(call: ClientRequest, request: HttpRequest, peer: Peer): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    let sent = false;
    const giveUp = (): void => {
      const reason = sent ? 'it did not answer in time' : 'no connection in time';
      fail(new EndpointFailure(reason, { maybeApplied: sent }));
    };
    const timer = peer.connectMs === undefined ? undefined : setTimeout(giveUp, peer.connectMs);
    const finish = (): void => {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', giveUp);
    };
    const fail = (failure: EndpointFailure): void => {
      finish();
      reject(failure);
      call.destroy();
    };
    const connected = (): void => {
      sent = true;
      clearTimeout(timer);
    };
    const broken = (error: unknown): void => fail(explain(error, { call, request, peer, sent }));
    call.on('error', broken);
    call.on('socket', (socket) => {
      if (call.reusedSocket) connected();
      else socket.once(peer.secure ? 'secureConnect' : 'connect', connected);
    });
    call.on('response', (response) => {
      peer.read(response).then((reply) => {
        finish();
        resolve(reply);
      }, broken);
    });
    request.signal.addEventListener('abort', giveUp);
    if (request.signal.aborted) giveUp();
    else call.end(request.body);
  });
}

function explain(error: unknown, { call, request, peer, sent }: Broken): EndpointFailure {
  const closed = ['ECONNRESET', 'EPIPE'].includes(errorCode(error));
  if (call.reusedSocket && request.kind === 'read' && closed) {
    return new ClosedWhenReused('it closed the connection', { maybeApplied: false });
  }
  return explainConnection(error, { ...peer, sent });
}

interface Broken {
  readonly call: ClientRequest;
  readonly request: HttpRequest;
  readonly peer: Peer;
  readonly sent: boolean;
}

/** By events: an iterator over so few parts costs more than all the rest of an exchange. */
function readBody(response: IncomingMessage): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT) response.destroy(new Error('its answer is larger than 64 MiB'));
      chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, body: Buffer.concat(chunks) });
    });
  });
}

function parse({ protocol, host }: Address): { host: string; port: number } {
  const text = `${protocol}://${host}/`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || url.pathname !== '/' || url.username !== '') {
    throw new Refusal('bad-endpoint', `"${printable(host)}" is not the address of an etcd server`, {
      hint: 'write host:port, for example 10.0.0.1:2379',
    });
  }
  // URL leaves the port out when it is the protocol's own.
  const port = Number(url.port) || (protocol === 'https' ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** Undefined for what is no JSON object, such as a proxy's page: the status tells more then. */
export function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
