import { isRecord } from '../../model/json.ts';
import { type HttpEndpoint, type HttpReply, type HttpRequest, parseObject } from '../http.ts';
import {
  gatewayHeaders,
  type JsonObject,
  rangeJson,
  readKeepAlive,
  readMembers,
  readRange,
  readTransaction,
  transactionJson,
} from './gateway-json.ts';
import { checkHeader, parseReply, streamError } from './gateway-reply.ts';
import { watchOverGateway } from './gateway-watch.ts';
import { type Call, type EtcdTransport, NoSuchApi } from './transport.ts';

type Path = `/${string}`;

/**
 * etcd's v3 API over its HTTP JSON gateway, as Patroni speaks it (etcd's manual, "Why gRPC
 * gateway"). Servers before 3.4 have it under another prefix, which `GET /version` tells.
 */
export function gatewayTransport(http: HttpEndpoint): EtcdTransport {
  let prefix = '/v3';
  const requestTo = (path: Path, message: JsonObject, call: Call): HttpRequest => ({
    method: 'POST',
    path: prefix + path,
    headers: gatewayHeaders(call),
    body: JSON.stringify(message),
    kind: call.repeatable ? 'read' : 'write',
    signal: call.signal,
  });
  const post = async (path: Path, message: JsonObject, call: Call): Promise<JsonObject> => {
    let reply = await http.request(requestTo(path, message, call));
    if (prefix === '/v3' && isNoPath(reply)) {
      prefix = await olderPrefix(http, call.signal);
      reply = await http.request(requestTo(path, message, call));
    }
    return parseReply(reply);
  };
  const ask = (path: Path, message: JsonObject, call: Call): Promise<JsonObject> =>
    post(path, message, { ...call, repeatable: true });
  return {
    name: http.name,
    range: async (range, call) =>
      readRange(checkHeader(await ask('/kv/range', rangeJson(range), call))),
    txn: async (transaction, call) =>
      readTransaction(checkHeader(await post('/kv/txn', transactionJson(transaction), call))),
    deleteRange: async (range, call) =>
      Number((await post('/kv/deleterange', rangeJson(range), call)).deleted ?? 0),
    async grant(id, ttl, call) {
      const reply = await post('/lease/grant', { ID: id, TTL: String(ttl) }, call);
      return { ttl: Number(reply.TTL) };
    },
    async keepAlive(id, call) {
      const { result, error } = await ask('/lease/keepalive', { ID: id }, call);
      if (!isRecord(result)) throw streamError(error);
      return readKeepAlive(checkHeader(result));
    },
    async revoke(id, call) {
      await post('/lease/revoke', { ID: id }, call);
    },
    watch: (request, call, tell) =>
      watchOverGateway(http, { request, call, path: `${prefix}/watch` }, tell),
    members: async (call) => readMembers(await ask('/cluster/member/list', {}, call)),
    authenticate: async ({ username, password }, { signal }) => {
      const message = { name: username, password };
      return String((await ask('/auth/authenticate', message, { signal })).token ?? '');
    },
    close: () => http.close(),
  };
}

/** No such path. What is not there in etcd comes with the same status, and a code of gRPC's. */
function isNoPath({ status, body }: HttpReply): boolean {
  return status === 404 && typeof parseObject(body)?.code !== 'number';
}

/** `/v3beta` for etcd 3.3, `/v3alpha` for older ones; `NoSuchApi` where the gateway is off. */
async function olderPrefix(http: HttpEndpoint, signal: AbortSignal): Promise<string> {
  const { body } = await http.request({ method: 'GET', path: '/version', kind: 'read', signal });
  const [major, minor] = String(parseObject(body)?.etcdserver ?? '')
    .split('.')
    .map(Number);
  if (major !== 3 || minor === undefined || minor > 3) {
    throw new NoSuchApi('the gateway is switched off');
  }
  return minor === 3 ? '/v3beta' : '/v3alpha';
}
