import type { Member } from '../../model/member.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { askMember } from '../ask-member.ts';
import { readCluster } from '../read-cluster.ts';
import type { Result } from '../result.ts';
import { confirmAction, type RoleWord, selectMembers } from '../select-members.ts';
import type { Session } from '../session.ts';
import { concludeMembers, type MemberOutcome } from './member-outcome.ts';

export interface ReloadOptions {
  readonly cluster: string;
  readonly members: readonly string[];
  readonly group: number | undefined;
  readonly role: RoleWord;
  readonly force: boolean;
  /** Seconds that one member has to answer. */
  readonly timeout: number | undefined;
}

/**
 * Tells the chosen members, all at once, to read their configuration again. They only take the
 * request; each acts on it in its next loop, and says nothing of it afterwards.
 */
export async function reload(session: Session, options: ReloadOptions): Promise<Result> {
  const view = await readCluster(session, options.cluster, options.group);
  const selection = {
    names: options.members,
    role: options.role,
    group: options.group,
    force: options.force,
    action: 'reload',
  };
  const selected = await selectMembers(session, view, selection);
  await confirmAction(session, selected, selection);
  const timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
  const seconds = view.config?.settings.loopWait ?? DEFAULT_SETTINGS.loopWait;
  const members = await Promise.all(
    selected.map((member) => reloadMember(session, member, timeoutMs)),
  );
  for (const outcome of members) session.io.out(line(outcome, seconds));
  return concludeMembers('reload', members, { cluster: options.cluster, members });
}

async function reloadMember(
  session: Session,
  member: Member,
  timeoutMs: number | undefined,
): Promise<MemberOutcome> {
  const request = { method: 'POST', path: 'reload', timeoutMs } as const;
  const answer = await askMember(session, member, request);
  if (answer.kind === 'silence') {
    const outcome = answer.taken === 'no' ? 'failed' : 'unknown';
    return { member: member.name, outcome, status: null, message: answer.message };
  }
  const { status, body } = answer;
  const outcome = status === 200 || status === 202 ? 'done' : 'failed';
  return { member: member.name, outcome, status, message: body };
}

function line({ member, outcome, status, message }: MemberOutcome, seconds: number): string {
  const name = printable(member);
  if (status === 200) return `No changes to apply on member ${name}`;
  if (status === 202) {
    const when = `will be processed within ${seconds} seconds`;
    return `Reload request received for member ${name} and ${when}`;
  }
  const word = outcome === 'unknown' ? 'Unknown' : 'Failed';
  const code = status === null ? '' : ` status code=${status},`;
  return `${word}: reload for member ${name},${code} (${printable(message)})`;
}
