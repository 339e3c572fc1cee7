/** gRPC's status codes that are used here (grpc.io, "Status codes and their use in gRPC"). */
export const STATUS = {
  invalidArgument: 3,
  notFound: 5,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
} as const;

/** A request that etcd refuses, with its status code and its text, which programs match on. */
export class EtcdRefusal extends Error {
  override readonly name = 'EtcdRefusal';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

// etcd's own texts (`api/v3rpc/rpctypes/error.go`): they are protocol.
const { invalidArgument, notFound, failedPrecondition, outOfRange } = STATUS;

/** The refusals of etcd that can happen here; each is made when it is thrown. */
export const REFUSED = {
  noKey: refusal(invalidArgument, 'etcdserver: key is not provided'),
  keyNotFound: refusal(invalidArgument, 'etcdserver: key not found'),
  valueProvided: refusal(invalidArgument, 'etcdserver: value is provided'),
  leaseProvided: refusal(invalidArgument, 'etcdserver: lease is provided'),
  duplicateKey: refusal(invalidArgument, 'etcdserver: duplicate key given in txn request'),
  tooLarge: refusal(invalidArgument, 'etcdserver: request is too large'),
  leaseNotFound: refusal(notFound, 'etcdserver: requested lease not found'),
  leaseExists: refusal(failedPrecondition, 'etcdserver: lease already exists'),
  leaseTooLong: refusal(outOfRange, 'etcdserver: too large lease TTL'),
  compacted: refusal(outOfRange, 'etcdserver: mvcc: required revision has been compacted'),
  future: refusal(outOfRange, 'etcdserver: mvcc: required revision is a future revision'),
  noAuth: refusal(failedPrecondition, 'etcdserver: authentication is not enabled'),
};

function refusal(code: number, message: string): () => EtcdRefusal {
  return () => new EtcdRefusal(code, message);
}
