import { isPrimaryRole } from '../../model/node-status.ts';
import type { Facts } from '../facts.ts';
import type { RestartOrder } from '../orders.ts';

/** Why a conditional restart is not done; undefined: all its conditions hold (restart_matches). */
export function restartRefusal(facts: Facts, order: RestartOrder): string | undefined {
  const { postgres } = facts;
  if (order.role !== undefined && order.role !== roleOf(facts)) {
    const both = isPrimaryRole(order.role) && isPrimaryRole(roleOf(facts));
    if (!both) return 'host role mismatch';
  }
  if (order.postgresVersion !== undefined) {
    if (versionNumber(order.postgresVersion) <= postgres.serverVersion) {
      return 'postgres version mismatch';
    }
  }
  if (order.onlyIfPending && Object.keys(postgres.pendingRestart).length === 0) {
    return 'pending restart flag is not set';
  }
  return undefined;
}

/** The role as it is published: a standby that leads is the leader of a standby cluster. */
function roleOf({ postgres, dcs }: Facts): 'primary' | 'standby_leader' | 'replica' {
  if (postgres.role === 'primary') return 'primary';
  return dcs?.ownsLock && dcs.view.config?.settings.standbyCluster ? 'standby_leader' : 'replica';
}

/** `15.4` → 150004, `9.6.3` → 90603, as PostgreSQL counts (`server_version_num`). */
function versionNumber(text: string): number {
  const [major = 0, second = 0, third = 0] = text.split('.').map(Number);
  return major >= 10 ? major * 10_000 + second : major * 10_000 + second * 100 + third;
}
