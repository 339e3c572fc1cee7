import type { Monotonic } from '../../ha/facts.ts';
import type { ClusterView } from '../../model/cluster.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import type { RestBackend } from './backend.ts';
import type { BodyReading } from './body.ts';
import type { Reply } from './reply.ts';
import type { SharedLook } from './shared-look.ts';

/** One request, as far as its handler needs to know it. */
export interface Call {
  readonly backend: RestBackend;
  readonly looks: Looks;
  readonly query: URLSearchParams | undefined;
  /** When the server began. */
  readonly begun: Monotonic;
  /** Aborted when the client goes away before it has its answer. */
  readonly gone: AbortSignal;
  /** `optional`: no body is as good as an empty map. */
  readBody(optional: boolean): Promise<BodyReading>;
}

/** Looks that several requests may share. */
export interface Looks {
  readonly status: SharedLook<NodeStatus>;
  readonly cluster: SharedLook<ClusterView>;
}

/** Answers a request. `DcsError` becomes 503, any other error 500. */
export type Handler = (call: Call) => Reply | Promise<Reply>;

/** The cluster as the store has it now. Rejects with `DcsError`. */
export async function readCluster(
  backend: Pick<RestBackend, 'dcs' | 'scope'>,
): Promise<ClusterView> {
  return parseSnapshot(backend.scope, await backend.dcs.peek());
}
