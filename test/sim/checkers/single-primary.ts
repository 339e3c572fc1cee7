import type { Checker, HostSight, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/** A guard that a whole host's pause kept from its work has had its turn by then. */
const GUARD_TURN = 100;
/** Without a guard: an agent that was dead or stood still sees what it missed, and stops. */
const AGENT_TURN = 15_000;

/**
 * At no time do two servers accept writes, judged by what a client would find. It is allowed only
 * where all that could prevent it is out of order:
 * - a whole host was paused: its server goes on for a moment before its guard has the next turn;
 * - `fence: off` or `preferred`, and the agent is dead, stands still, or has just come back;
 * - the host is still in pause, as far as its agent could know: in pause nobody is fenced, so a
 *   primary whose agent was stopped, or cut off, before the pause was lifted goes on, as in Patroni.
 *   An agent that learns of its end stops its primary at once, which takes a moment.
 *   While the pause lasts nobody gets a second primary but by ordering a failover;
 * - the guard is dead (or has just come back) and so is the agent: two faults at once, against
 *   which a watchdog device would help, which has no fake.
 */
export function singlePrimary(sight: Sight): Checker {
  /** Who took the lock by order. */
  let ordered: string | undefined;
  const lastInPause = new Map<string, number>();
  const excused = (host: HostSight): boolean => {
    if (host.believesInPause()) lastInPause.set(host.name, sight.now);
    const since = lastInPause.get(host.name);
    return (since !== undefined && !isFor(sight, since, AGENT_TURN)) || isExcused(sight, host);
  };
  return {
    name: 'single-primary',
    written({ name, value, by }) {
      if (name === 'leader' && value !== undefined) ordered = isManual(sight, by) ? by : undefined;
      return undefined;
    },
    rise(host) {
      if (!sight.settings().pause || isExcused(sight, host)) return undefined;
      const other = sight.hosts.find((each) => each !== host && each.acceptsWrites());
      if (other === undefined || isExcused(sight, other)) return undefined;
      const byOrder = ordered === host.name || ordered === other.name;
      return byOrder ? undefined : `${host.name} is primary beside ${other.name}, in pause`;
    },
    afterEvent() {
      let one: HostSight | undefined;
      for (const host of sight.hosts) {
        if (!host.acceptsWrites()) continue;
        if (one !== undefined && !excused(one) && !excused(host)) {
          return `${one.name} and ${host.name} both accept writes`;
        }
        one = host;
      }
      return undefined;
    },
  };
}

/** True while fencing could not keep this host's server from accepting writes, see above. */
export function isExcused(sight: Sight, host: HostSight): boolean {
  if (isFor(sight, host.guardSince(), GUARD_TURN)) {
    if (sight.fence === 'required') return false;
  } else if (host.guardSince() !== undefined) {
    return true;
  }
  return !isFor(sight, host.agentSince(), AGENT_TURN);
}

/** True when something has been as it is for `ms`. */
function isFor(sight: Sight, since: number | undefined, ms: number): boolean {
  return since !== undefined && sight.now - since >= ms;
}
