import { type ClusterView, isSyncStandby } from '../model/cluster.ts';
import { replayLagSeconds } from '../model/lag.ts';
import { isNoFailover, type Member } from '../model/member.ts';
import {
  isPrimaryRole,
  type MemberReport,
  type NodeStatus,
  walPosition,
} from '../model/node-status.ts';
import { compareText } from '../model/python.ts';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.ts';
import { failoverPriority } from '../model/tags.ts';

/** A switchover hands over from a leader that works; a failover promotes a named member. */
export type TakeoverAction = 'switchover' | 'failover';

/** Why a member cannot take over (`blocks`), or what speaks against it. */
export type CandidateReason = { readonly blocks: boolean } & (
  | { readonly code: 'nofailover' }
  | { readonly code: 'unreachable'; readonly failure: string }
  | { readonly code: 'watchdog-failed' }
  | { readonly code: 'not-running'; readonly state: string }
  | { readonly code: 'is-primary' }
  | { readonly code: 'not-synchronous' }
  | { readonly code: 'lag'; readonly bytes: number; readonly limit: number }
  | { readonly code: 'lag-unknown' }
  | { readonly code: 'timeline'; readonly timeline: number; readonly expected: number }
  | { readonly code: 'not-streaming'; readonly state: string }
  | { readonly code: 'replay-paused' }
  | { readonly code: 'nosync' }
  | { readonly code: 'nostream' }
);

/** A member that might take over, and whether it can. */
export interface Candidate {
  readonly name: string;
  /** False when Patroni would not let it take over now. */
  readonly can: boolean;
  /** Those that block come first. */
  readonly reasons: readonly CandidateReason[];
  readonly state: string;
  readonly timeline: number | null;
  /** WAL that it does not have yet, in bytes. */
  readonly lagBytes: number | null;
  /** Age of its data, see `replayLagSeconds`. */
  readonly lagSeconds: number | null;
  /** In synchronous mode: whether a commit waits for it. Null without synchronous mode. */
  readonly synchronous: boolean | null;
  /** `failover_priority`: among equals the highest takes over. */
  readonly priority: number;
}

export interface Assessment {
  readonly view: ClusterView;
  /** What each member said to `GET /patroni`; a member that was not asked has no entry. */
  readonly reports: ReadonlyMap<string, MemberReport>;
  readonly action: TakeoverAction;
  /** Wall clock, milliseconds since 1970: for the age of a replica's data only. */
  readonly nowMs: number;
}

/**
 * Looks at every member but the leader: whether it can take over, and why not. In the order of
 * their names. What blocks is what Patroni 4.1 checks itself (ha.py: `failover_limitation`,
 * `is_failover_possible`, `get_failover_candidates`), but a replica that does not follow the
 * leader's timeline blocks too. A failover is let through more: without a leader that answers, lag
 * and silence only warn, for there it is the user who decides what to lose.
 */
export function assessCandidates(input: Assessment): Candidate[] {
  const { view } = input;
  const context = contextOf(input);
  return view.members
    .filter((member) => member.name !== view.leader)
    .map((member) => assess(member, context, input))
    .sort((one, other) => compareText(one.name, other.name));
}

/**
 * Who may take over when no candidate is named, the most likely first: highest priority, least lag.
 */
export function likelyCandidates(candidates: readonly Candidate[]): Candidate[] {
  const lag = ({ lagBytes }: Candidate): number => lagBytes ?? Number.MAX_SAFE_INTEGER;
  return candidates
    .filter(({ can }) => can)
    .sort((one, other) => other.priority - one.priority || lag(one) - lag(other));
}

/** What all members are held against. */
interface Context {
  readonly settings: Settings;
  /** The leader answered, and works. */
  readonly leaderWorks: boolean;
  /** Any member answered: then silence of another one says something about that one. */
  readonly networkWorks: boolean;
  /** As the leader last wrote it to the DCS: what Patroni compares with. Bytes. */
  readonly publishedLsn: number;
  /** The newest position known of the leader. Bytes. */
  readonly leaderLsn: number;
  readonly leaderTimeline: number | undefined;
  readonly syncMode: 'off' | 'on' | 'quorum';
}

function contextOf({ view, reports }: Assessment): Context {
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  const leader = view.members.find(({ name }) => name === view.leader);
  const report = leader && reports.get(leader.name);
  const status = report?.ok ? report.status : undefined;
  return {
    settings,
    leaderWorks: status !== undefined && status.state === 'running',
    networkWorks: [...reports.values()].some(({ ok }) => ok),
    publishedLsn: view.status.lastLsn,
    leaderLsn: Math.max(view.status.lastLsn, (status && leaderPosition(status)) ?? 0),
    leaderTimeline: status?.timeline ?? leader?.timeline,
    syncMode: settings.standbyCluster ? 'off' : settings.synchronousMode,
  };
}

