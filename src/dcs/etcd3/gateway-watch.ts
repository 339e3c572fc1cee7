import { isRecord } from '../../model/json.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, type HttpRequest, parseObject } from '../http.ts';
import { watchCancelled } from './errors.ts';
import { gatewayHeaders, readWatch, watchJson } from './gateway-json.ts';
import { checkHeader, notEtcd, parseReply, streamError } from './gateway-reply.ts';
import type { Call, WatchMessage, WatchRequest } from './transport.ts';

/** Asks the server to end a watch when it is cut off: etcd's `WithRequireLeader`, over HTTP. */
const REQUIRE_LEADER = { 'grpc-metadata-hasleader': 'true' };

/** A line as long as this is none of etcd's. */
const LINE_LIMIT = 64 * 1024 * 1024;

/** `EtcdTransport.watch` over the gateway: one message of JSON a line. */
export async function watchOverGateway(
  http: HttpEndpoint,
  what: { readonly path: string; readonly request: WatchRequest; readonly call: Call },
  tell: (message: WatchMessage) => void,
): Promise<never> {
  const { path, request, call } = what;
  const exchange = {
    method: 'POST',
    path,
    headers: { ...gatewayHeaders(call), ...REQUIRE_LEADER },
    body: JSON.stringify(watchJson(request)),
    kind: 'read',
    signal: call.signal,
  } as const;
  await streamLines(http, exchange, (line) => tell(readLine(line, call)));
  throw new EndpointFailure('it ended the watch', { maybeApplied: false });
}

/**
 * Gives out a stream line by line, until the server ends it. What `take` throws ends it, too, and
 * is what it rejects with.
 */
async function streamLines(
  http: HttpEndpoint,
  request: HttpRequest,
  take: (line: Buffer) => void,
): Promise<void> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  request.signal.addEventListener('abort', forward);
  if (request.signal.aborted) stop.abort();
  let problem: unknown;
  const split = lineSplitter(take);
  const tell = (part: Buffer): void => {
    try {
      if (!stop.signal.aborted) split(part);
    } catch (error) {
      problem = error;
      stop.abort();
    }
  };
  try {
    const reply = await http.stream({ ...request, signal: stop.signal }, tell);
    if (reply.status !== 200) parseReply(reply);
  } catch (error) {
    throw problem ?? error;
  } finally {
    request.signal.removeEventListener('abort', forward);
  }
}

function lineSplitter(take: (line: Buffer) => void): (part: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (part) => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (line.length > 0) take(line);
    }
    if (rest.length > LINE_LIMIT) throw notEtcd();
  };
}

/** Throws when the message says that the watch is over. */
function readLine(line: Buffer, { token }: Call): WatchMessage {
  const message = parseObject(line);
  if (!message) throw notEtcd();
  const { result, error } = message;
  if (!isRecord(result)) throw streamError(error);
  if (result.canceled === true) {
    const { compact_revision: forgotten, cancel_reason: reason } = result;
    throw watchCancelled({
      forgotten: Number(forgotten ?? 0),
      reason: String(reason ?? ''),
      token,
    });
  }
  return readWatch(checkHeader(result));
}
