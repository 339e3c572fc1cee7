import { claimedTimeline } from '../../../src/ha/race/timeline-claim.ts';
import type { Checker, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * Whoever writes the history is on a timeline with a higher number than all who did before, unless
 * the store itself went back, or an operator failed over to a member that is behind. (Its last line
 * may well be an older one: a timeline that nobody followed is left out.) A number that is claimed
 * for a promotion is above all that there were. After the faults all servers are on one branch: see
 * `liveness`, which waits for it.
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
      const history = sight.view().history ?? [];
      const claimed = claimedTimeline(history);
      if (claimed !== undefined && claimed > timeline) {
        if (claimed <= newest) return `timeline ${claimed} is claimed, and there was ${newest}`;
      } else {
        if (timeline < newest) return `history is of timeline ${timeline}, and was of ${newest}`;
        newest = timeline;
      }
      const { maxTimelinesHistory: most } = sight.settings();
      const lines = history.length;
      return most > 0 && lines > most ? `history has ${lines} of ${most} lines` : undefined;
    },
  };
}
