import { printable } from '../../system/text.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, type HttpReply, type HttpRequest, parseObject } from '../http.ts';
import { etcdError } from './errors.ts';
import { type Call, type Change, type EtcdTransport, NoSuchApi } from './transport.ts';

/** What the gateway answers; an empty list, a zero or a false is left out (proto3's JSON). */
interface GatewayReply {
  readonly kvs?: readonly { key: string; value?: string; mod_revision: string }[];
  readonly succeeded?: boolean;
  readonly deleted?: string;
  readonly token?: string;
}

/**
 * etcd's v3 API over its HTTP JSON gateway, as Patroni speaks it (etcd's manual, "Why gRPC
 * gateway"). Servers before 3.4 have it under another prefix, which `GET /version` tells.
 */
export function gatewayTransport(http: HttpEndpoint): EtcdTransport {
  let prefix = '/v3';
  const post = async (
    [kind, path]: readonly [HttpRequest['kind'], string],
    message: unknown,
    { token, signal }: Call,
  ): Promise<GatewayReply> => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: token }),
    };
    const body = JSON.stringify(message);
    const send = () =>
      http.request({ method: 'POST', path: prefix + path, headers, body, kind, signal });
    let reply = await send();
    if (reply.status === 404 && prefix === '/v3') {
      prefix = await olderPrefix(http, signal);
      reply = await send();
    }
    return parseReply(reply);
  };
  return {
    name: http.name,
    async range({ key, end }, call) {
      const message = { key: base64(key), range_end: base64(end) };
      const reply = await post(['read', '/kv/range'], message, call);
      return (reply.kvs ?? []).map((kv) => ({
        key: Buffer.from(kv.key, 'base64'),
        value: Buffer.from(kv.value ?? '', 'base64'),
        modRevision: kv.mod_revision,
      }));
    },
    async change(change, call) {
      const reply = await post(['write', '/kv/txn'], transaction(change), call);
      return reply.succeeded === true;
    },
    async deleteRange({ key, end }, call) {
      const message = { key: base64(key), range_end: base64(end) };
      const reply = await post(['write', '/kv/deleterange'], message, call);
      return Number(reply.deleted ?? 0);
    },
    async authenticate({ username, password }, { signal }) {
      const message = { name: username, password };
      return (await post(['read', '/auth/authenticate'], message, { signal })).token ?? '';
    },
    close: () => http.close(),
  };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

function transaction({ key, guard, value }: Change): unknown {
  const name = base64(key);
  const operation = value
    ? { request_put: { key: name, value: base64(value) } }
    : { request_delete_range: { key: name } };
  return { compare: comparison(name, guard), success: [operation] };
}

function comparison(key: string, guard: Change['guard']): unknown[] {
  if (guard === 'any') return [];
  if (guard === 'absent') return [{ key, target: 'CREATE', create_revision: '0' }];
  return [{ key, target: 'MOD', mod_revision: guard.modRevision }];
}

/** Throws what `EtcdTransport` promises for everything but a proper answer. */
function parseReply({ status, body }: HttpReply): GatewayReply {
  const reply = parseObject(body);
  if (status === 200 && reply) return reply;
  if (typeof reply?.code === 'number') {
    throw etcdError(reply.code, String(reply.message ?? reply.error ?? ''));
  }
  if (status === 404 || status === 501) throw new NoSuchApi(`HTTP status ${status}`);
  if (status === 200) {
    throw new EndpointFailure('its answer is not JSON', { maybeApplied: true });
  }
  const text = printable(body.toString('utf8', 0, 80).trim());
  throw new EndpointFailure(`it answers with HTTP status ${status}${text && ` (${text})`}`, {
    maybeApplied: status >= 500,
  });
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
