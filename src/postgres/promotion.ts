import { setTimeout as delay } from 'node:timers/promises';
import { SqlTimeout } from './connect.ts';
import type { LocalSession } from './session.ts';

/** PostgreSQL tells nobody that it has left recovery: it is asked, 200 times a second. */
const PAUSE_MS = 5;
const ANSWER_MS = 1000;

export interface PromotionLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Waits until a server that was told to promote has left recovery. True: it has; false: the time is
 * over, or aborted. Rejects with `SqlError` when the server ends the session. For the short time of
 * a promotion only.
 */
export async function untilPromoted(
  session: LocalSession,
  { signal, timeoutMs }: PromotionLimits,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted && performance.now() < deadline) {
    if (await hasPromoted(session)) return true;
    await delay(PAUSE_MS);
  }
  return false;
}

async function hasPromoted(session: LocalSession): Promise<boolean> {
  try {
    const [rows] = await session.query('SELECT pg_catalog.pg_is_in_recovery() AS standby', {
      timeoutMs: ANSWER_MS,
    });
    return rows?.[0]?.standby === false;
  } catch (error) {
    // It has much to do, and is asked again.
    if (error instanceof SqlTimeout) return false;
    throw error;
  }
}
