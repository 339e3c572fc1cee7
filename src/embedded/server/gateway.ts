import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WatchRequest } from '../api/messages.ts';
import { EtcdRefusal, STATUS } from '../api/refusal.ts';
import { ETCD_VERSION } from '../api/store.ts';
import { WatchStream } from '../api/watch.ts';
import type { ClockedStore } from './clocked-store.ts';
import { fromJson, METHODS, toJson } from './protocol.ts';
import { HANDLERS } from './unary.ts';

/** The paths of etcd's JSON gateway. */
const PATHS: ReadonlyMap<string, string> = new Map([
  ['/v3/kv/range', 'KV/Range'],
  ['/v3/kv/put', 'KV/Put'],
  ['/v3/kv/deleterange', 'KV/DeleteRange'],
  ['/v3/kv/txn', 'KV/Txn'],
  ['/v3/kv/compaction', 'KV/Compact'],
  ['/v3/lease/grant', 'Lease/LeaseGrant'],
  ['/v3/lease/revoke', 'Lease/LeaseRevoke'],
  ['/v3/lease/keepalive', 'Lease/LeaseKeepAlive'],
  ['/v3/lease/timetolive', 'Lease/LeaseTimeToLive'],
  ['/v3/lease/leases', 'Lease/LeaseLeases'],
  ['/v3/watch', 'Watch/Watch'],
  ['/v3/cluster/member/list', 'Cluster/MemberList'],
  ['/v3/maintenance/status', 'Maintenance/Status'],
  ['/v3/maintenance/alarm', 'Maintenance/Alarm'],
  ['/v3/auth/authenticate', 'Auth/Authenticate'],
]);

/** What is asked without a message. */
const PLAIN: ReadonlyMap<string, object> = new Map([
  ['/version', { etcdserver: ETCD_VERSION, etcdcluster: ETCD_VERSION, pgherd: 'for trying out' }],
  ['/health', { health: 'true' }],
]);

/** The status of HTTP for one of gRPC's; 400 for any other. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  [STATUS.notFound]: 404,
  [STATUS.unimplemented]: 501,
  [STATUS.internal]: 500,
};

/** Base64 makes a third more of etcd's limit of a request, and there is some JSON around it. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** Answers one request of HTTP as etcd's JSON gateway does. */
export async function answerHttp(
  store: ClockedStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?');
  const plain = PLAIN.get(path);
  const name = PATHS.get(path);
  if (plain && request.method === 'GET') {
    reply(response, 200, plain);
    return;
  }
  if (name === undefined || request.method !== 'POST') {
    notFound(response);
    return;
  }
  try {
    const body = await bodyOf(request);
    if (name === 'Watch/Watch') watch(store, body, response);
    else reply(response, 200, answer(store, name, body));
  } catch (error) {
    const { code, message } = refusalOf(error);
    reply(response, HTTP_STATUS[code] ?? 400, { error: message, code, message });
  }
}

/** The answer to a path that is not there. */
export function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
}

function answer(store: ClockedStore, name: string, body: string): object {
  const method = METHODS.get(name);
  const handler = HANDLERS.get(name);
  if (!method || !handler) throw new EtcdRefusal(STATUS.unimplemented, 'Not Implemented');
  const request = read(method.request, body);
  const message = toJson(
    method.response,
    store.use((open) => handler(open, request)),
  );
  // Of a stream each message is wrapped.
  return method.responseStream ? { result: message } : message;
}

/** Lines of JSON, until the client has gone. */
function watch(store: ClockedStore, body: string, response: ServerResponse): void {
  const method = METHODS.get('Watch/Watch');
  if (!method) throw new EtcdRefusal(STATUS.unimplemented, 'Not Implemented');
  const request = read(method.request, body) as WatchRequest;
  response.writeHead(200, { 'content-type': 'application/json' });
  store.use((open) => {
    const stream = new WatchStream(open, (message) => {
      response.write(`${JSON.stringify({ result: toJson(method.response, message) })}\n`);
    });
    response.once('close', () => stream.close());
    stream.take(request);
  });
}

function read(type: Parameters<typeof fromJson>[0], body: string): object {
  try {
    return fromJson(type, JSON.parse(body === '' ? '{}' : body));
  } catch (error) {
    throw new EtcdRefusal(STATUS.invalidArgument, `not a message of this kind: ${String(error)}`);
  }
}

/** What is no refusal is our own mistake: whoever asked is told so. */
function refusalOf(error: unknown): { code: number; message: string } {
  if (error instanceof EtcdRefusal) return { code: error.code, message: error.message };
  return { code: STATUS.internal, message: String(error) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new EtcdRefusal(STATUS.invalidArgument, TOO_LARGE);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const TOO_LARGE = 'etcdserver: request is too large';

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
