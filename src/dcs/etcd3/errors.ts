import { DcsError } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { EndpointFailure } from '../failure.ts';
import {
  AuthDisabled,
  Compacted,
  LeaseExists,
  LeaseGone,
  NoSuchApi,
  StaleToken,
} from './transport.ts';

/** gRPC's status codes that matter here (grpc.io, "Status codes and their use in gRPC"). */
const GRPC = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
};

/** Statuses that say nothing about the request: another server may do better. */
const NOT_ANSWERED: ReadonlySet<number> = new Set([
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.internal,
  GRPC.unavailable,
  GRPC.dataLoss,
]);

/**
 * What an error of etcd's v3 API means for us: the status code and text are those of gRPC, which
 * the gateway passes on (etcd's `api/v3rpc/rpctypes/error.go` lists the texts).
 */
export function etcdError(code: number, message: string): Error {
  if (message.includes('invalid auth token') || message.includes('revision of auth store is old')) {
    return new StaleToken(message);
  }
  if (message.includes('authentication is not enabled')) return new AuthDisabled(message);
  if (message.includes('requested lease not found')) return new LeaseGone(message);
  if (message.includes('lease already exists')) return new LeaseExists(message);
  const known = REFUSALS.find(([text]) => message.includes(text));
  if (known) return new DcsError(known[1], { hint: known[2] });
  const text = printable(message.replace(/^etcdserver: /, ''));
  if (message.includes('too many requests')) {
    return new EndpointFailure(text, { maybeApplied: false });
  }
  if (NOT_ANSWERED.has(code)) {
    // Other texts are gRPC's own: then etcd has not spoken.
    const passing = /^etcdserver: |not a primary lessor/.test(message);
    return new EndpointFailure(text, { maybeApplied: !message.includes('no leader'), passing });
  }
  if (code === GRPC.unimplemented) return new NoSuchApi(message);
  if (code === GRPC.permissionDenied) {
    return new DcsError('etcd does not let this user read or write these keys', {
      hint: 'check username in the etcd section, and the roles that etcd gives that user',
    });
  }
  return new DcsError(`etcd refused the request: ${text}`);
}

/** etcd's text, our sentence, our hint. */
const REFUSALS: readonly (readonly [string, string, string])[] = [
  [
    'authentication failed, invalid user ID or password',
    'etcd does not accept the user name or the password',
    'check username and password in the etcd section',
  ],
  [
    'user name is empty',
    'etcd wants a user name and a password, and the configuration has none',
    'set username and password in the etcd section',
  ],
  [
    'request is too large',
    'The value is too large for etcd',
    "etcd's limit is --max-request-bytes, 1.5 MiB unless set",
  ],
  [
    'database space exceeded',
    'etcd does not take writes: its database has reached its size limit',
    "see etcd's manual, Maintenance, Space quota",
  ],
];

/**
 * Why etcd ended a watch. A token that has run out shows as a permission that is missing (etcd
 * issue 12385): with a new one it may be there.
 */
export function watchCancelled(end: {
  readonly forgotten: number;
  readonly reason: string;
  readonly token: string | undefined;
}): Error {
  const { forgotten, reason, token } = end;
  if (forgotten > 0) return new Compacted(`etcd keeps no history before revision ${forgotten}`);
  const denied = /permission denied|user name is empty|invalid auth token/.test(reason);
  if (denied && token !== undefined) return new StaleToken(reason);
  if (denied) return etcdError(GRPC.permissionDenied, reason);
  const why = printable(reason) || 'it ended the watch';
  return new EndpointFailure(why, { maybeApplied: false });
}
