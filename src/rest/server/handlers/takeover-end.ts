import type { ClusterView } from '../../../model/cluster.ts';
import { DcsError } from '../../../model/errors.ts';
import type { TakeoverEnd } from '../../../wire/rest/texts.ts';
import type { RestBackend } from '../backend.ts';
import { type Call, readCluster } from '../call.ts';

/** The store is looked at after so long even if nobody said that it has changed. */
const LOOK_AGAIN_MS = 5000;
/** What looks like a failure must look so for this long: a view may be older than the request. */
const CONFIRM_MS = 1000;

/** Whose takeover it is. */
export interface Takeover {
  /** Who led when it was asked for. */
  readonly before: string | undefined;
  readonly candidate: string | undefined;
}

/**
 * Waits until a takeover that was asked for has ended: twice `loop_wait`, or 20 seconds
 * (`poll_failover_result` of api.py). It looks when something has changed, not every second. When
 * the client goes, it ends at once.
 */
export async function followTakeover(call: Call, takeover: Takeover): Promise<TakeoverEnd> {
  const { backend, gone } = call;
  const seconds = 2 * Math.max(10, backend.state().settings.loopWait);
  const deadline = backend.clock.monotonic() + seconds * 1000;
  let failedSince: number | undefined;
  for (;;) {
    const now = backend.clock.monotonic();
    if (now >= deadline || gone.aborted) return { kind: 'unknown', seconds };
    // Listen first, then look: what changes in between is not missed.
    const again = failedSince === undefined ? LOOK_AGAIN_MS : CONFIRM_MS;
    const tick = waitForTick(call, Math.min(deadline - now, again));
    const view = await lookAt(backend);
    const end = view && endOf(view, takeover);
    failedSince = end?.kind === 'failed' ? (failedSince ?? now) : undefined;
    if (end && now >= (failedSince ?? Number.NEGATIVE_INFINITY) + CONFIRM_MS) {
      tick.cancel();
      return end;
    }
    await tick.over;
  }
}

/** How it ended, by the looks of it; undefined: it has not. */
function endOf(
  { leader, failover }: ClusterView,
  { before, candidate }: Takeover,
): TakeoverEnd | undefined {
  if (leader !== undefined && leader !== before) return { kind: 'done', leader, candidate };
  const waits = failover !== undefined && Boolean(failover.leader || failover.candidate);
  // Patroni says "failed" as soon as the request has gone; but the lock may be changing hands.
  return waits || leader === undefined ? undefined : { kind: 'failed' };
}

async function lookAt(backend: RestBackend): Promise<ClusterView | undefined> {
  try {
    return await readCluster(backend);
  } catch (error) {
    if (error instanceof DcsError) return undefined;
    throw error;
  }
}

/** The next tick, or the end of `ms`, or of the client. */
function waitForTick({ backend, gone }: Call, ms: number): { over: Promise<void>; cancel(): void } {
  const ended = new AbortController();
  const cancel = (): void => ended.abort();
  const timer = setTimeout(cancel, ms);
  gone.addEventListener('abort', cancel, { once: true });
  const over = backend.nextTick(ended.signal).finally(() => {
    clearTimeout(timer);
    gone.removeEventListener('abort', cancel);
  });
  return { over, cancel };
}
