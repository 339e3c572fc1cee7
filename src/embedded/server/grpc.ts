import * as grpc from '@grpc/grpc-js';
import type { WatchRequest } from '../api/messages.ts';
import { EtcdRefusal, STATUS } from '../api/refusal.ts';
import { WatchStream } from '../api/watch.ts';
import type { ClockedStore } from './clocked-store.ts';
import { decode, encode, METHODS, type Method } from './protocol.ts';
import { HANDLERS, type Handler } from './unary.ts';

type Duplex = grpc.ServerDuplexStream<object, object>;

/** etcd's limit of a request, and what gRPC puts around it. */
const MESSAGE_LIMIT = 2 * 1024 * 1024;

/** The API over gRPC. It listens nowhere: connections are handed to it. */
export function grpcServer(store: ClockedStore): grpc.Server {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MESSAGE_LIMIT,
    'grpc.max_send_message_length': -1,
  });
  for (const [name, method] of METHODS) {
    const [service = '', call = ''] = name.split('/');
    const handler = HANDLERS.get(name);
    server.addService(
      { [call]: definitionOf(method) },
      { [call]: implementationOf(store, handler, method.requestStream) },
    );
    if (!handler && service !== 'Watch') throw new Error(`${name} has no handler`);
  }
  return server;
}

function definitionOf(method: Method): grpc.MethodDefinition<object, object> {
  const { path, request, response, requestStream, responseStream } = method;
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: (message) => encode(request, message),
    requestDeserialize: (bytes) => decode(request, bytes),
    responseSerialize: (message) => encode(response, message),
    responseDeserialize: (bytes) => decode(response, bytes),
  };
}

function implementationOf(
  store: ClockedStore,
  handler: Handler | undefined,
  stream: boolean,
): grpc.UntypedHandleCall {
  if (!handler) return (call: Duplex) => watch(store, call);
  if (stream) return (call: Duplex) => oneByOne(store, handler, call);
  return (call: grpc.ServerUnaryCall<object, object>, callback: grpc.sendUnaryData<object>) => {
    try {
      callback(
        null,
        store.use((open) => handler(open, call.request)),
      );
    } catch (error) {
      callback(statusOf(error));
    }
  };
}

/** A stream of which each message is answered by itself. */
function oneByOne(store: ClockedStore, handler: Handler, call: Duplex): void {
  call.on('data', (request: object) => {
    try {
      call.write(store.use((open) => handler(open, request)));
    } catch (error) {
      call.destroy(Object.assign(new Error(), statusOf(error)));
    }
  });
  call.on('end', () => call.end());
}

function watch(store: ClockedStore, call: Duplex): void {
  const stream = store.use((open) => new WatchStream(open, (reply) => void call.write(reply)));
  const close = (): void => stream.close();
  call.on('data', (request: WatchRequest) => store.use(() => stream.take(request)));
  call.on('end', () => {
    close();
    call.end();
  });
  call.on('cancelled', close);
  call.on('error', close);
}

/** What is no refusal is our own mistake: whoever asked is told so. */
function statusOf(error: unknown): { code: number; details: string } {
  if (error instanceof EtcdRefusal) return { code: error.code, details: error.message };
  return { code: STATUS.internal, details: String(error) };
}
