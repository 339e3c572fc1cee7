import type { Endpoints } from '../../endpoints.ts';
import { EndpointFailure } from '../../failure.ts';
import { unknownResult } from '../../settle.ts';
import type { WithToken } from '../auth.ts';
import type { Call, EtcdTransport } from '../transport.ts';

/** The way to the servers of one etcd. */
export interface EtcdLink {
  readonly nodes: EtcdTransport[];
  readonly endpoints: Endpoints<EtcdTransport>;
  readonly withToken: WithToken;
}

/** What to do at one server. */
export type AtNode<T> = (node: EtcdTransport, call: Call) => Promise<T>;

/** Asks etcd, by a deadline on the monotonic clock. */
export interface Asker {
  /** The server that answered last. */
  best(): Promise<EtcdTransport>;
  /**
   * What may be done twice: when one server is silent the next one is asked as well. The value is
   * that of the first that answered.
   */
  ask<T>(deadline: number, act: AtNode<T>): Promise<T>;
  /** What must not be done twice. Without an answer it is a `DcsError`: it may have been done. */
  once<T>(deadline: number, act: AtNode<T>): Promise<T>;
  /** Something long at the server that answered last. */
  stay(signal: AbortSignal, act: AtNode<never>): Promise<never>;
}

/** Asks over the link that there is at that time. `link` may reject with a `DcsError`. */
export function askerOver(link: () => Promise<EtcdLink>): Asker {
  return {
    best: async () => (await link()).endpoints.best,
    async ask(deadline, act) {
      const { endpoints, withToken } = await link();
      return endpoints.read(
        (node, signal) =>
          withToken(node, signal, (token) => act(node, { signal, token, repeatable: true })),
        { deadline },
      );
    },
    async once(deadline, act) {
      const { endpoints, withToken } = await link();
      try {
        return await endpoints.write(
          (node, signal) => withToken(node, signal, (token) => act(node, { signal, token })),
          deadline,
        );
      } catch (error) {
        throw error instanceof EndpointFailure ? unknownResult(error) : error;
      }
    },
    async stay(signal, act) {
      const { endpoints, withToken } = await link();
      const node = endpoints.best;
      return withToken(node, signal, (token) => act(node, { signal, token }));
    },
  };
}
