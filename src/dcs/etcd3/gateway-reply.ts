import { isRecord } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpReply, parseObject } from '../http.ts';
import { etcdError } from './errors.ts';
import type { JsonObject } from './gateway-json.ts';
import { NoSuchApi } from './transport.ts';

/** Throws what `EtcdTransport` promises for everything but a proper answer. */
export function parseReply({ status, body }: HttpReply): JsonObject {
  const reply = parseObject(body);
  if (status === 200 && reply) return reply;
  if (typeof reply?.code === 'number') {
    throw etcdError(reply.code, String(reply.message ?? reply.error ?? ''));
  }
  if (isRecord(reply?.error)) throw streamError(reply.error);
  if (status === 404 || status === 501) throw new NoSuchApi(`HTTP status ${status}`);
  if (status === 200) {
    throw new EndpointFailure('its answer is not JSON', { maybeApplied: true });
  }
  const text = printable(body.toString('utf8', 0, 80).trim());
  throw new EndpointFailure(`it answers with HTTP status ${status}${text && ` (${text})`}`, {
    maybeApplied: status >= 500,
  });
}

/** Gives the answer back. Without a header it is that of something else: throws then. */
export function checkHeader(reply: JsonObject): JsonObject {
  if (isRecord(reply.header)) return reply;
  throw notEtcd();
}

/** What the `error` of a stream means, which comes with HTTP status 200. */
export function streamError(error: unknown): Error {
  if (!isRecord(error)) return notEtcd();
  return etcdError(Number(error.code ?? error.grpc_code), String(error.message ?? ''));
}

/** The error for an answer that no etcd gives. */
export function notEtcd(): EndpointFailure {
  return new EndpointFailure('its answer is not that of etcd', { maybeApplied: true });
}
