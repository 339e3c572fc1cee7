import { mergePatch } from '../../src/config/patch.ts';
import { assessCandidates, type TakeoverAction } from '../../src/ha/candidates.ts';
import { checkSwitchover } from '../../src/ha/switchover.ts';
import type { ClusterView } from '../../src/model/cluster.ts';
import type { Json } from '../../src/model/json.ts';
import type { MemberReport } from '../../src/model/node-status.ts';
import { formatConfig } from '../../src/wire/config.ts';
import { formatFailover } from '../../src/wire/failover.ts';
import { isoTime } from '../../src/wire/time.ts';
import type { SimStore } from './store.ts';

/** A takeover as an operator asks for it. Wall-clock times in ms since 1970. */
export interface Wish {
  readonly action: TakeoverAction;
  readonly candidate: string | undefined;
  readonly at: number | undefined;
  readonly now: number;
}

/**
 * Asks for a switchover or failover as `pgherd switchover` does: the same check, and the same
 * document. Returns what the operator is told.
 */
export function askForTakeover(
  store: SimStore,
  view: ClusterView,
  wish: Wish & { readonly reports: ReadonlyMap<string, MemberReport> },
): string {
  if (!store.up) return 'the store does not answer';
  const { action, candidate, at, now, reports } = wish;
  const candidates = assessCandidates({ view, reports, action, nowMs: now });
  const request = { action, candidate, scheduledAtMs: at };
  const checked = checkSwitchover(view, request, { candidates, nowMs: now });
  if ('refuse' in checked) return `refused: ${checked.refuse.code}`;
  const { leader } = checked.ok;
  const scheduledAt = at === undefined ? undefined : isoTime(new Date(at).toISOString());
  const guard = view.failover === undefined ? 'absent' : { version: view.failover.version };
  return store.put('failover', formatFailover({ leader, candidate, scheduledAt }), guard);
}

/** Changes the dynamic configuration as `pgherd edit-config` does. */
export function editConfig(
  store: SimStore,
  { config }: ClusterView,
  patch: Readonly<Record<string, unknown>>,
): string {
  if (!store.up) return 'the store does not answer';
  if (config === undefined) return 'refused: there is no configuration';
  // Plain JSON on both sides: one was read from the store, the other was drawn.
  const data = mergePatch(
    config.data as Readonly<Record<string, Json>>,
    patch as Readonly<Record<string, Json>>,
  );
  return store.put('config', formatConfig(data), { version: config.version });
}
