import {
  leaseGrant,
  leaseKeepAlive,
  leaseLeases,
  leaseRevoke,
  leaseTimeToLive,
} from '../api/lease.ts';
import { alarm, authenticate, compact, memberList, status } from '../api/maintenance.ts';
import { range } from '../api/range.ts';
import type { EtcdStore } from '../api/store.ts';
import { txn } from '../api/txn.ts';
import { deleteRange, put } from '../api/write.ts';

/** Answers one message with one message. Throws an `EtcdRefusal`. */
export type Handler = (store: EtcdStore, request: object) => object;

/** A handler of one kind of message; the protocol sees to it that it gets no other. */
function of<Request>(handler: (store: EtcdStore, request: Request) => object): Handler {
  return (store, request) => handler(store, request as Request);
}

/** All that is asked and answered with single messages, by `Service/Method`. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['KV/Range', of(range)],
  ['KV/Put', of(put)],
  ['KV/DeleteRange', of(deleteRange)],
  ['KV/Txn', of(txn)],
  ['KV/Compact', of(compact)],
  ['Lease/LeaseGrant', of(leaseGrant)],
  ['Lease/LeaseRevoke', of(leaseRevoke)],
  // A stream, of which each message is answered by itself.
  ['Lease/LeaseKeepAlive', of(leaseKeepAlive)],
  ['Lease/LeaseTimeToLive', of(leaseTimeToLive)],
  ['Lease/LeaseLeases', of(leaseLeases)],
  ['Cluster/MemberList', of(memberList)],
  ['Maintenance/Status', of(status)],
  ['Maintenance/Alarm', of(alarm)],
  ['Auth/Authenticate', of(authenticate)],
]);
