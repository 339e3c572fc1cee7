import type { Checker, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * Whoever writes the history is on a timeline with a higher number than all who did before, unless
 * the store itself went back, or an operator failed over to a member that is behind. (Its last line
 * may well be an older one: a timeline that nobody followed is left out.) After the faults all
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
      const writer = sight.hosts.find((host) => host.name === by);
      const timeline = writer?.position().timeline ?? newest;
      if (timeline < newest) return `history is of timeline ${timeline}, and was of ${newest}`;
      newest = timeline;
      const { maxTimelinesHistory: most } = sight.settings();
      const lines = sight.view().history?.length ?? 0;
      return most > 0 && lines > most ? `history has ${lines} of ${most} lines` : undefined;
    },
  };
}
