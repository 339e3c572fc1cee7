import type {
  ICompare,
  IEvent,
  IKeyValue,
  IRequestOp,
  IResponseHeader,
  IResponseOp,
  ITxnRequest,
  IWatchResponse,
} from 'etcd3';
import type {
  Comparison,
  Header,
  KeyEvent,
  KeyValue,
  Operation,
  Transaction,
  WatchMessage,
} from './transport.ts';

// The messages of etcd's v3 API as the `etcd3` package has them: 64 bits are decimal text.

/** The message of a transaction. */
export function transactionMessage({ compare, success, failure }: Transaction): ITxnRequest {
  return {
    compare: compare.map(comparisonMessage),
    success: success.map(operationMessage),
    failure: (failure ?? []).map(operationMessage),
  };
}

/** What every answer says of its server. */
export function headerOf(header: IResponseHeader): Header {
  return {
    clusterId: header.cluster_id,
    memberId: header.member_id,
    revision: Number(header.revision),
    raftTerm: Number(header.raft_term),
  };
}

/** A key as it was found. 0 is etcd's word for no lease. */
export function keyValueOf({ key, value, mod_revision: modRevision, lease }: IKeyValue): KeyValue {
  return { key, value, modRevision, lease: lease === '0' ? undefined : lease };
}

/** What the ranges of a transaction have found. */
export function rangesOf(responses: readonly IResponseOp[]): KeyValue[] {
  // Only the field of what was asked for is there, whatever the type says.
  return responses.flatMap(({ response_range: found }: Partial<IResponseOp>) =>
    (found?.kvs ?? []).map(keyValueOf),
  );
}

/** A message of a watch. */
export function watchMessageOf({ header, created, events }: IWatchResponse): WatchMessage {
  return { header: headerOf(header), created, events: events.map(eventOf) };
}

function eventOf({ type, kv }: IEvent): KeyEvent {
  const { key, value, modRevision, lease } = keyValueOf(kv);
  return { key, modRevision, value: type === 'Delete' ? undefined : value, lease };
}

function comparisonMessage(comparison: Comparison): ICompare {
  const { key } = comparison;
  if ('absent' in comparison) return { key, target: 'Create', create_revision: '0' };
  if ('lease' in comparison) return { key, target: 'Lease', lease: comparison.lease };
  return { key, target: 'Mod', mod_revision: comparison.modRevision };
}

function operationMessage(operation: Operation): IRequestOp {
  if ('range' in operation) {
    const { key, end } = operation.range;
    return { request_range: { key, range_end: end } };
  }
  if ('remove' in operation) return { request_delete_range: { key: operation.remove } };
  const { put, value, lease } = operation;
  return { request_put: { key: put, value, ...(lease === undefined ? {} : { lease }) } };
}
