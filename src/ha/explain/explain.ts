import { isSyncStandby } from '../../model/cluster.ts';
import { replayLagSeconds } from '../../model/lag.ts';
import type { Member, Tags, ValueChange } from '../../model/member.ts';
import { walPosition } from '../../model/node-status.ts';
import { compareText } from '../../model/python.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { failoverPriority, replicateFrom } from '../../model/tags.ts';
import { syncMode } from '../sync/membership.ts';
import { type Outlook, outlookOf } from './outlook.ts';
import { type Scene, saidBy } from './supposed-facts.ts';

/** What a member does now, and what would become of it without a leader. */
export interface MemberExplanation {
  readonly name: string;
  readonly role: 'leader' | 'standby_leader' | 'sync_standby' | 'quorum_standby' | 'replica';
  /** PostgreSQL's state, as the member says it; empty when nobody knows. */
  readonly state: string;
  /** `streaming`, `in archive recovery`; undefined on a primary, or when it does not say. */
  readonly replicationState: string | undefined;
  readonly timeline: number | undefined;
  /** The member that it streams from, as that one says; undefined: none says so. */
  readonly source: string | undefined;
  /** The member that its tag `replicatefrom` names. */
  readonly wantedSource: string | undefined;
  /** WAL that it does not have yet, in bytes; undefined on the leader. */
  readonly lagBytes: number | undefined;
  /** Age of its data, see `replayLagSeconds`. */
  readonly lagSeconds: number | undefined;
  readonly priority: number;
  readonly tags: Tags;
  readonly pendingRestart: boolean;
  readonly pendingRestartReason: Readonly<Record<string, ValueChange>>;
  readonly replayPaused: boolean;
  /** Seconds since the DCS answered its agent, by two clocks; undefined: it does not say. */
  readonly dcsSeenSeconds: number | undefined;
  /** Why its REST API did not answer; what is said of it is from its document then. */
  readonly failure: string | undefined;
  readonly outlook: Outlook;
  /** Its position in the line of those that could lead, from 1; undefined: it cannot. */
  readonly rank: number | undefined;
}

/** A cluster, member by member, in the order of their names. */
export interface Explanation {
  readonly leader: string | undefined;
  readonly paused: boolean;
  readonly members: readonly MemberExplanation[];
  /** Who would lead without the leader, and who after those; the first is the most likely one. */
  readonly line: readonly string[];
}

/** Says of every member what it does and why it could or could not lead now. Pure. */
export function explain(scene: Scene): Explanation {
  const { view } = scene;
  const leaderLsn = newestLsn(scene);
  const all = [...view.members]
    .sort((one, other) => compareText(one.name, other.name))
    .map((member) => describe(scene, member, leaderLsn));
  const line = inLine(all);
  return {
    leader: view.leader,
    paused: (view.config?.settings ?? DEFAULT_SETTINGS).pause,
    members: all.map((one) => {
      const rank = line.indexOf(one.name) + 1;
      return { ...one, rank: rank > 0 ? rank : undefined };
    }),
    line,
  };
}

function describe(scene: Scene, member: Member, leaderLsn: number): MemberExplanation {
  const { view, reports, nowMs } = scene;
  const report = reports.get(member.name);
  const status = saidBy(member, report);
  const isLeader = member.name === view.leader;
  const position = walPosition(status) ?? status.location;
  const { dcsLastSeen } = status;
  return {
    name: member.name,
    role: roleOf(scene, member),
    state: status.state,
    replicationState: status.replicationState,
    timeline: status.timeline,
    source: sourceOf(scene, member.name),
    wantedSource: replicateFrom(member.tags),
    lagBytes: isLeader || position === undefined ? undefined : Math.max(0, leaderLsn - position),
    lagSeconds: isLeader ? undefined : replayLagSeconds(status, leaderLsn, nowMs),
    priority: failoverPriority(member.tags),
    tags: member.tags,
    pendingRestart: status.pendingRestart,
    pendingRestartReason: status.pendingRestartReason,
    replayPaused: status.replayPaused,
    dcsSeenSeconds: dcsLastSeen ? Math.max(0, Math.round(nowMs / 1000 - dcsLastSeen)) : undefined,
    failure: report?.ok ? undefined : (report?.failure ?? 'it was not asked'),
    outlook: outlookOf(scene, member),
    rank: undefined,
  };
}

function roleOf({ view }: Scene, { name }: Member): MemberExplanation['role'] {
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  if (name === view.leader) return settings.standbyCluster ? 'standby_leader' : 'leader';
  const mode = syncMode(settings);
  if (mode === 'off' || !isSyncStandby(view.sync, name)) return 'replica';
  return mode === 'quorum' ? 'quorum_standby' : 'sync_standby';
}

/** Of two that say so, the one that streams to it: the other's line may be a while old. */
function sourceOf({ reports }: Scene, name: string): string | undefined {
  for (const [source, report] of reports) {
    const links = report.ok ? report.status.replication : [];
    const found = links.some((link) => link.applicationName === name && link.state === 'streaming');
    if (found) return source;
  }
  return undefined;
}

/** The leader's position as it says it now, or as it last wrote it to the DCS. Bytes. */
function newestLsn({ view, reports }: Scene): number {
  const report = view.leader === undefined ? undefined : reports.get(view.leader);
  const said = report?.ok ? (report.status.location ?? walPosition(report.status)) : undefined;
  return Math.max(view.status.lastLsn, said ?? 0);
}

/** Those that would ask for the lock, then those that wait for them: least lag, then priority. */
function inLine(members: readonly MemberExplanation[]): string[] {
  const lag = ({ lagBytes }: MemberExplanation): number => lagBytes ?? Number.MAX_SAFE_INTEGER;
  const of = (verdict: Outlook['verdict']): string[] =>
    members
      .filter(({ outlook }) => outlook.verdict === verdict)
      .sort((one, other) => lag(one) - lag(other) || other.priority - one.priority)
      .map(({ name }) => name);
  return [...of('would'), ...of('could')];
}
