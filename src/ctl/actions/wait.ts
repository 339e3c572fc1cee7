import type { ClusterView } from '../../model/cluster.ts';
import { DcsError, Interrupted } from '../../model/errors.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import type { Session } from '../session.ts';

/**
 * Calls `look` at once and then each `everyMs` until it gives a value; undefined when `timeoutMs`
 * have passed without one. Rejects when Ctrl-C is pressed.
 */
export async function waitUntil<T>(
  session: Session,
  { timeoutMs, everyMs }: { timeoutMs: number; everyMs: number },
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = session.clock.monotonic() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const left = deadline - session.clock.monotonic();
    if (left <= 0) return undefined;
    await session.clock.sleep(Math.min(everyMs, left), session.signal);
  }
}

/**
 * Runs work that Ctrl-C does not undo: the interrupt then carries `sentence`, which says what may
 * still be going on. It is asked for at that moment.
 */
export async function interruptible<T>(
  session: Session,
  sentence: () => string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (session.signal.aborted) throw new Interrupted(sentence());
    throw error;
  }
}

/**
 * Reads a cluster once more within a wait: warnings were given before, and a DCS that does not
 * answer now may answer the next time, so that is `undefined`.
 */
export async function readAgain(
  session: Session,
  scope: string,
  group: number | undefined,
): Promise<ClusterView | undefined> {
  try {
    const dcs = await session.dcs(scope, group);
    return parseSnapshot(scope, await dcs.read(session.signal), group);
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof DcsError) return undefined;
    throw error;
  }
}
