import type { Status } from '../model/cluster.ts';
import { isRecord, type Json } from '../model/json.ts';
import { compactJson, parseOrNothing } from './json-text.ts';
import { lenientInteger, strictInteger } from './numbers.ts';

/** No status was written yet. */
export const EMPTY_STATUS: Status = { lastLsn: 0, slots: {}, retainSlots: [] };

/**
 * The `status` document, or the bare number that `optime/leader` holds. Parts that make no sense
 * count as absent; undefined when the whole makes none.
 */
export function parseStatus(text: string): Status | undefined {
  const value = parseOrNothing(text);
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { ...EMPTY_STATUS, lastLsn: strictInteger(value) ?? 0 };
  }
  if (!isRecord(value)) return undefined;
  const slots = nested(value.slots);
  const retained = nested(value.retain_slots);
  return {
    lastLsn: strictInteger(value.optime) ?? 0,
    slots: isRecord(slots) ? slotPositions(slots) : {},
    retainSlots: Array.isArray(retained)
      ? retained.filter((name): name is string => typeof name === 'string')
      : [],
  };
}

/** The `status` document as Patroni writes it (`update_leader`): no key for what is empty. */
export function formatStatus({ lastLsn, slots, retainSlots }: Status): string {
  return compactJson({
    optime: lastLsn,
    slots: Object.keys(slots).length > 0 ? slots : undefined,
    retain_slots: retainSlots.length > 0 ? retainSlots : undefined,
  });
}

/** Kubernetes keeps these as JSON inside JSON. */
function nested(value: unknown): unknown {
  return typeof value === 'string' ? parseOrNothing(value) : value;
}

function slotPositions(slots: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(slots).map(([name, lsn]) => [name, lenientInteger(lsn as Json) ?? 0]),
  );
}
