import type { Endpoint } from '../endpoints.ts';

/** Keys from `key` up to, not including, `end`. */
export interface KeyRange {
  readonly key: Buffer;
  readonly end: Buffer;
}

export interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  /** Revision of the last change: a whole number of 64 bits, in decimal. */
  readonly modRevision: string;
  /** The lease that the key goes away with: 64 bits, in decimal. */
  readonly lease: string | undefined;
}

/** What the server that answers says of itself with every answer. */
export interface Header {
  /** Another one after etcd was made anew. */
  readonly clusterId: string;
  /** The server. */
  readonly memberId: string;
  /** Of the last change that this server knows. */
  readonly revision: number;
  /** Grows with each election among the servers. */
  readonly raftTerm: number;
}

export interface RangeReply {
  readonly header: Header;
  /** In the order of the keys. */
  readonly kvs: readonly KeyValue[];
}

/** What must hold for a transaction: there is no such key, or it is of this revision or lease. */
export type Comparison =
  | { readonly key: Buffer; readonly absent: true }
  | { readonly key: Buffer; readonly modRevision: string }
  | { readonly key: Buffer; readonly lease: string };

/** One step of a transaction. */
export type Operation =
  | { readonly put: Buffer; readonly value: Buffer; readonly lease?: string | undefined }
  | { readonly remove: Buffer }
  | { readonly range: KeyRange };

export interface Transaction {
  readonly compare: readonly Comparison[];
  /** Done when all comparisons hold, all at once. */
  readonly success: readonly Operation[];
  /** Done when one of them does not. */
  readonly failure?: readonly Operation[];
}

export interface TransactionReply {
  readonly header: Header;
  /** All comparisons held. */
  readonly succeeded: boolean;
  /** What its ranges have shown, after the changes before them. */
  readonly kvs: readonly KeyValue[];
}

export interface KeepAliveReply {
  readonly header: Header;
  /** Seconds, as it was granted; undefined: this server knows of no such lease. */
  readonly ttl: number | undefined;
}

/** What to tell of: all changes of the range, from this revision on. */
export interface WatchRequest extends KeyRange {
  readonly startRevision: number;
}

/** One change of one key. */
export interface KeyEvent {
  readonly key: Buffer;
  readonly modRevision: string;
  /** Undefined: the key was removed. */
  readonly value: Buffer | undefined;
  readonly lease: string | undefined;
}

/** The first message of a watch says that it began; those after it tell of changes, in order. */
export interface WatchMessage {
  readonly header: Header;
  readonly created: boolean;
  readonly events: readonly KeyEvent[];
}

/** What goes along with a call. */
export interface Call {
  readonly signal: AbortSignal;
  /** From `authenticate`, where etcd wants one. */
  readonly token?: string | undefined;
  /** It does no harm to send it twice. A call that only reads never does. */
  readonly repeatable?: boolean;
}

/**
 * The part of etcd's v3 API that we use, as one server speaks it. Every call rejects with an
 * `EndpointFailure` when this server gave no answer, with `NoSuchApi` when it does not speak this
 * protocol, with `StaleToken` when the token is no good (any more), and with a `DcsError` when
 * etcd refused.
 */
export interface EtcdTransport extends Endpoint {
  /** A linearizable read. */
  range(range: KeyRange, call: Call): Promise<RangeReply>;
  /** Rejects with `LeaseGone` when a put names a lease that is not there: nothing was done then. */
  txn(transaction: Transaction, call: Call): Promise<TransactionReply>;
  /** How many keys were removed. */
  deleteRange(range: KeyRange, call: Call): Promise<number>;
  /** Opens a lease under an id of our choice; `LeaseExists` when it is there. `ttl` in seconds. */
  grant(id: string, ttl: number, call: Call): Promise<{ readonly ttl: number }>;
  /** A full TTL from now on. No quorum is asked: a server that was cut off may answer, too. */
  keepAlive(id: string, call: Call): Promise<KeepAliveReply>;
  /** Ends a lease, and its keys with it; `LeaseGone` when it is not there. */
  revoke(id: string, call: Call): Promise<void>;
  /**
   * Tells of changes until it ends, and then rejects: with `Compacted` when etcd has forgotten what
   * was asked for, with an `EndpointFailure` also when the signal was aborted. The server ends it
   * when it is cut off from the others (etcd's `WithRequireLeader`).
   */
  watch(request: WatchRequest, call: Call, tell: (message: WatchMessage) => void): Promise<never>;
  /** Client addresses of all servers of the cluster, as they advertise them. */
  members(call: Call): Promise<readonly string[]>;
  /** A token for the user; `AuthDisabled` when etcd has authentication switched off. */
  authenticate(user: User, call: Call): Promise<string>;
  close(): void;
}

export interface User {
  readonly username: string;
  readonly password: string;
}

/** The server answers, but not to this protocol. */
export class NoSuchApi extends Error {
  override readonly name = 'NoSuchApi';
}

/** The token was not accepted: get a new one. The request was not done. */
export class StaleToken extends Error {
  override readonly name = 'StaleToken';
}

/** etcd has authentication switched off: no token is needed. */
export class AuthDisabled extends Error {
  override readonly name = 'AuthDisabled';
}

/** There is no such lease. */
export class LeaseGone extends Error {
  override readonly name = 'LeaseGone';
}

/** There is such a lease already. */
export class LeaseExists extends Error {
  override readonly name = 'LeaseExists';
}

/** The revision that a watch was to begin with is no longer in etcd's history. */
export class Compacted extends Error {
  override readonly name = 'Compacted';
}
