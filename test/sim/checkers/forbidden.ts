import { isNoFailover } from '../../../src/model/member.ts';
import { type ClusterView, isSyncStandby } from '../../../src/model/cluster.ts';
import { DEFAULT_SETTINGS } from '../../../src/model/settings.ts';
import type { Checker, HostSight, Sight } from './checker.ts';

/** Nobody takes the lock who must not lead. Judged when the lock changes hands. */
export function forbidden(sight: Sight): Checker {
  return {
    name: 'forbidden',
    written({ name, value, by }) {
      const host = sight.hosts.find((each) => each.name === by);
      if (name !== 'leader' || value === undefined || !host) return undefined;
      const reason = whyNot(sight.view(), host);
      return reason && `${by} took the lock ${reason}`;
    },
    rise(host) {
      return isNoFailover(host.tags) ? `${host.name} became primary with nofailover` : undefined;
    },
  };
}

function whyNot(view: ClusterView, { name, tags, acceptsWrites }: HostSight): string | undefined {
  if (isNoFailover(tags)) return 'with nofailover';
  // A primary that has never stopped only takes back what is its own.
  if (acceptsWrites()) return undefined;
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  const { failover, sync, failsafe } = view;
  const manual = failover?.candidate === name && failover.leader === undefined;
  const bound = settings.synchronousMode === 'on' && sync !== undefined && sync.leader !== '';
  const may = isSyncStandby(sync, name) || sync?.leader.toLowerCase() === name.toLowerCase();
  if (bound && !may && !manual) return 'and is not in /sync';
  const listed = failsafe === undefined || Object.keys(failsafe).length === 0 || name in failsafe;
  if (settings.failsafeMode && !listed && !manual) return 'and is not in /failsafe';
  return undefined;
}
