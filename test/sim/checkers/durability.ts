import type { Checker, HostSight, Sight } from './checker.ts';
import { isManual } from './manual.ts';
import { isExcused } from './single-primary.ts';

/**
 * In the modes `on` and `quorum`, strict or not, whoever becomes primary has every commit that a
 * client was told of. A commit counts from when it is acknowledged while `/sync` names its server
 * as leader. It counts no more
 * - when the operator turns synchronous mode off, or a backup of the store does: then asynchronous rules hold for all that is to
 *   come, and `bounded-loss` judges;
 * - when the operator fails over, without naming the leader, to a member that lacks it: a failover
 *   to a member outside of `/sync` may lose data, and says so.
 */
export function durability(sight: Sight): Checker {
  let promised: number[] = [];
  const judge = (host: HostSight): string | undefined => {
    const lost = promised.filter((commit) => !host.has(commit));
    if (lost.length === 0) return undefined;
    const some = lost.slice(0, 3).join(', ');
    return `${host.name} is primary without ${lost.length} acknowledged commits: ${some}`;
  };
  const judgePrimary = (): string | undefined => {
    const primary = sight.hosts.find((host) => host.acceptsWrites());
    return primary && judge(primary);
  };
  return {
    name: 'durability',
    acked({ commit, host }) {
      const leader = sight.sync()?.leader.toLowerCase();
      if (sight.settings().synchronousMode !== 'off' && leader === host.name.toLowerCase())
        promised.push(commit);
      return undefined;
    },
    written({ name, value, by }) {
      const off = sight.settings().synchronousMode === 'off';
      const ordered = by === 'operator' || by === 'store';
      if (name === 'config' && ordered && off && value !== undefined) promised = [];
      const candidate = sight.hosts.find((host) => host.name === by);
      if (name === 'leader' && candidate && isManual(sight, by)) {
        promised = promised.filter((commit) => candidate.has(commit));
      }
      return undefined;
    },
    // A host that was paused goes on for a moment with what it had: nobody chose it.
    rise: (host) => (isExcused(sight, host) ? undefined : judge(host)),
    recovered: judgePrimary,
    atEnd: judgePrimary,
  };
}
