import type { ClusterView } from '../model/cluster.ts';
import { Refusal } from '../model/errors.ts';
import type { Member } from '../model/member.ts';
import { printable } from '../system/text.ts';
import { nearest } from './nearest.ts';
import type { Session } from './session.ts';
import { renderMembers } from './show-members.ts';

/** The words of `--role`, as patronictl knows them. */
export const ROLE_WORDS = [
  'leader',
  'primary',
  'standby-leader',
  'replica',
  'standby',
  'any',
] as const;

/**
 * `leader` holds the lock; `primary` and `standby-leader` hold it and are that; `replica` and
 * `standby` are all others; `any` is everybody.
 */
export type RoleWord = (typeof ROLE_WORDS)[number];

/** Which part of a Citus cluster is meant: without a group, in a Citus cluster, all of them. */
export interface GroupChoice {
  readonly citus: boolean;
  readonly group: number | undefined;
}

/** The members that have a role, in the order of the store. */
export function membersWithRole(view: ClusterView, role: RoleWord, choice: GroupChoice): Member[] {
  return groupViews(view, choice).flatMap((group) =>
    group.members.filter((member) => hasRole(group, member, role)),
  );
}

/**
 * The first member with a role (the leader unless one is named), or the one with that name.
 * Refuses when both a role and a name are given.
 */
export function anyMember(
  view: ClusterView,
  wanted: GroupChoice & { role: RoleWord | undefined; member: string | undefined },
): Member | undefined {
  if (wanted.member === undefined) return membersWithRole(view, wanted.role ?? 'leader', wanted)[0];
  if (wanted.role !== undefined) {
    throw new Refusal('role-and-member', '--role and --member are mutually exclusive options');
  }
  return membersWithRole(view, 'any', wanted).find(({ name }) => name === wanted.member);
}

/** The members that can be asked over REST, the leader first. Of one cluster or one group. */
export function membersLeaderFirst(view: ClusterView): Member[] {
  const reachable = view.members.filter(({ apiUrl }) => apiUrl !== undefined);
  const leads = (member: Member): boolean => member.name === view.leader;
  return [...reachable.filter(leads), ...reachable.filter((member) => !leads(member))];
}

/** True when the member holds the leader lock of its cluster or Citus group. */
export function holdsLock(view: ClusterView, member: Member): boolean {
  return [view, ...view.workers.values()].some(
    (group) => group.leader === member.name && group.members.includes(member),
  );
}

/** What `selectMembers` goes by. */
export interface Selection {
  /** Names as the user gave them; none means all, or a question for `reinitialize`. */
  readonly names: readonly string[];
  readonly role: RoleWord;
  readonly group: number | undefined;
  readonly force: boolean;
  /** patronictl's word for it: `restart`, `reload`, `reinitialize`, `flush`. */
  readonly action: string;
}

/**
 * Shows the members and says which of them are meant. Refuses names that the cluster does not have
 * (patronictl passes over them when another one fits) and members that have another role.
 */
export async function selectMembers(
  session: Session,
  view: ClusterView,
  selection: Selection,
): Promise<Member[]> {
  const citus = session.settings.citus !== undefined || view.group !== undefined;
  const choice = { citus, group: selection.group };
  const candidates = membersWithRole(view, selection.role, choice);
  if (candidates.length === 0 && selection.names.length === 0) {
    throw new Refusal('no-members', `${printable(view.scope)} cluster doesn't have any members`);
  }
  session.io.out(renderMembers(view, { format: 'pretty', extended: false, ...choice }));
  if (selection.names.length === 0 && selection.action !== 'reinitialize') return candidates;
  const names =
    selection.names.length > 0 ? selection.names : [await askWhich(session, candidates, selection)];
  refuseUnknown(names, membersWithRole(view, 'any', choice), view.scope);
  refuseOtherRole(names, candidates, selection.role);
  return candidates.filter(({ name }) => names.includes(name));
}

async function askWhich(
  session: Session,
  candidates: readonly Member[],
  { action, force }: Selection,
): Promise<string> {
  if (force) {
    const message = `There is nothing to ${action}: no member was named`;
    throw new Refusal('no-member-named', message, { usage: true });
  }
  const names = candidates.map(({ name }) => printable(name)).join(', ');
  const message = `Which member do you want to ${action} [${names}]?`;
  return session.prompt.text({ message, flag: 'the name of the member' });
}

/** Refuses names that are not among `known`: each is named, with what was likely meant. */
export function refuseUnknown(
  names: readonly string[],
  known: readonly Member[],
  scope: string,
): void {
  const knownNames = known.map(({ name }) => name);
  const strangers = names.filter((name) => !knownNames.includes(name));
  if (strangers.length === 0) return;
  const sentence = strangers
    .map((name) => `${printable(name)} is not a member of cluster`)
    .join('; ');
  const near = strangers.flatMap((name) => nearest(name, knownNames) ?? []);
  const hint =
    near.length > 0
      ? `did you mean ${[...new Set(near)].map(printable).join(', ')}?`
      : `the members of ${printable(scope)} are ${knownNames.map(printable).join(', ') || 'none'}`;
  throw new Refusal('unknown-member', sentence, { hint });
}

function refuseOtherRole(
  names: readonly string[],
  candidates: readonly Member[],
  role: RoleWord,
): void {
  const others = names.filter((name) => !candidates.some((member) => member.name === name));
  if (others.length === 0) return;
  const message = `No ${role} among provided members: ${others.map(printable).join(', ')}`;
  throw new Refusal('other-role', message, {
    hint: 'the table shows the role that each member has',
  });
}

/** Asks before an action on members that starts at once. Refuses when the answer is no. */
export async function confirmAction(
  session: Session,
  members: readonly Member[],
  { action, force }: Pick<Selection, 'action' | 'force'>,
): Promise<void> {
  if (force) return;
  const names = members.map(({ name }) => printable(name)).join(', ');
  const message = `Are you sure you want to ${action} members ${names}?`;
  if (await session.prompt.confirm({ message, flag: '--force' })) return;
  throw new Refusal('aborted', `Aborted ${action}`);
}

function groupViews(view: ClusterView, { citus, group }: GroupChoice): ClusterView[] {
  return citus && group === undefined ? [view, ...view.workers.values()] : [view];
}

function hasRole(view: ClusterView, member: Member, role: RoleWord): boolean {
  const leads = member.name === view.leader;
  switch (role) {
    case 'any':
      return true;
    case 'replica':
    case 'standby':
      return !leads;
    case 'leader':
      return leads;
    case 'primary':
      return leads && member.role !== 'standby_leader';
    case 'standby-leader':
      return leads && member.role !== 'primary' && member.role !== 'master';
  }
}
