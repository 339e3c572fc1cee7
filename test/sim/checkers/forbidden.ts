import { isSyncStandby } from '../../../src/model/cluster.ts';
import { isNoFailover } from '../../../src/model/member.ts';
import type { Checker, HostSight, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * Nobody takes the lock who must not lead. Judged when the lock changes hands. A `/sync` that a
 * restored store brought back was written by nobody, and binds nobody until a leader has written
 * it: `durability` judges who leads until then.
 */
export function forbidden(sight: Sight): Checker {
  let restored = false;
  return {
    name: 'forbidden',
    written({ name, value, by }) {
      if (name === 'sync') restored = by === 'store';
      const host = sight.hosts.find((each) => each.name === by);
      if (name !== 'leader' || value === undefined || !host) return undefined;
      const reason = whyNot(sight, host, restored);
      return reason && `${by} took the lock ${reason}`;
    },
    rise(host) {
      return isNoFailover(host.tags) ? `${host.name} became primary with nofailover` : undefined;
    },
  };
}

function whyNot(sight: Sight, host: HostSight, restored: boolean): string | undefined {
  const { name } = host;
  if (isNoFailover(host.tags)) return 'with nofailover';
  // A primary that has never stopped only takes back what is its own.
  if (host.acceptsWrites()) return undefined;
  const settings = sight.settings();
  const { sync, failsafe } = sight.view();
  const manual = isManual(sight, name);
  const named = sync !== undefined && sync.leader !== '' && !restored;
  const bound = settings.synchronousMode === 'on' && named;
  const may = isSyncStandby(sync, name) || sync?.leader.toLowerCase() === name.toLowerCase();
  if (bound && !may && !manual) return 'and is not in /sync';
  const listed = failsafe === undefined || Object.keys(failsafe).length === 0 || name in failsafe;
  if (settings.failsafeMode && !listed && !manual) return 'and is not in /failsafe';
  return undefined;
}
