import type { Etcd3, IOptions } from 'etcd3';
import { DcsError } from '../../model/errors.ts';
import { EndpointFailure } from '../failure.ts';
import type { TlsMaterial } from '../tls.ts';
import { etcdError } from './errors.ts';
import { headerOf, keyValueOf, rangesOf, transactionMessage } from './grpc-messages.ts';
import { keepAliveOnce, watchOverGrpc } from './grpc-streams.ts';
import { type Call, Compacted, type EtcdTransport, StaleToken } from './transport.ts';

type CallOptions = NonNullable<Parameters<Etcd3['kv']['range']>[1]>;

/** The answers are as large as the gateway's may be. */
const MESSAGE_LIMIT = 64 * 1024 * 1024;

export interface GrpcOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly tls: TlsMaterial | undefined;
  /** Every call ends by this time, whatever the signal says. */
  readonly callTimeoutMs: number;
  /** Told of each request that is sent. */
  readonly onRequest?: (() => void) | undefined;
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
  const run = <T>(call: Call, send: (callOptions: CallOptions) => Promise<T>): Promise<T> => {
    call.signal.throwIfAborted();
    options.onRequest?.();
    return send(callOptions(call, options.callTimeoutMs)).catch((error: unknown) => {
      throw failureOf(error);
    });
  };
  /** The server may have closed the kept connection meanwhile, which a new one shows. */
  const ask = <T>(call: Call, send: (callOptions: CallOptions) => Promise<T>): Promise<T> =>
    run(call, send).catch((error: unknown) => {
      if (error instanceof EndpointFailure && !call.signal.aborted) return run(call, send);
      throw error;
    });
  return {
    name: options.url,
    async range({ key, end }, call) {
      const reply = await ask(call, (how) => client.kv.range({ key, range_end: end }, how));
      return { header: headerOf(reply.header), kvs: reply.kvs.map(keyValueOf) };
    },
    async txn(transaction, call) {
      const message = transactionMessage(transaction);
      const send = (how: CallOptions) => client.kv.txn(message, how);
      const { header, succeeded, responses } = await (call.repeatable ? ask : run)(call, send);
      return { header: headerOf(header), succeeded, kvs: rangesOf(responses) };
    },
    async deleteRange({ key, end }, call) {
      const reply = await run(call, (how) => client.kv.deleteRange({ key, range_end: end }, how));
      return Number(reply.deleted);
    },
    async grant(id, ttl, call) {
      const reply = await run(call, (how) =>
        client.leaseClient.leaseGrant({ ID: id, TTL: ttl }, how),
      );
      return { ttl: Number(reply.TTL) };
    },
    async keepAlive(id, call) {
      const reply = await ask(call, (how) => keepAliveOnce(client, id, how));
      const ttl = Number(reply.TTL);
      return { header: headerOf(reply.header), ttl: ttl > 0 ? ttl : undefined };
    },
    async revoke(id, call) {
      await run(call, (how) => client.leaseClient.leaseRevoke({ ID: id }, how));
    },
    watch(request, call, tell) {
      options.onRequest?.();
      return watchOverGrpc(client, { request, call, options: streamOptions(call) }, tell).catch(
        (error: unknown) => {
          throw isVerdict(error) ? error : failureOf(error);
        },
      );
    },
    async members(call) {
      const reply = await ask(call, (how) => client.cluster.memberList({}, how));
      return reply.members.flatMap(({ clientURLs }) => clientURLs);
    },
    async authenticate({ username, password }, { signal }) {
      const user = { name: username, password };
      return (await run({ signal }, (how) => client.auth.authenticate(user, how))).token;
    },
    close: () => client.close(),
  };
}

/** What we make of a message ourselves, rather than gRPC. */
function isVerdict(error: unknown): boolean {
  return [EndpointFailure, Compacted, StaleToken, DcsError].some((kind) => error instanceof kind);
}

type Policy = ReturnType<NonNullable<NonNullable<IOptions['faultHandling']>['host']>>;

/** A policy of the `cockatiel` package, as etcd3 wants one, that only calls through. */
const NO_FAULT_HANDLING = {
  execute: (call: (context: unknown) => unknown) => call({ signal: new AbortController().signal }),
} as unknown as Policy;

/** A deadline, the token, and an end when the signal is aborted. */
function callOptions({ token, signal }: Call, callTimeoutMs: number): CallOptions {
  return {
    deadline: Date.now() + callTimeoutMs,
    interceptors: [
      (options, nextCall) => {
        const call = withMetadata(nextCall(options), token === undefined ? {} : { token });
        const cancel = (): void => call.cancelWithStatus(4, 'no answer in time');
        signal.addEventListener('abort', cancel, { once: true });
        return call;
      },
    ],
  } as CallOptions;
}

/** For a watch, which has no deadline. `hasleader`: see `EtcdTransport.watch`. */
function streamOptions({ token }: Call): CallOptions {
  const added = { hasleader: 'true', ...(token === undefined ? {} : { token }) };
  return {
    interceptors: [(options, nextCall) => withMetadata(nextCall(options), added)],
  } as CallOptions;
}

type Interceptor = NonNullable<CallOptions['interceptors']>[number];
type InnerCall = ReturnType<Parameters<Interceptor>[1]>;

function withMetadata(call: InnerCall, added: Record<string, string>): InnerCall {
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    for (const [name, value] of Object.entries(added)) metadata.set(name, value);
    start(metadata, listener);
  };
  return call;
}

/** etcd3 wraps gRPC's errors into classes without their code, and keeps the text. */
function failureOf(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const [, code, message] = /(?:^|: )(\d+) [A-Z_]+: (.*)$/s.exec(text) ?? ['', '2', text];
  if (message?.startsWith('No connection established')) {
    return new EndpointFailure('no gRPC connection', { maybeApplied: false });
  }
  return etcdError(Number(code), message ?? '');
}

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
