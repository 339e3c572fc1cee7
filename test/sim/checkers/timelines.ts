import type { Checker, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * The history in the store never goes back, unless the store itself did, or an operator failed over
 * to a member that has an older one. After the faults all
 * servers are on one branch: see `liveness`, which waits for it.
 */
export function timelines(sight: Sight): Checker {
  let newest = 0;
  return {
    name: 'timelines',
    done(deed) {
      if (deed.kind === 'store-wipe' || deed.kind === 'store-restore') newest = 0;
      return undefined;
    },
    written({ name, value, by }) {
      if (name === 'leader' && value !== undefined && isManual(sight, by)) newest = 0;
      if (name !== 'history' || by === 'store') return undefined;
      const last = Number(sight.view().history?.at(-1)?.[0] ?? 0);
      if (last < newest) return `history ends with timeline ${last}, and did with ${newest}`;
      newest = last;
      const { maxTimelinesHistory: most } = sight.settings();
      const lines = sight.view().history?.length ?? 0;
      return most > 0 && lines > most ? `history has ${lines} of ${most} lines` : undefined;
    },
  };
}
