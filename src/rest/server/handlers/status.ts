import type { NodeStatus } from '../../../model/node-status.ts';
import { formatMetrics } from '../../../wire/rest/metrics.ts';
import { formatNodeStatus } from '../../../wire/rest.ts';
import type { Call } from '../call.ts';
import { json, type Reply, statusLine } from '../reply.ts';
import { livenessCode, readinessCode } from './health.ts';

/** For another look at PostgreSQL: those who ask in a race wait two seconds, no longer. */
const LOOK_MS = 1500;

/** `GET /patroni`: always 200, and never older than the request. */
export async function getPatroni(call: Call): Promise<Reply> {
  return json(200, formatNodeStatus(await freshStatus(call)));
}

/** `GET /metrics`. */
export async function getMetrics(call: Call): Promise<Reply> {
  const { node, scope } = call.backend;
  const status = await freshStatus(call);
  const { settings, known } = call.backend.state();
  const body = formatMetrics({
    status,
    scope,
    name: node.name,
    version: node.version,
    failsafeMode: settings.failsafeMode,
    failsafeMember: Object.hasOwn(known?.failsafe ?? {}, node.name),
  });
  return { status: 200, body, type: 'text/plain' };
}

/** `GET /liveness`. */
export function getLiveness({ backend, begun }: Call): Reply {
  return statusLine(
    livenessCode({ state: backend.state(), now: backend.clock.monotonic(), begun }),
  );
}

/** `GET /readiness`. */
export function getReadiness({ backend, query, begun }: Call): Reply {
  const subject = { state: backend.state(), now: backend.clock.monotonic(), begun };
  return statusLine(readinessCode(query, subject));
}

/**
 * By a look at PostgreSQL that begins now; when that takes too long nothing is said that only it
 * knows.
 */
export async function freshStatus({
  backend,
  looks,
}: Pick<Call, 'backend' | 'looks'>): Promise<NodeStatus> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LOOK_MS, undefined);
  });
  const seen = await Promise.race([looks.status.take(), late]).finally(() => clearTimeout(timer));
  return seen ?? withoutPositions(backend.state().status);
}

/** A position from before somebody asked may lose the others' race an acknowledged write. */
function withoutPositions(status: NodeStatus): NodeStatus {
  const { location, receivedLsn, replayedLsn, replayedAt, timeline, ...rest } = status;
  const { replicationState, ...more } = rest;
  return { ...more, state: status.state === 'running' ? 'unknown' : status.state };
}
