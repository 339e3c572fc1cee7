import type { IOptions } from 'etcd3';
import { DcsError } from '../../model/errors.ts';
import type { TlsMaterial } from '../tls.ts';
import { type CallOptions, GrpcCalls } from './grpc-calls.ts';
import { headerOf, keyValueOf, rangesOf, transactionMessage } from './grpc-messages.ts';
import { keepAliveOnce, watchOverGrpc } from './grpc-streams.ts';
import type { EtcdTransport } from './transport.ts';

/** The answers are as large as the gateway's may be. */
const MESSAGE_LIMIT = 64 * 1024 * 1024;

export interface GrpcOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly tls: TlsMaterial | undefined;
  /** Every call ends by this time, whatever the signal says. */
  readonly callTimeoutMs: number;
  /** Told of each request that is sent. */
  readonly onRequest?: ((what: string) => void) | undefined;
}

/**
 * etcd's v3 API over gRPC, through the `etcd3` package with its own retries and tokens switched
 * off: which server is asked, how often and as whom is decided above.
 */
export async function grpcTransport(options: GrpcOptions): Promise<EtcdTransport> {
  const credentials = await credentialsOf(options);
  const { Etcd3 } = await import('etcd3');
  const client = new Etcd3({
    hosts: options.url,
    ...(credentials ? { credentials } : {}),
    grpcOptions: {
      // etcd's floor for pings is 5 s (--grpc-keepalive-min-time).
      'grpc.keepalive_time_ms': 5000,
      'grpc.keepalive_timeout_ms': 2000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.max_receive_message_length': MESSAGE_LIMIT,
    },
    faultHandling: { host: () => NO_FAULT_HANDLING, global: NO_FAULT_HANDLING },
  });
  const calls = new GrpcCalls(options.callTimeoutMs, options.onRequest);
  return {
    name: options.url,
    async range({ key, end }, call) {
      const reply = await calls.ask(call, (how) => client.kv.range({ key, range_end: end }, how));
      return { header: headerOf(reply.header), kvs: reply.kvs.map(keyValueOf) };
    },
    async txn(transaction, call) {
      const message = transactionMessage(transaction);
      const send = (how: CallOptions) => client.kv.txn(message, how);
      const sent = call.repeatable ? calls.ask(call, send) : calls.once(call, send);
      const { header, succeeded, responses } = await sent;
      return { header: headerOf(header), succeeded, kvs: rangesOf(responses) };
    },
    async deleteRange({ key, end }, call) {
      const send = (how: CallOptions) => client.kv.deleteRange({ key, range_end: end }, how);
      return Number((await calls.once(call, send)).deleted);
    },
    async grant(id, ttl, call) {
      const reply = await calls.once(call, (how) =>
        client.leaseClient.leaseGrant({ ID: id, TTL: ttl }, how),
      );
      return { ttl: Number(reply.TTL) };
    },
    async keepAlive(id, call) {
      const reply = await calls.ask(call, (how) => keepAliveOnce(client, id, how));
      const ttl = Number(reply.TTL);
      return { header: headerOf(reply.header), ttl: ttl > 0 ? ttl : undefined };
    },
    async revoke(id, call) {
      await calls.once(call, (how) => client.leaseClient.leaseRevoke({ ID: id }, how));
    },
    watch: (request, call, tell) =>
      calls.stay(call, (how) => watchOverGrpc(client, { request, call, options: how }, tell)),
    async members(call) {
      const reply = await calls.ask(call, (how) => client.cluster.memberList({}, how));
      return reply.members.flatMap(({ clientURLs }) => clientURLs);
    },
    async authenticate({ username, password }, { signal }) {
      const user = { name: username, password };
      return (await calls.once({ signal }, (how) => client.auth.authenticate(user, how))).token;
    },
    close: () => client.close(),
  };
}

type Policy = ReturnType<NonNullable<NonNullable<IOptions['faultHandling']>['host']>>;

/** A policy of the `cockatiel` package, as etcd3 wants one, that only calls through. */
const NO_FAULT_HANDLING = {
  execute: async (call: (context: unknown) => unknown) =>
    call({ signal: new AbortController().signal }),
} as unknown as Policy;

async function credentialsOf({ tls }: GrpcOptions): Promise<IOptions['credentials'] | undefined> {
  if (!tls) return undefined;
  if (!tls.rejectUnauthorized) {
    throw new DcsError('This etcd answers only over gRPC, where certificates cannot go unchecked', {
      hint: "set cacert in the etcd section to the file of etcd's own certificate or its CA",
    });
  }
  const { rootCertificates } = await import('node:tls');
  const { createPrivateKey } = await import('node:crypto');
  const rootCertificate = tls.ca ?? Buffer.from(rootCertificates.join('\n'));
  if (!tls.cert || !tls.key) return { rootCertificate };
  const secret = { key: tls.key, ...(tls.passphrase ? { passphrase: tls.passphrase } : {}) };
  const privateKey = createPrivateKey(secret).export({ type: 'pkcs8', format: 'pem' });
  return { rootCertificate, certChain: tls.cert, privateKey: Buffer.from(privateKey) };
}
