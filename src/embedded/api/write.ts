import type { Apply, KeyEvent } from '../core/keyspace.ts';
import type { DeleteRangeRequest, HeaderMessage, KeyMessage, PutRequest } from './messages.ts';
import { REFUSED } from './refusal.ts';
import { type EtcdStore, keyMessage, keyText, rangeOf } from './store.ts';

/** etcd's `--max-request-bytes`, unless it is set. */
const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

export interface PutReply {
  readonly header: HeaderMessage;
  readonly prev_kv?: KeyMessage;
}

export interface DeleteReply {
  readonly header: HeaderMessage;
  readonly deleted: string;
  readonly prev_kvs: readonly KeyMessage[];
}

/** `KV/Put`. */
export function put(store: EtcdStore, request: PutRequest): PutReply {
  checkPut(store, request);
  return oneStep(store, (apply) => applyPut(store, request, apply));
}

/** `KV/DeleteRange`. */
export function deleteRange(store: EtcdStore, request: DeleteRangeRequest): DeleteReply {
  checkDelete(request);
  return oneStep(store, (apply) => applyDelete(store, request, apply));
}

/** Throws the `EtcdRefusal` that a put would end with, before anything was done. */
export function checkPut(store: EtcdStore, request: PutRequest): void {
  const { key, value, lease } = request;
  if (key.length === 0) throw REFUSED.noKey();
  if (key.length + value.length > MAX_REQUEST_BYTES) throw REFUSED.tooLarge();
  if (request.ignore_value && value.length > 0) throw REFUSED.valueProvided();
  if (request.ignore_lease && lease !== '0') throw REFUSED.leaseProvided();
  const keeps = request.ignore_value || request.ignore_lease;
  if (keeps && !store.keys.get(keyText(key))) throw REFUSED.keyNotFound();
  if (lease !== '0' && !store.leases.has(lease)) throw REFUSED.leaseNotFound();
}

/** The same for a removal. */
export function checkDelete({ key }: DeleteRangeRequest): void {
  if (key.length === 0) throw REFUSED.noKey();
}

/** A put as a step of a transaction, after `checkPut`. */
export function applyPut(store: EtcdStore, request: PutRequest, apply: Apply<Buffer>): PutReply {
  const key = keyText(request.key);
  const before = store.keys.get(key);
  const value = request.ignore_value && before ? before.value : request.value;
  const lease = request.ignore_lease ? before?.lease : leaseOf(request.lease);
  const event = apply({ key, value, lease });
  return {
    header: store.header(),
    ...(request.prev_kv && event?.before ? { prev_kv: keyMessage(event.before) } : {}),
  };
}

/** A removal as a step of a transaction, after `checkDelete`. */
export function applyDelete(
  store: EtcdStore,
  request: DeleteRangeRequest,
  apply: Apply<Buffer>,
): DeleteReply {
  const events = store.keys
    .range(rangeOf(request))
    .map(({ key }) => apply({ key, value: undefined }))
    .filter((event): event is KeyEvent<Buffer> => event !== undefined);
  const before = events.flatMap((event) => (event.before ? [keyMessage(event.before)] : []));
  return {
    header: store.header(),
    deleted: String(events.length),
    prev_kvs: request.prev_kv ? before : [],
  };
}

function oneStep<Reply>(store: EtcdStore, step: (apply: Apply<Buffer>) => Reply): Reply {
  const replies: Reply[] = [];
  store.commit((apply) => void replies.push(step(apply)));
  return replies[0] as Reply;
}

/** 0 is etcd's word for no lease. */
function leaseOf(id: string): string | undefined {
  return id === '0' ? undefined : id;
}
