import { isRecord } from '../../model/json.ts';
import type {
  Call,
  Comparison,
  Header,
  KeepAliveReply,
  KeyEvent,
  KeyRange,
  KeyValue,
  Operation,
  RangeReply,
  Transaction,
  TransactionReply,
  WatchMessage,
  WatchRequest,
} from './transport.ts';

// Messages of etcd's JSON gateway: proto3's JSON, in which bytes are base64, 64 bits are decimal
// text, and an empty list, a zero or a false is left out.

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What goes along with every message. */
export function gatewayHeaders({ token }: Call): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: token }),
  };
}

/** The message that asks for a range. */
export function rangeJson({ key, end }: KeyRange): JsonObject {
  return { key: base64(key), range_end: base64(end) };
}

/** The message of a transaction. */
export function transactionJson({ compare, success, failure }: Transaction): JsonObject {
  return {
    compare: compare.map(comparisonJson),
    success: success.map(operationJson),
    ...(failure ? { failure: failure.map(operationJson) } : {}),
  };
}

/** The message that begins a watch. */
export function watchJson(request: WatchRequest): JsonObject {
  return {
    create_request: { ...rangeJson(request), start_revision: String(request.startRevision) },
  };
}

/** Reads the answer to a range. */
export function readRange(reply: JsonObject): RangeReply {
  return { header: readHeader(reply.header), kvs: listOf(reply.kvs).map(readKeyValue) };
}

/** Reads the answer to a transaction. */
export function readTransaction(reply: JsonObject): TransactionReply {
  const kvs = listOf(reply.responses).flatMap(({ response_range: found }) =>
    isRecord(found) ? listOf(found.kvs).map(readKeyValue) : [],
  );
  return { header: readHeader(reply.header), succeeded: reply.succeeded === true, kvs };
}

/** Reads the answer to a keep-alive: of a lease that is not there the TTL is missing. */
export function readKeepAlive(result: JsonObject): KeepAliveReply {
  const ttl = Number(result.TTL ?? 0);
  return { header: readHeader(result.header), ttl: ttl > 0 ? ttl : undefined };
}

/** Reads a message of a watch. */
export function readWatch(result: JsonObject): WatchMessage {
  return {
    header: readHeader(result.header),
    created: result.created === true,
    events: listOf(result.events).map(readEvent),
  };
}

/** Reads the list of servers. */
export function readMembers(reply: JsonObject): string[] {
  return listOf(reply.members).flatMap(({ clientURLs: urls }) =>
    Array.isArray(urls) ? urls.map(String) : [],
  );
}

function readEvent({ type, kv }: JsonObject): KeyEvent {
  const { key, value, modRevision, lease } = readKeyValue(isRecord(kv) ? kv : {});
  return { key, modRevision, value: type === 'DELETE' ? undefined : value, lease };
}

function readKeyValue({ key, value, mod_revision: modRevision, lease }: JsonObject): KeyValue {
  return {
    key: bytes(key),
    value: bytes(value),
    modRevision: text(modRevision, '0'),
    lease: leaseId(lease),
  };
}

function readHeader(header: unknown): Header {
  const found = isRecord(header) ? header : {};
  return {
    clusterId: text(found.cluster_id, ''),
    memberId: text(found.member_id, ''),
    revision: Number(found.revision ?? 0),
    raftTerm: Number(found.raft_term ?? 0),
  };
}

/** 0 is etcd's word for no lease. */
function leaseId(lease: unknown): string | undefined {
  return lease === undefined || lease === '0' ? undefined : text(lease, '');
}

function comparisonJson(comparison: Comparison): JsonObject {
  const key = base64(comparison.key);
  if ('absent' in comparison) return { key, target: 'CREATE', create_revision: '0' };
  if ('lease' in comparison) return { key, target: 'LEASE', lease: comparison.lease };
  return { key, target: 'MOD', mod_revision: comparison.modRevision };
}

function operationJson(operation: Operation): JsonObject {
  if ('range' in operation) return { request_range: rangeJson(operation.range) };
  if ('remove' in operation) return { request_delete_range: { key: base64(operation.remove) } };
  const { put, value, lease } = operation;
  const bound = lease === undefined ? {} : { lease };
  return { request_put: { key: base64(put), value: base64(value), ...bound } };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

function base64(value: Buffer): string {
  return value.toString('base64');
}

function bytes(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}
