import type { Sight } from './checker.ts';

/**
 * True while an operator's order stands that this member is to lead, whatever is lost: a failover
 * names no leader. A switchover does, and may lose nothing.
 */
export function isManual(sight: Sight, name: string): boolean {
  const { failover } = sight.view();
  return failover?.candidate === name && failover.leader === undefined;
}
