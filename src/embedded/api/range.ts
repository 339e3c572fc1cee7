import type { Item } from '../core/keyspace.ts';
import type { HeaderMessage, KeyMessage, RangeRequest } from './messages.ts';
import { REFUSED } from './refusal.ts';
import { type EtcdStore, keyMessage, rangeOf } from './store.ts';

export interface RangeReply {
  readonly header: HeaderMessage;
  readonly kvs: readonly KeyMessage[];
  readonly more: boolean;
  readonly count: string;
}

/** `KV/Range`. Throws an `EtcdRefusal` for a revision that is not known (any more). */
export function range(store: EtcdStore, request: RangeRequest): RangeReply {
  if (request.key.length === 0) throw REFUSED.noKey();
  const all = itemsAt(store, request);
  const fitting = sorted(all.filter(withinBounds(request)), request);
  const limit = Number(request.limit);
  const shown = limit > 0 ? fitting.slice(0, limit) : fitting;
  const kvs = request.count_only ? [] : shown.map(keyMessage);
  return {
    header: store.header(),
    kvs: request.keys_only ? kvs.map((kv) => ({ ...kv, value: Buffer.alloc(0) })) : kvs,
    more: !request.count_only && shown.length < fitting.length,
    count: String(all.length),
  };
}

function itemsAt(store: EtcdStore, request: RangeRequest): Item<Buffer>[] {
  const which = rangeOf(request);
  const now = store.keys.range(which);
  const revision = Number(request.revision);
  if (revision <= 0 || revision === store.keys.revision) return now;
  if (revision > store.keys.revision) throw REFUSED.future();
  const then = store.history.before(now, which, revision);
  if (!then) throw REFUSED.compacted();
  return then;
}

function withinBounds(request: RangeRequest): (item: Item<Buffer>) => boolean {
  const least = (text: string): number => Number(text);
  const most = (text: string): number => Number(text) || Number.POSITIVE_INFINITY;
  return ({ modified, created }) =>
    modified >= least(request.min_mod_revision) &&
    modified <= most(request.max_mod_revision) &&
    created >= least(request.min_create_revision) &&
    created <= most(request.max_create_revision);
}

const ORDER_BY: Readonly<
  Record<RangeRequest['sort_target'], (a: Item<Buffer>, b: Item<Buffer>) => number>
> = {
  KEY: (a, b) => (a.key < b.key ? -1 : 1),
  VERSION: (a, b) => a.version - b.version,
  CREATE: (a, b) => a.created - b.created,
  MOD: (a, b) => a.modified - b.modified,
  VALUE: (a, b) => Buffer.compare(a.value, b.value),
};

/** As in etcd: a target without an order means ascending. */
function sorted(items: Item<Buffer>[], request: RangeRequest): Item<Buffer>[] {
  const { sort_target: target, sort_order: order } = request;
  if (order === 'NONE' && target === 'KEY') return items;
  const ascending = items.sort(ORDER_BY[target]);
  return order === 'DESCEND' ? ascending.reverse() : ascending;
}
