import type { Facts } from '../facts.ts';
import type { Acting } from '../plan.ts';
import { act } from '../situation.ts';

/** A guard that was just started and is dead again is not started once more for this long. */
const AGAIN_MS = 30_000;

/** Starts a guard that died, before anybody needs it; undefined: there is no need, or no use. */
export function startGuard({ settings, fence, memory, now }: Facts): Acting | undefined {
  const { guardStartedAt } = memory;
  const tried = guardStartedAt !== undefined && now < guardStartedAt + AGAIN_MS;
  if (settings.pause || fence.guard !== 'dead' || tried) return undefined;
  return act('starting the guard anew', [{ kind: 'start-guard' }], {
    memory: { guardStartedAt: now },
    wakeAt: now,
  });
}
