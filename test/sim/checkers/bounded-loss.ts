import type { Checker, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * What an asynchronous takeover may lose: `maximum_lag_on_failover` bytes, and what the leader wrote
 * since it last told the store its position. So who takes the lock has at least the position in the
 * store less that many bytes, unless an operator named it in a failover.
 */
export function boundedLoss(sight: Sight): Checker {
  return {
    name: 'bounded-loss',
    written({ name, value, by }) {
      const host = sight.hosts.find((each) => each.name === by);
      if (name !== 'leader' || value === undefined || !host || host.acceptsWrites()) {
        return undefined;
      }
      const { status } = sight.view();
      const { maximumLagOnFailover: most } = sight.settings();
      const lag = status.lastLsn - host.position().lsn;
      if (isManual(sight, by) || lag <= most) return undefined;
      return `${by} took the lock ${lag} bytes behind what is in /status, and ${most} are allowed`;
    },
  };
}
