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
}

/** One guarded change of one key: what must hold, and the new value (absent: remove the key). */
export interface Change {
  readonly key: Buffer;
  /** The revision that the key was last changed at; `absent`: there must be no such key. */
  readonly guard: { readonly modRevision: string } | 'absent' | 'any';
  readonly value?: Buffer;
}

/** What goes along with a call. */
export interface Call {
  readonly signal: AbortSignal;
  /** From `authenticate`, where etcd wants one. */
  readonly token?: string | undefined;
}

/**
 * The part of etcd's v3 API that we use, as one server speaks it. Every call rejects with an
 * `EndpointFailure` when this server gave no answer, with `NoSuchApi` when it does not speak this
 * protocol, with `StaleToken` when the token is no good (any more), and with a `DcsError` when
 * etcd refused.
 */
export interface EtcdTransport extends Endpoint {
  /** A linearizable read, in the order of the keys. */
  range(range: KeyRange, call: Call): Promise<KeyValue[]>;
  /** True when the guard held and the change was made. */
  change(change: Change, call: Call): Promise<boolean>;
  /** How many keys were removed. */
  deleteRange(range: KeyRange, call: Call): Promise<number>;
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
