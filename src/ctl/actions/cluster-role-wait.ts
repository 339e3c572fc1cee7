import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import { printable } from '../../system/text.ts';
import { localTime } from '../local-time.ts';
import type { Session } from '../session.ts';
import { interruptible, readAgain, waitUntil } from '../wait.ts';

/** The role that the leader is to have in the end. */
export type RoleTarget = 'standby_leader' | 'primary';

/** Who leads, and how: null where the DCS does not say. */
export interface RoleStand {
  readonly leader: string | null;
  readonly leaderRole: string | null;
  readonly leaderState: string | null;
}

/** Where a change of the cluster's role ended. `words` say it in one line. */
export interface FollowedRole {
  readonly reached: boolean;
  readonly stand: RoleStand;
  readonly words: string;
  /** The cluster as last read; undefined when the DCS never answered. */
  readonly view: ClusterView | undefined;
}

/**
 * Looks each second until the leader runs in the wanted role, and, after a demotion, the old leader
 * runs too. Says on stderr where it stands.
 */
export async function followRole(
  session: Session,
  wanted: { scope: string; target: RoleTarget; oldLeader: string; timeoutMs: number },
): Promise<FollowedRole> {
  const demote = wanted.target === 'standby_leader';
  const verb = demote ? 'demot' : 'promot';
  let view: ClusterView | undefined;
  let words = 'the DCS has not answered';
  const look = async (): Promise<true | undefined> => {
    const now = await readAgain(session, wanted.scope, undefined);
    if (!now) {
      session.io.err(`${localTime(session.clock.now())} the DCS does not answer`);
      return undefined;
    }
    view = now;
    if (reached(now, wanted)) return true;
    words = standWords(now, wanted.oldLeader, demote);
    session.io.err(`${localTime(session.clock.now())} ${words}`);
    return undefined;
  };
  const sentence = (): string =>
    `Interrupted: the ${verb}ion goes on; pgherd list ${printable(wanted.scope)} shows it`;
  const found = await interruptible(session, sentence, () =>
    waitUntil(session, { timeoutMs: wanted.timeoutMs, everyMs: 1000 }, look),
  );
  if (found) session.io.out(`${localTime(session.clock.now())} cluster is successfully ${verb}ed`);
  return { reached: found === true, stand: standOf(view), words, view };
}

function reached(view: ClusterView, wanted: { target: RoleTarget; oldLeader: string }): boolean {
  const leader = leaderMember(view);
  const inRole =
    leader?.role === wanted.target || (wanted.target === 'primary' && leader?.role === 'master');
  if (!inRole || leader.state !== 'running') return false;
  if (wanted.target === 'primary') return true;
  return view.members.find(({ name }) => name === wanted.oldLeader)?.state === 'running';
}

/** The line that patronictl prints while it waits. */
function standWords(view: ClusterView, oldLeader: string, demote: boolean): string {
  const leader = leaderMember(view);
  const old = view.members.find(({ name }) => name === oldLeader);
  const parts = [
    `cluster is unlocked: ${view.leader === undefined ? 'True' : 'False'}`,
    `leader role: ${printable(leader?.role ?? 'None')}`,
    `leader state: ${printable(leader?.state ?? 'None')}`,
  ];
  if (demote && view.leader !== undefined && view.leader !== oldLeader && old) {
    parts.push(`previous leader state: '${printable(old.state)}'`);
  }
  return parts.join(', ');
}

function standOf(view: ClusterView | undefined): RoleStand {
  const leader = view && leaderMember(view);
  return {
    leader: view?.leader ?? null,
    leaderRole: leader?.role ?? null,
    leaderState: leader?.state ?? null,
  };
}
