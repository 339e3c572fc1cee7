import type { Etcd3 } from 'etcd3';
import { DcsError } from '../../model/errors.ts';
import { EndpointFailure } from '../failure.ts';
import { etcdError } from './errors.ts';
import { type Call, Compacted, StaleToken } from './transport.ts';

export type CallOptions = NonNullable<Parameters<Etcd3['kv']['range']>[1]>;

/** Sends one request with what gRPC has to be told. */
export type Send<T> = (options: CallOptions) => Promise<T>;

/** Requests of one client, with our deadlines, tokens and errors. */
export class GrpcCalls {
  readonly #timeoutMs: number;
  readonly #onRequest: ((what: string) => void) | undefined;

  constructor(timeoutMs: number, onRequest: ((what: string) => void) | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#onRequest = onRequest;
  }

  /** Sends it once. */
  async once<T>(call: Call, send: Send<T>): Promise<T> {
    call.signal.throwIfAborted();
    return this.#send(send, callOptions(call, this.#timeoutMs));
  }

  /** The server may have closed the kept connection meanwhile, which a new one shows. */
  async ask<T>(call: Call, send: Send<T>): Promise<T> {
    try {
      return await this.once(call, send);
    } catch (error) {
      if (error instanceof EndpointFailure && !call.signal.aborted) return this.once(call, send);
      throw error;
    }
  }

  /** Sends what has no deadline; that server must not be cut off from the others. */
  stay<T>(call: Call, send: Send<T>): Promise<T> {
    return this.#send(send, streamOptions(call));
  }

  async #send<T>(send: Send<T>, options: CallOptions): Promise<T> {
    this.#onRequest?.('grpc');
    try {
      return await send(options);
    } catch (error) {
      throw isVerdict(error) ? error : failureOf(error);
    }
  }
}

/** What we make of a message ourselves, rather than gRPC. */
function isVerdict(error: unknown): boolean {
  return [EndpointFailure, Compacted, StaleToken, DcsError].some((kind) => error instanceof kind);
}

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
    start(metadata, {
      onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
      onReceiveMessage: (message) => listener?.onReceiveMessage?.(message),
      onReceiveStatus: (status) =>
        listener?.onReceiveStatus?.({ ...status, details: hideStaleToken(status.details) }),
    });
  };
  return call;
}

/** A call that etcd3 takes for one with an old token, it repeats with the same token for ever. */
function hideStaleToken(details: string): string {
  return details.replace('etcdserver: invalid auth token', 'invalid auth token');
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
