import type { Failover } from '../../model/cluster.ts';
import { type NodeStatus, walPosition } from '../../model/node-status.ts';
import { assessCandidates, type Candidate, type TakeoverAction } from '../candidates.ts';
import type { Facts } from '../facts.ts';
import type { Asking } from '../plan.ts';
import { viewOf } from '../situation.ts';
import { quorumOf } from '../sync/membership.ts';

/** What a leader asks before it hands over: how the candidate is, or every other member. */
export function handoverPoll(facts: Facts, candidate?: string): Asking {
  const others = (viewOf(facts)?.members ?? []).filter(
    ({ name }) => name !== facts.self.name && (!candidate || candidate === name),
  );
  const members = others.flatMap(({ name, apiUrl }) =>
    apiUrl === undefined ? [] : [{ name, apiUrl }],
  );
  return { ask: { kind: 'poll', members } };
}

/**
 * Whether somebody can take over from this leader, by the answers to the poll: the same table of
 * candidates that the control CLI shows, and in quorum mode enough of them to find the last commit.
 */
export function canHandOver(facts: Facts, request?: Failover): boolean {
  const view = viewOf(facts);
  const { peers } = facts.answers;
  if (!view || !peers) return false;
  const reports = new Map(peers.map(({ name, report }) => [name, report]));
  reports.set(facts.self.name, { ok: true, status: ownStatus(facts) });
  const action: TakeoverAction =
    request && request.leader === undefined ? 'failover' : 'switchover';
  const candidates = assessCandidates({ view, reports, action, nowMs: facts.wall });
  const able = candidates.filter(({ can, name }) => can && isAsked(request, name));
  if (request?.candidate !== undefined) return able.length > 0;
  const quorum = quorumOf(view, facts.settings);
  return able.length > 0 && (!quorum || able.length > quorum.quorum);
}

/**
 * Whether a member that the request asks for has all WAL of this server, which has shut down: by
 * the answers to the poll. Where the end of the last record is not known, `lsn` is where that one
 * begins.
 */
export function hasLastWal(facts: Facts): boolean {
  const { lsn, checkpointLsn } = facts.postgres;
  const end = Math.max(lsn, checkpointLsn + 1);
  const request = viewOf(facts)?.failover;
  return (facts.answers.peers ?? []).some(({ name, report }) => {
    if (!report.ok || report.status.state !== 'running' || !isAsked(request, name)) return false;
    return (walPosition(report.status) ?? 0) >= end;
  });
}

function isAsked(request: Failover | undefined, name: Candidate['name']): boolean {
  return request?.candidate === undefined || request.candidate === name;
}

/** How this node answers for itself while it leads. */
function ownStatus({ postgres, self }: Facts): NodeStatus {
  return {
    state: postgres.state,
    role: postgres.role === 'primary' ? 'primary' : 'standby_leader',
    location: postgres.lsn,
    ...(postgres.timeline === undefined ? {} : { timeline: postgres.timeline }),
    replayPaused: false,
    syncStandby: false,
    quorumStandby: false,
    pause: false,
    clusterUnlocked: false,
    tags: self.tags,
    watchdogFailed: false,
    pendingRestart: false,
    pendingRestartReason: {},
    replication: [],
  };
}
