import { isSyncStandby } from '../../model/cluster.ts';
import { isPrimaryRole, type NodeStatus } from '../../model/node-status.ts';
import { failoverPriority } from '../../model/tags.ts';
import type { Facts, PeerReport } from '../facts.ts';
import { viewOf } from '../situation.ts';
import { quorumOf, syncBinds } from '../sync/membership.ts';
import { isSameName } from '../sync/name-set.ts';
import { isBarred, isOutsideFailsafe } from './electorate.ts';
import { compareStanding, ownStanding, standingOf } from './standing.ts';

/** What the answers of the others mean for this standby. */
export type Verdict =
  | { readonly healthiest: true }
  | { readonly healthiest: false; readonly because: Reason; readonly member?: string };

type Reason =
  | 'primary-alive'
  | 'behind'
  | 'lower-priority'
  | 'no-quorum'
  | 'not-all-heard'
  | 'not-asked';

const YES: Verdict = { healthiest: true };

/**
 * Whether this standby is the one to lead, by the answers to the poll (`facts.answers.peers`).
 * `excluded`: a member that has stepped down by order. Several may say yes, when they have the
 * same WAL; the lock decides then.
 */
export function healthiest(facts: Facts, excluded?: string): Verdict {
  const { peers } = facts.answers;
  if (!peers) return { healthiest: false, because: 'not-asked' };
  let votes = 0;
  let ahead = 0;
  for (const { name, report } of peers) {
    const status = report.ok ? report.status : undefined;
    if (!status) continue;
    if (isLivePrimary(status)) return { healthiest: false, because: 'primary-alive', member: name };
    if (name === excluded || !hasVoice(facts, name, status)) continue;
    const standing = standingOf(status);
    if (compareStanding(standing, ownStanding(facts)) > 0) {
      ahead += 1;
      if (!isPassedOver(facts, name)) {
        return { healthiest: false, because: 'behind', member: name };
      }
    } else if (standing.lsn > 0) {
      if (hasPrecedence(facts, name, status)) {
        return { healthiest: false, because: 'lower-priority', member: name };
      }
      votes += isVoter(facts, name) ? 1 : 0;
    }
  }
  return enough(facts, votes, ahead);
}

/** A primary that takes writes now, or starts to: whatever the DCS says, nobody else may be one. */
function isLivePrimary(status: NodeStatus): boolean {
  return isPrimaryRole(status.role) && status.state === 'running';
}

/**
 * Whose position counts: those who could lead, and those whose vote a quorum needs; and, while the
 * `/sync` cannot be believed, everybody.
 */
function hasVoice(facts: Facts, name: string, status: NodeStatus): boolean {
  const voter = isVoter(facts, name) || facts.memory.syncDistrusted;
  if (status.state !== 'running' || status.watchdogFailed) return false;
  if (isBarred(facts, name) && !voter) return false;
  const view = viewOf(facts);
  // In synchronous mode only the synchronous ones are compared with: no other may lead.
  if (facts.settings.synchronousMode === 'on' && view && syncBinds(facts.settings, view.sync)) {
    return voter || isSyncStandby(view.sync, name) || isFormerSyncLeader(facts, name);
  }
  return true;
}

/**
 * One that is ahead and is not waited for: the former leader may have WAL that no commit ever
 * needed (P#1054), and whoever is not in `/failsafe` does not race. The votes of the others still
 * have to prove that they have every commit.
 */
function isPassedOver(facts: Facts, name: string): boolean {
  if (isFormerSyncLeader(facts, name)) return true;
  return !facts.memory.syncDistrusted && isOutsideFailsafe(facts, name);
}

function isFormerSyncLeader(facts: Facts, name: string): boolean {
  const view = viewOf(facts);
  if (!view || facts.memory.syncDistrusted) return false;
  if (!syncBinds(facts.settings, view.sync)) return false;
  return isSameName(view.sync.leader, name);
}

function isVoter(facts: Facts, name: string): boolean {
  const view = viewOf(facts);
  const quorum = view && quorumOf(view, facts.settings);
  return quorum?.voters.some((voter) => isSameName(voter, name)) ?? false;
}

/** With the same WAL the higher `failover_priority` leads; the former leader had its turn. */
function hasPrecedence(facts: Facts, name: string, status: NodeStatus): boolean {
  if (compareStanding(standingOf(status), ownStanding(facts)) !== 0) return false;
  if (failoverPriority(status.tags) <= failoverPriority(facts.self.tags)) return false;
  const view = viewOf(facts);
  const quorum = view && quorumOf(view, facts.settings);
  if (quorum && !isVoter(facts, name)) return false;
  const bound = view && syncBinds(facts.settings, view.sync);
  const former = bound ? view.sync?.leader : facts.memory.healthyView?.leader;
  return former !== name;
}

/**
 * While `/sync` may be old, anybody might be the one with the last commits: all must have said how
 * far they are, but those without data. In strict mode the former leader can be missed: what it
 * acknowledged, a standby has.
 */
function isHeard({ settings, memory }: Facts, { name, report }: PeerReport): boolean {
  if (settings.synchronousModeStrict && name === memory.healthyView?.leader) return true;
  if (!report.ok) return false;
  return report.status.role === 'uninitialized' || standingOf(report.status).lsn > 0;
}

/** In quorum mode: enough voters must have said that they are not ahead. */
function enough(facts: Facts, votes: number, ahead: number): Verdict {
  const view = viewOf(facts);
  const quorum = view && quorumOf(view, facts.settings);
  if (facts.memory.syncDistrusted && facts.settings.synchronousMode !== 'off') {
    const missing = (facts.answers.peers ?? []).find((peer) => !isHeard(facts, peer));
    return missing ? { healthiest: false, because: 'not-all-heard', member: missing.name } : YES;
  }
  if (!quorum) return YES;
  const own = isVoter(facts, facts.self.name) ? 1 : 0;
  const led = view?.sync?.leader === facts.self.name && ahead === 0;
  return votes + own - 1 >= quorum.quorum || led
    ? YES
    : { healthiest: false, because: 'no-quorum' };
}