function assess(member: Member, context: Context, input: Assessment): Candidate {
  const report = input.reports.get(member.name);
  const status = report?.ok ? report.status : undefined;
  const position = (status && walPosition(status)) ?? publishedPosition(member);
  const synchronous = context.syncMode === 'off' ? null : isSynchronous(input.view, member.name);
  const subject = { member, report, status, position, synchronous };
  const reasons = [
    ...tagReasons(subject),
    ...healthReasons(subject, context, input),
    ...synchronyReasons(subject, context, input),
    ...dataReasons(subject, context, input.action),
  ].sort((one, other) => Number(other.blocks) - Number(one.blocks));
  const seconds = status && replayLagSeconds(status, context.leaderLsn, input.nowMs);
  return {
    name: member.name,
    can: !reasons.some(({ blocks }) => blocks),
    reasons,
    state: status?.replicationState ?? status?.state ?? member.replicationState ?? member.state,
    timeline: status?.timeline ?? member.timeline ?? null,
    lagBytes: position === undefined ? null : Math.max(0, context.leaderLsn - position),
    lagSeconds: seconds ?? null,
    synchronous,
    priority: failoverPriority(status?.tags ?? member.tags),
  };
}

interface Subject {
  readonly member: Member;
  readonly report: MemberReport | undefined;
  readonly status: NodeStatus | undefined;
  readonly position: number | undefined;
  readonly synchronous: boolean | null;
}

function tagReasons({ member, status }: Subject): CandidateReason[] {
  const tags = status?.tags ?? member.tags;
  const reasons: CandidateReason[] = [];
  if (isNoFailover(member.tags) || isNoFailover(tags)) {
    reasons.push({ code: 'nofailover', blocks: true });
  }
  if (tags.nosync === true) reasons.push({ code: 'nosync', blocks: false });
  if (tags.nostream === true) reasons.push({ code: 'nostream', blocks: false });
  return reasons;
}

function healthReasons(
  { member, report, status }: Subject,
  context: Context,
  { view, action }: Assessment,
): CandidateReason[] {
  if (!status) {
    const failure =
      report && !report.ok
        ? report.failure
        : member.apiUrl === undefined
          ? 'it has no api_url'
          : 'it was not asked';
    // Without a leader it is the candidate itself that will be asked, or the DCS.
    const lenient = !context.networkWorks || (action === 'failover' && !context.leaderWorks);
    return [{ code: 'unreachable', blocks: !lenient, failure }];
  }
  const reasons: CandidateReason[] = [];
  if (status.watchdogFailed) reasons.push({ code: 'watchdog-failed', blocks: true });
  if (status.state !== 'running') {
    reasons.push({ code: 'not-running', blocks: true, state: status.state });
  } else if (isPrimaryRole(status.role) && view.leader !== undefined) {
    reasons.push({ code: 'is-primary', blocks: true });
  }
  if (status.replayPaused) reasons.push({ code: 'replay-paused', blocks: false });
  const replication = status.replicationState;
  if (replication !== undefined && replication !== 'streaming') {
    reasons.push({ code: 'not-streaming', blocks: false, state: replication });
  }
  return reasons;
}

function synchronyReasons(
  { synchronous }: Subject,
  { syncMode }: Context,
  { view, action }: Assessment,
): CandidateReason[] {
  if (synchronous !== false) return [];
  // Until the leader has written its name to /sync, quorum mode binds nobody.
  if (syncMode === 'quorum' && !view.sync) return [];
  return [{ code: 'not-synchronous', blocks: action === 'switchover' }];
}

function dataReasons(
  { position, status, member }: Subject,
  context: Context,
  action: TakeoverAction,
): CandidateReason[] {
  const binding = action === 'switchover' || context.leaderWorks;
  const reasons: CandidateReason[] = [];
  const limit = context.settings.maximumLagOnFailover;
  if (position === undefined) {
    if (context.leaderLsn > 0) reasons.push({ code: 'lag-unknown', blocks: false });
  } else if (context.leaderLsn - position > limit) {
    const blocks = binding && context.publishedLsn - position > limit;
    reasons.push({ code: 'lag', blocks, bytes: context.leaderLsn - position, limit });
  }
  const timeline = status?.timeline ?? member.timeline;
  const expected = context.leaderTimeline;
  if (timeline !== undefined && expected !== undefined && timeline !== expected) {
    reasons.push({ code: 'timeline', blocks: binding && timeline < expected, timeline, expected });
  }
  return reasons;
}

/** Nothing is lost with a synchronous standby, nor with the last leader where nobody leads. */
function isSynchronous({ leader, sync }: ClusterView, name: string): boolean {
  const led = leader === undefined && sync?.leader.toLowerCase() === name.toLowerCase();
  return led || isSyncStandby(sync, name);
}

/** A standby leader has no position of its own: it replays, too. */
function leaderPosition(status: NodeStatus): number | undefined {
  return status.location ?? walPosition(status);
}

/** What the member last wrote to the DCS: older by up to one `loop_wait`. Bytes. */
function publishedPosition(member: Member): number | undefined {
  const known = [member.receiveLsn, member.replayLsn].filter((lsn) => lsn !== undefined);
  return known.length > 0 ? Math.max(...known) : member.xlogLocation;
}
