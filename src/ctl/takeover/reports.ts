import type { Member } from '../../model/member.ts';
import type { MemberReport } from '../../model/node-status.ts';
import { parseNodeStatus } from '../../wire/rest.ts';
import { askMember } from '../ask-member.ts';
import { forEachBounded } from '../bounded.ts';
import type { Session } from '../session.ts';

/** How long a member may take to say how it is. A slower one is shown as silent. */
const PATIENCE_MS = 3000;
/** How many members are asked at the same time. */
const AT_ONCE = 16;

/** What each member says of itself now, or why it says nothing: in parallel, in bounded time. */
export async function askForReports(
  session: Session,
  members: readonly Member[],
): Promise<Map<string, MemberReport>> {
  const reports = new Map<string, MemberReport>();
  await forEachBounded(members, AT_ONCE, async (member) => {
    reports.set(member.name, await askForReport(session, member, PATIENCE_MS));
  });
  return reports;
}

/** What one member says of itself. Only Ctrl-C and our own mistakes reject. */
export async function askForReport(
  session: Session,
  member: Pick<Member, 'name' | 'apiUrl'>,
  timeoutMs: number,
): Promise<MemberReport> {
  const request = { method: 'GET', path: 'patroni', timeoutMs } as const;
  const answer = await askMember(session, member, request);
  if (answer.kind === 'silence') return { ok: false, failure: answer.message };
  const status = parseNodeStatus(answer.body);
  if (status) return { ok: true, status };
  return { ok: false, failure: `HTTP ${answer.status} without a status` };
}
