import type { Checker, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/** A race goes by the configuration that was read when it began; a poll takes seconds. */
const RACE_MS = 10_000;

/**
 * What an asynchronous takeover may lose: `maximum_lag_on_failover` bytes, and what the leader wrote
 * since it last told the store its position. So who takes the lock has at least the position in the
 * store less that many bytes, unless an operator named it in a failover.
 */
export function boundedLoss(sight: Sight): Checker {
  let most = sight.settings().maximumLagOnFailover;
  let before = { most, until: 0 };
  return {
    name: 'bounded-loss',
    written({ name, value, by }) {
      if (name === 'config') {
        before = { most: allowed(), until: sight.now + RACE_MS };
        most = sight.settings().maximumLagOnFailover;
      }
      const host = sight.hosts.find((each) => each.name === by);
      if (name !== 'leader' || value === undefined || !host || host.acceptsWrites()) {
        return undefined;
      }
      const { status } = sight.view();
      const lag = status.lastLsn - host.position().lsn;
      if (isManual(sight, by) || lag <= allowed()) return undefined;
      return `${by} took the lock ${lag} bytes behind what is in /status, and ${allowed()} are allowed`;
    },
  };

  function allowed(): number {
    return sight.now < before.until ? Math.max(most, before.most) : most;
  }
}
