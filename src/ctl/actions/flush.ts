import { printable } from '../../system/text.ts';
import { askMember } from '../ask-member.ts';
import { readCluster } from '../read-cluster.ts';
import type { Result } from '../result.ts';
import { confirmAction, type RoleWord, refuseUnknown, selectMembers } from '../select-members.ts';
import type { Session } from '../session.ts';
import { flushSwitchover } from './flush-switchover.ts';
import { concludeMembers, type MemberOutcome } from './member-outcome.ts';

export interface FlushOptions {
  readonly cluster: string;
  readonly members: readonly string[];
  readonly group: number | undefined;
  readonly role: RoleWord;
  readonly target: 'restart' | 'switchover';
  readonly force: boolean;
  /** Seconds that one member has to answer. */
  readonly timeout: number | undefined;
}

/** Takes back what is scheduled: the restarts of the chosen members, or the switchover. */
export async function flush(session: Session, options: FlushOptions): Promise<Result> {
  const view = await readCluster(session, options.cluster, options.group);
  const timeoutMs = options.timeout === undefined ? undefined : options.timeout * 1000;
  if (options.target === 'switchover') {
    refuseUnknown(options.members, view.members, options.cluster);
    return flushSwitchover(session, view, { group: options.group, timeoutMs });
  }
  const selection = {
    names: options.members,
    role: options.role,
    group: options.group,
    force: options.force,
    action: 'flush',
  };
  const selected = await selectMembers(session, view, selection);
  await confirmAction(session, selected, selection);
  const members = await Promise.all(
    selected.map(async (member): Promise<MemberOutcome> => {
      const base = { member: member.name, status: null };
      if (!member.scheduledRestart) {
        return { ...base, outcome: 'skipped', message: 'no restart is scheduled' };
      }
      const request = { method: 'DELETE', path: 'restart', timeoutMs } as const;
      const answer = await askMember(session, member, request);
      if (answer.kind === 'silence') {
        const outcome = answer.taken === 'no' ? 'failed' : 'unknown';
        return { ...base, outcome, message: answer.message };
      }
      const outcome = answer.status < 400 ? 'done' : 'failed';
      return { member: member.name, outcome, status: answer.status, message: answer.body };
    }),
  );
  for (const outcome of members) session.io.out(line(outcome));
  const data = { cluster: options.cluster, target: options.target, members, viaDcs: false };
  return concludeMembers('flush', members, data);
}

function line({ member, outcome, status, message }: MemberOutcome): string {
  const name = printable(member);
  if (outcome === 'skipped') return `No scheduled restart for member ${name}`;
  if (outcome === 'done') return `Success: flush scheduled restart for member ${name}`;
  const word = outcome === 'unknown' ? 'Unknown' : 'Failed';
  const code = status === null ? '' : ` status code=${status},`;
  return `${word}: flush scheduled restart for member ${name},${code} (${printable(message)})`;
}
