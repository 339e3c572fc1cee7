import type { Etcd3, ILeaseKeepAliveResponse, IWatchResponse } from 'etcd3';
import { EndpointFailure } from '../failure.ts';
import { watchCancelled } from './errors.ts';
import { watchMessageOf } from './grpc-messages.ts';
import type { Call, WatchMessage, WatchRequest } from './transport.ts';

type StreamOptions = NonNullable<Parameters<Etcd3['leaseClient']['leaseKeepAlive']>[0]>;

/** One message there and one back on etcd's stream of keep-alives; `options` has the deadline. */
export async function keepAliveOnce(
  client: Etcd3,
  id: string,
  options: StreamOptions,
): Promise<ILeaseKeepAliveResponse> {
  const stream = await client.leaseClient.leaseKeepAlive(options);
  return new Promise((resolve, reject) => {
    stream.on('data', (reply: ILeaseKeepAliveResponse) => {
      stream.end();
      resolve(reply);
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('it ended the stream')));
    stream.write({ ID: id });
  });
}

/** `EtcdTransport.watch` over gRPC. Rejects with gRPC's error when it is that which fails. */
export async function watchOverGrpc(
  client: Etcd3,
  what: { readonly request: WatchRequest; readonly call: Call; readonly options: StreamOptions },
  tell: (message: WatchMessage) => void,
): Promise<never> {
  const { request, call, options } = what;
  const stream = await client.watchClient.watch(options);
  return new Promise((_, reject) => {
    const end = (reason: unknown): void => {
      call.signal.removeEventListener('abort', abort);
      reject(reason);
      // Ended first: for what breaks on an open stream the package would drop its connections.
      stream.end();
      stream.cancel();
    };
    const abort = (): void => end(new EndpointFailure('it was given up', { maybeApplied: false }));
    const take = (message: IWatchResponse): void => {
      if (!message.canceled) {
        tell(watchMessageOf(message));
        return;
      }
      const { compact_revision: forgotten, cancel_reason: reason } = message;
      throw watchCancelled({ forgotten: Number(forgotten), reason, token: call.token });
    };
    stream.on('data', (message: IWatchResponse) => {
      try {
        take(message);
      } catch (error) {
        end(error);
      }
    });
    stream.on('error', end);
    stream.on('end', () => end(new EndpointFailure('it ended the watch', { maybeApplied: false })));
    call.signal.addEventListener('abort', abort);
    if (call.signal.aborted) {
      abort();
      return;
    }
    const { key, end: rangeEnd, startRevision } = request;
    stream.write({ create_request: { key, range_end: rangeEnd, start_revision: startRevision } });
  });
}
