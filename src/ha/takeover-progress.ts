import { type ClusterView, leaderMember } from '../model/cluster.ts';
import { isPrimaryRole, type NodeStatus } from '../model/node-status.ts';
import type { TakeoverAction } from './candidates.ts';

/** How the cluster was when the request was sent. */
export interface Before {
  readonly action: TakeoverAction;
  /** Who held the leader lock; undefined: nobody. */
  readonly leader: string | undefined;
  /** Who was asked for; undefined: anybody. */
  readonly candidate: string | undefined;
  /** Members that ran: their return is waited for. */
  readonly running: ReadonlySet<string>;
  /** The members' REST APIs say whether they stream (Patroni 3.0 does not yet). */
  readonly streamingIsTold: boolean;
}

/** What was seen last. */
export interface Sight {
  /** Undefined: the DCS has not answered yet. */
  readonly view: ClusterView | undefined;
  /** The last answers to `GET /patroni`; a member that is silent now has none. */
  readonly statuses: ReadonlyMap<string, NodeStatus>;
}

/** How far a switchover or failover has come. */
export interface TakeoverProgress {
  /** Who leads now, when it is another one than before. */
  readonly newLeader: string | null;
  /** The new leader works as one: it accepts writes, or leads a standby cluster. */
  readonly promoted: boolean;
  /** Timeline of the new leader, once it works. */
  readonly timeline: number | null;
  /** The old leader follows the new one; null: there was none, or it did not run before. */
  readonly oldLeaderRejoined: boolean | null;
  /** Other members that ran before and do not follow the new leader's timeline yet. */
  readonly notFollowing: readonly string[];
  /** Somebody holds the leader lock; as before while the DCS has not answered. */
  readonly locked: boolean;
  /** The request is still in the DCS. */
  readonly requested: boolean;
}

/** Compares what is seen with how it was. Never throws. */
export function takeoverProgress(before: Before, { view, statuses }: Sight): TakeoverProgress {
  const requested = Boolean(view?.failover?.leader || view?.failover?.candidate);
  const locked = (view ? view.leader : before.leader) !== undefined;
  if (!view || view.leader === undefined || view.leader === before.leader) {
    const notFollowing = [...before.running].filter((name) => name !== before.leader);
    const oldLeaderRejoined = hasToReturn(before) ? false : null;
    const nothing = { newLeader: null, promoted: false, timeline: null };
    return { ...nothing, oldLeaderRejoined, notFollowing, locked, requested };
  }
  const leader = stateOf(view.leader, view, statuses);
  const promoted = leader.state === 'running' && leads(leader.role);
  const follows = (name: string, mustStream: boolean): boolean => {
    const member = stateOf(name, view, statuses);
    return (
      promoted &&
      member.state === 'running' &&
      !leads(member.role) &&
      (leader.timeline === undefined || member.timeline === leader.timeline) &&
      (!mustStream || !before.streamingIsTold || member.replicationState !== undefined)
    );
  };
  const others = [...before.running].filter(
    (name) => name !== view.leader && name !== before.leader,
  );
  return {
    newLeader: view.leader,
    promoted,
    timeline: promoted ? (leader.timeline ?? null) : null,
    oldLeaderRejoined:
      hasToReturn(before) && before.leader !== undefined ? follows(before.leader, true) : null,
    notFollowing: others.filter((name) => !follows(name, false)),
    locked,
    requested,
  };
}

/** True when nothing is left to wait for. */
export function isComplete(progress: TakeoverProgress): boolean {
  return (
    progress.promoted && progress.oldLeaderRejoined !== false && progress.notFollowing.length === 0
  );
}

function hasToReturn({ leader, running }: Before): boolean {
  return leader !== undefined && running.has(leader);
}

/** A standby leader streams too, from another cluster: while it says so it follows nobody here. */
function leads(role: string): boolean {
  return isPrimaryRole(role) || role === 'standby_leader';
}

interface State {
  readonly state: string;
  readonly role: string;
  readonly timeline?: number;
  readonly replicationState?: string;
}

/** What the member says itself; where it is silent, what it last wrote to the DCS. */
function stateOf(
  name: string,
  view: ClusterView,
  statuses: ReadonlyMap<string, NodeStatus>,
): State {
  const published =
    name === view.leader ? leaderMember(view) : view.members.find((member) => member.name === name);
  return statuses.get(name) ?? published ?? { state: '', role: '' };
}
