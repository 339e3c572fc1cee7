import { isSyncStandby } from '../../../src/model/cluster.ts';
import { isNoFailover } from '../../../src/model/member.ts';
import type { Checker, HostSight, Sight } from './checker.ts';
import { isManual } from './manual.ts';

/**
 * Nobody takes the lock who must not lead. Judged when the lock changes hands. Members that saw the
 * store go back, or forget, do not go by its `/sync` until a leader has written it, and for a while
 * after that: they hear everybody instead, and `durability` judges who leads then.
 */
export function forbidden(sight: Sight): Checker {
  let restored = false;
  let distrustedUntil = 0;
  return {
    name: 'forbidden',
    written({ name, value, by }) {
      // A session that ends takes other documents with it; what the store writes by itself comes
      // from a backup.
      if (by === 'store' && (LASTING.has(name) || value !== undefined)) restored = true;
      // Without a leader nobody writes it anew, and nobody trusts it any sooner.
      else if (name === 'leader' && value === undefined && sight.now < distrustedUntil) {
        restored = true;
      } else if (name === 'sync' && restored) {
        restored = false;
        distrustedUntil = sight.now + 10_000 * sight.settings().ttl;
      }
      const host = sight.hosts.find((each) => each.name === by);
      if (name !== 'leader' || value === undefined || !host) return undefined;
      const reason = whyNot(sight, host, restored || sight.now < distrustedUntil);
      return reason && `${by} took the lock ${reason}`;
    },
    rise(host) {
      return isNoFailover(host.tags) ? `${host.name} became primary with nofailover` : undefined;
    },
  };
}

const LASTING: ReadonlySet<string> = new Set(['sync', 'config', 'history', 'status']);

function whyNot(sight: Sight, host: HostSight, distrusted: boolean): string | undefined {
  const { name } = host;
  if (isNoFailover(host.tags)) return 'with nofailover';
  // A primary that has never stopped only takes back what is its own.
  if (host.acceptsWrites()) return undefined;
  const settings = sight.settings();
  const { sync, failsafe } = sight.view();
  const manual = isManual(sight, name);
  const named = sync !== undefined && sync.leader !== '' && !distrusted;
  const bound = settings.synchronousMode === 'on' && named;
  const may = isSyncStandby(sync, name) || sync?.leader.toLowerCase() === name.toLowerCase();
  if (bound && !may && !manual) return 'and is not in /sync';
  const listed = failsafe === undefined || Object.keys(failsafe).length === 0 || name in failsafe;
  if (settings.failsafeMode && !listed && !manual) return 'and is not in /failsafe';
  return undefined;
}
