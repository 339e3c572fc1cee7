import protobuf from 'protobufjs';

/**
 * The part of etcd's v3 API that is served, in the language of protocol buffers: names and numbers
 * of services, messages and fields as etcd's API reference has them.
 */
const PROTOCOL = `
syntax = "proto3";
package etcdserverpb;

service KV {
  rpc Range(RangeRequest) returns (RangeResponse);
  rpc Put(PutRequest) returns (PutResponse);
  rpc DeleteRange(DeleteRangeRequest) returns (DeleteRangeResponse);
  rpc Txn(TxnRequest) returns (TxnResponse);
  rpc Compact(CompactionRequest) returns (HeaderOnly);
}
service Lease {
  rpc LeaseGrant(LeaseGrantRequest) returns (LeaseMessage);
  rpc LeaseRevoke(LeaseId) returns (HeaderOnly);
  rpc LeaseKeepAlive(stream LeaseId) returns (stream LeaseMessage);
  rpc LeaseTimeToLive(TimeToLiveRequest) returns (TimeToLiveResponse);
  rpc LeaseLeases(Empty) returns (LeasesResponse);
}
service Watch { rpc Watch(stream WatchRequest) returns (stream WatchResponse); }
service Cluster { rpc MemberList(Empty) returns (MemberListResponse); }
service Maintenance {
  rpc Status(Empty) returns (StatusResponse);
  rpc Alarm(Empty) returns (AlarmResponse);
}
service Auth { rpc Authenticate(Empty) returns (HeaderOnly); }

message Empty {}
message Header {
  uint64 cluster_id = 1; uint64 member_id = 2; int64 revision = 3; uint64 raft_term = 4;
}
message HeaderOnly { Header header = 1; }
message KeyValue {
  bytes key = 1; int64 create_revision = 2; int64 mod_revision = 3; int64 version = 4;
  bytes value = 5; int64 lease = 6;
}

message RangeRequest {
  enum SortOrder { NONE = 0; ASCEND = 1; DESCEND = 2; }
  enum SortTarget { KEY = 0; VERSION = 1; CREATE = 2; MOD = 3; VALUE = 4; }
  bytes key = 1; bytes range_end = 2; int64 limit = 3; int64 revision = 4;
  SortOrder sort_order = 5; SortTarget sort_target = 6; bool serializable = 7;
  bool keys_only = 8; bool count_only = 9; int64 min_mod_revision = 10;
  int64 max_mod_revision = 11; int64 min_create_revision = 12; int64 max_create_revision = 13;
}
message RangeResponse {
  Header header = 1; repeated KeyValue kvs = 2; bool more = 3; int64 count = 4;
}
message PutRequest {
  bytes key = 1; bytes value = 2; int64 lease = 3; bool prev_kv = 4; bool ignore_value = 5;
  bool ignore_lease = 6;
}
message PutResponse { Header header = 1; KeyValue prev_kv = 2; }
message DeleteRangeRequest { bytes key = 1; bytes range_end = 2; bool prev_kv = 3; }
message DeleteRangeResponse {
  Header header = 1; int64 deleted = 2; repeated KeyValue prev_kvs = 3;
}
message CompactionRequest { int64 revision = 1; bool physical = 2; }

message Compare {
  enum Result { EQUAL = 0; GREATER = 1; LESS = 2; NOT_EQUAL = 3; }
  enum Target { VERSION = 0; CREATE = 1; MOD = 2; VALUE = 3; LEASE = 4; }
  Result result = 1; Target target = 2; bytes key = 3;
  oneof operand {
    int64 version = 4; int64 create_revision = 5; int64 mod_revision = 6; bytes value = 7;
    int64 lease = 8;
  }
  bytes range_end = 64;
}
message RequestOp {
  oneof request {
    RangeRequest request_range = 1; PutRequest request_put = 2;
    DeleteRangeRequest request_delete_range = 3; TxnRequest request_txn = 4;
  }
}
message ResponseOp {
  oneof response {
    RangeResponse response_range = 1; PutResponse response_put = 2;
    DeleteRangeResponse response_delete_range = 3; TxnResponse response_txn = 4;
  }
}
message TxnRequest {
  repeated Compare compare = 1; repeated RequestOp success = 2; repeated RequestOp failure = 3;
}
message TxnResponse { Header header = 1; bool succeeded = 2; repeated ResponseOp responses = 3; }

message LeaseGrantRequest { int64 TTL = 1; int64 ID = 2; }
message LeaseId { int64 ID = 1; }
message LeaseMessage { Header header = 1; int64 ID = 2; int64 TTL = 3; }
message TimeToLiveRequest { int64 ID = 1; bool keys = 2; }
message TimeToLiveResponse {
  Header header = 1; int64 ID = 2; int64 TTL = 3; int64 grantedTTL = 4; repeated bytes keys = 5;
}
message LeasesResponse { Header header = 1; repeated LeaseId leases = 2; }

message WatchRequest {
  oneof request {
    WatchCreateRequest create_request = 1; WatchId cancel_request = 2;
    Empty progress_request = 3;
  }
}
message WatchId { int64 watch_id = 1; }
message WatchCreateRequest {
  enum FilterType { NOPUT = 0; NODELETE = 1; }
  bytes key = 1; bytes range_end = 2; int64 start_revision = 3; bool progress_notify = 4;
  repeated FilterType filters = 5; bool prev_kv = 6; int64 watch_id = 7; bool fragment = 8;
}
message WatchResponse {
  Header header = 1; int64 watch_id = 2; bool created = 3; bool canceled = 4;
  int64 compact_revision = 5; string cancel_reason = 6; bool fragment = 7;
  repeated Event events = 11;
}
message Event {
  enum EventType { PUT = 0; DELETE = 1; }
  EventType type = 1; KeyValue kv = 2; KeyValue prev_kv = 3;
}

message Member {
  uint64 ID = 1; string name = 2; repeated string peerURLs = 3; repeated string clientURLs = 4;
}
message MemberListResponse { Header header = 1; repeated Member members = 2; }
message StatusResponse {
  Header header = 1; string version = 2; int64 dbSize = 3; uint64 leader = 4; uint64 raftIndex = 5;
  uint64 raftTerm = 6; uint64 raftAppliedIndex = 7;
}
message AlarmMember { uint64 memberID = 1; }
message AlarmResponse { Header header = 1; repeated AlarmMember alarms = 2; }
`;

