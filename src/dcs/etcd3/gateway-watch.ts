import { isRecord } from '../../model/json.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, parseObject } from '../http.ts';
import { streamLines } from '../lines.ts';
import { watchCancelled } from './errors.ts';
import { gatewayHeaders, readWatch, watchJson } from './gateway-json.ts';
import { checkHeader, notEtcd, parseReply, streamError } from './gateway-reply.ts';
import type { Call, WatchMessage, WatchRequest } from './transport.ts';

/** Asks the server to end a watch when it is cut off: etcd's `WithRequireLeader`, over HTTP. */
const REQUIRE_LEADER = { 'grpc-metadata-hasleader': 'true' };

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
  const take = (line: Buffer): void => tell(readLine(line, call));
  const reply = await streamLines(http, exchange, { take });
  if (reply.status !== 200) parseReply(reply);
  throw new EndpointFailure('it ended the watch', { maybeApplied: false });
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
