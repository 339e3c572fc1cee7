import type { ClusterView } from '../../model/cluster.ts';
import { replayLagSeconds } from '../../model/lag.ts';
import type { Member } from '../../model/member.ts';
import { forEachBounded } from '../bounded.ts';
import type { Session } from '../session.ts';
import { askForReport } from '../takeover/reports.ts';

/** How far a member is behind in seconds; null where nobody knows. */
export type LagSeconds = (view: ClusterView, member: string) => number | null;

/** How long a member may take to answer. */
const PATIENCE_MS = 2000;
/** How many members are asked at the same time. */
const AT_ONCE = 16;

/**
 * Asks the members that follow a leader how old the last transaction is that they replayed. A
 * member that has replayed all that the leader is known to have written is 0 s behind; another one
 * as long as that transaction is old by the wall clock of this machine, so a quiet primary and
 * clocks that differ make it larger than it is. A member that does not answer in 2 s is unknown.
 */
export async function askForLag(
  session: Session,
  views: readonly ClusterView[],
): Promise<LagSeconds> {
  const found = new Map<ClusterView, Map<string, number>>();
  const waiting: (readonly [ClusterView, Member])[] = [];
  for (const view of views) {
    found.set(view, new Map());
    const followers = view.members.filter(({ name, apiUrl }) => name !== view.leader && apiUrl);
    for (const member of followers) waiting.push([view, member]);
  }
  await forEachBounded(waiting, AT_ONCE, async ([view, member]) => {
    const report = await askForReport(session, member, PATIENCE_MS);
    const nowMs = session.clock.now().getTime();
    const lag = report.ok ? replayLagSeconds(report.status, view.status.lastLsn, nowMs) : undefined;
    if (lag !== undefined) found.get(view)?.set(member.name, lag);
  });
  return (view, member) => found.get(view)?.get(member) ?? null;
}