/** One method of the API: how its messages are read and written. */
export interface Method {
  /** `/etcdserverpb.KV/Range`. */
  readonly path: string;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** Every method, by `Service/Method`. */
export const METHODS: ReadonlyMap<string, Method> = methodsOf(
  protobuf.parse(PROTOCOL, { keepCase: true }).root,
);

/** Messages as handlers have them: see `api/messages.ts`. */
const DECODED = { longs: String, enums: String, arrays: true, defaults: true } as const;

/** Messages as the JSON gateway has them, where zeros are still to be left out. */
const AS_JSON = { longs: String, enums: String, bytes: String } as const;

/** Reads bytes of gRPC. Throws when they are no such message. */
export function decode(type: protobuf.Type, bytes: Uint8Array): object {
  return type.toObject(type.decode(bytes), DECODED);
}

/** Writes bytes for gRPC. */
export function encode(type: protobuf.Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/**
 * Reads proto3's JSON, in which bytes are base64. Throws when it is no such message. Fields that
 * are not known are passed over.
 */
export function fromJson(type: protobuf.Type, json: object): object {
  checkJson(type, json);
  return decode(type, encode(type, json));
}

/** The library takes a word that it does not know for a zero: here it is a mistake. */
function checkJson(type: protobuf.Type, json: unknown): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new TypeError('an object is expected');
  }
  for (const [name, given] of Object.entries(json)) {
    const field = type.fields[name];
    if (!field || given === null) continue;
    field.resolve();
    const { resolvedType: inner } = field;
    for (const value of field.repeated && Array.isArray(given) ? given : [given]) {
      if (inner instanceof protobuf.Type) checkJson(inner, value);
      else if (!isScalar(field, value)) throw new TypeError(`${name} has a wrong value`);
    }
  }
}

function isScalar({ type, resolvedType }: protobuf.Field, value: unknown): boolean {
  if (resolvedType instanceof protobuf.Enum) return String(value) in resolvedType.values;
  if (/^u?int/.test(type)) return /^-?\d{1,20}$/.test(String(value));
  return type === 'bool' ? typeof value === 'boolean' : typeof value === 'string';
}

/** Writes proto3's JSON: what is zero, false or empty is left out. */
export function toJson(type: protobuf.Type, message: object): object {
  return withoutZeros(type.toObject(type.fromObject(message), AS_JSON)) as object;
}

function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => !isZero(field));
  return Object.fromEntries(entries.map(([name, field]) => [name, withoutZeros(field)]));
}

function isZero(field: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0;
  return field === undefined || field === '' || field === '0' || field === 0 || field === false;
}

function methodsOf(root: protobuf.Root): Map<string, Method> {
  const methods = new Map<string, Method>();
  root.resolveAll();
  const api = root.lookup('etcdserverpb');
  for (const found of api instanceof protobuf.Namespace ? api.nestedArray : []) {
    if (!(found instanceof protobuf.Service)) continue;
    for (const method of found.methodsArray) {
      const { resolvedRequestType: request, resolvedResponseType: response } = method;
      if (!request || !response) continue;
      methods.set(`${found.name}/${method.name}`, {
        path: `/etcdserverpb.${found.name}/${method.name}`,
        request,
        response,
        requestStream: method.requestStream === true,
        responseStream: method.responseStream === true,
      });
    }
  }
  return methods;
}
