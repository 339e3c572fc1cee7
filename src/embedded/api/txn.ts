import { type Comparison, holds } from '../core/comparison.ts';
import { isIn } from '../core/history.ts';
import type { Apply, KeyRange } from '../core/keyspace.ts';
import type { CompareMessage, HeaderMessage, OperationMessage, TxnRequest } from './messages.ts';
import { type RangeReply, range } from './range.ts';
import { REFUSED } from './refusal.ts';
import { type EtcdStore, keyText, rangeOf } from './store.ts';
import {
  applyDelete,
  applyPut,
  checkDelete,
  checkPut,
  type DeleteReply,
  type PutReply,
} from './write.ts';

/** What one step has answered: the field of what was asked for is there. */
interface StepReply {
  readonly response_range?: RangeReply;
  readonly response_put?: PutReply;
  readonly response_delete_range?: DeleteReply;
  readonly response_txn?: TxnReply;
}

export interface TxnReply {
  /** Empty in a transaction that is a step of another one. */
  readonly header: Partial<HeaderMessage>;
  readonly succeeded: boolean;
  readonly responses: readonly StepReply[];
}

/** A transaction whose comparisons were looked at, those of nested ones too. */
interface Decided {
  readonly succeeded: boolean;
  readonly steps: readonly (OperationMessage | Decided)[];
}

/**
 * `KV/Txn`. As in etcd all comparisons, also those of transactions in it, are made before anything
 * is changed, and a refusal means that nothing was done.
 */
export function txn(store: EtcdStore, request: TxnRequest): TxnReply {
  checkBranch(request.success);
  checkBranch(request.failure);
  const decided = decide(store, request);
  check(store, decided);
  const replies: TxnReply[] = [];
  store.commit((apply) => void replies.push(carryOut(store, decided, apply)));
  return { ...(replies[0] as TxnReply), header: store.header() };
}

function decide(store: EtcdStore, request: TxnRequest): Decided {
  const succeeded = request.compare.every((one) => holds(store.keys, comparisonOf(one)));
  const steps = succeeded ? request.success : request.failure;
  return {
    succeeded,
    steps: steps.map((step) => (step.request_txn ? decide(store, step.request_txn) : step)),
  };
}

function check(store: EtcdStore, { steps }: Decided): void {
  for (const step of steps) {
    if ('steps' in step) check(store, step);
    else if (step.request_put) checkPut(store, step.request_put);
    else if (step.request_delete_range) checkDelete(step.request_delete_range);
    else if (step.request_range?.key.length === 0) throw REFUSED.noKey();
  }
}

function carryOut(store: EtcdStore, decided: Decided, apply: Apply<Buffer>): TxnReply {
  const responses = decided.steps.map((step): StepReply => {
    if ('steps' in step) return { response_txn: carryOut(store, step, apply) };
    const { request_put: put, request_delete_range: removal, request_range: look } = step;
    if (put) return { response_put: applyPut(store, put, apply) };
    if (removal) return { response_delete_range: applyDelete(store, removal, apply) };
    return look ? { response_range: range(store, look) } : {};
  });
  return { header: {}, succeeded: decided.succeeded, responses };
}

/** A key may be changed once: put twice, or put and removed, is refused. */
function checkBranch(steps: readonly OperationMessage[]): void {
  const puts: string[] = [];
  const removed: KeyRange[] = [];
  for (const { request_put: put, request_delete_range: removal, request_txn: inner } of steps) {
    if (put) puts.push(keyText(put.key));
    if (removal) removed.push(rangeOf(removal));
    if (inner) {
      checkBranch(inner.success);
      checkBranch(inner.failure);
    }
  }
  const twice = new Set(puts).size < puts.length;
  if (twice || removed.some((which) => puts.some((key) => isIn(which, key)))) {
    throw REFUSED.duplicateKey();
  }
}

function comparisonOf(message: CompareMessage): Comparison<Buffer> {
  const about = { range: rangeOf(message), relation: message.result };
  switch (message.target) {
    case 'VERSION':
      return { ...about, target: 'version', than: Number(message.version ?? 0) };
    case 'CREATE':
      return { ...about, target: 'created', than: Number(message.create_revision ?? 0) };
    case 'MOD':
      return { ...about, target: 'modified', than: Number(message.mod_revision ?? 0) };
    case 'LEASE':
      return { ...about, target: 'lease', than: message.lease ?? '0' };
    case 'VALUE': {
      const than = message.value ?? Buffer.alloc(0);
      return { ...about, target: 'value', than, order: Buffer.compare };
    }
  }
}
