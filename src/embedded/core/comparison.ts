import type { Item, KeyRange, Keyspace } from './keyspace.ts';

/** What is compared of a key. */
type Operand<Value> =
  | { readonly target: 'version' | 'created' | 'modified'; readonly than: number }
  /** A lease is a number of 64 bits, in decimal; `0` is none. */
  | { readonly target: 'lease'; readonly than: string }
  | {
      readonly target: 'value';
      readonly than: Value;
      /** Below 0, 0, or above 0. */
      readonly order: (a: Value, b: Value) => number;
    };

type Relation = 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';

/** What must hold for every key of a range. */
export type Comparison<Value> = Operand<Value> & {
  readonly range: KeyRange;
  readonly relation: Relation;
};

/**
 * True when the comparison holds. As in etcd, a range without keys is compared as one key whose
 * numbers are 0, and has no value that could be compared.
 */
export function holds<Value>(keys: Keyspace<Value>, comparison: Comparison<Value>): boolean {
  const items = keys.range(comparison.range);
  if (items.length === 0) return comparison.target !== 'value' && fits(comparison, undefined);
  return items.every((item) => fits(comparison, item));
}

function fits<Value>(comparison: Comparison<Value>, item: Item<Value> | undefined): boolean {
  const order = orderOf(comparison, item);
  switch (comparison.relation) {
    case 'EQUAL':
      return order === 0;
    case 'GREATER':
      return order > 0;
    case 'LESS':
      return order < 0;
    case 'NOT_EQUAL':
      return order !== 0;
  }
}

function orderOf<Value>(operand: Operand<Value>, item: Item<Value> | undefined): number {
  switch (operand.target) {
    case 'value':
      return item === undefined ? -1 : operand.order(item.value, operand.than);
    case 'lease': {
      const lease = item?.lease ?? '0';
      if (lease === operand.than) return 0;
      return BigInt(lease) < BigInt(operand.than) ? -1 : 1;
    }
    case 'version':
    case 'created':
    case 'modified':
      return (item?.[operand.target] ?? 0) - operand.than;
  }
}
