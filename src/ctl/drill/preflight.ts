import { assessCandidates, type Candidate, likelyCandidates } from '../../ha/candidates.ts';
import { type Finding, findings } from '../../ha/health.ts';
import { candidateNames, checkSwitchover } from '../../ha/switchover.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { leaderMember } from '../../model/cluster.ts';
import type { DrillCheck } from '../../model/drill.ts';
import { isNoFailover } from '../../model/member.ts';
import { asItSays, type MemberReport } from '../../model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { isNoSync } from '../../model/tags.ts';
import { byteSize } from '../render/byte-size.ts';
import { refusalFor } from '../takeover/texts.ts';
import type { DrillOptions } from './options.ts';

/** The cluster as it was found, before a drill or between its two switchovers. */
export interface Sight {
  readonly view: ClusterView;
  readonly reports: ReadonlyMap<string, MemberReport>;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
}

type Wanted = Pick<DrillOptions, 'candidate' | 'back'>;

/** What the DCS and the members say for and against a drill, in the order in which it is shown. */
export function clusterChecks(sight: Sight, { candidate, back }: Wanted): DrillCheck[] {
  const { view } = sight;
  return [
    ...healthChecks(sight),
    ...requestChecks(view),
    candidateCheck(sight, candidate),
    lagCheck(sight),
    ...(back ? backChecks(view) : []),
  ];
}

/** Why `candidate` cannot take over now, or the cluster is not whole; empty: all is well. */
export function obstacles(sight: Sight, candidate: string): string[] {
  return [...healthChecks(sight), candidateCheck(sight, candidate)]
    .filter(({ verdict }) => verdict === 'refused')
    .map(({ message }) => message);
}

/**
 * The view with the members as they say they are, where they do: their documents are older by up to
 * `loop_wait`, in which a busy leader writes more than a standby may lag.
 */
export function asTheySay({ view, reports }: Sight): ClusterView {
  const statusOf = (name: string | undefined) => {
    const report = name === undefined ? undefined : reports.get(name);
    return report?.ok ? report.status : undefined;
  };
  const members = view.members.map((member) => {
    const status = statusOf(member.name);
    return status ? asItSays(member, status) : member;
  });
  const lastLsn = statusOf(view.leader)?.location ?? view.status.lastLsn;
  return { ...view, members, status: { ...view.status, lastLsn } };
}

/** Who can take over, and why others cannot. */
function candidates({ view, reports, nowMs }: Sight): Candidate[] {
  return assessCandidates({ view, reports, action: 'switchover', nowMs });
}

/** Of the warnings of `pgherd health`, these are in the way of a drill. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['paused', 'switchover-scheduled']);

function healthChecks(sight: Sight): DrillCheck[] {
  const { reports } = sight;
  const silent = [...reports].map(([name, report]): [string, string | undefined] => [
    name,
    report.ok ? undefined : report.failure,
  ]);
  const found = findings(asTheySay(sight), new Map(silent)).map((finding): DrillCheck => {
    const refused = finding.severity === 'error' || IN_THE_WAY.has(finding.code);
    return { check: 'health', verdict: refused ? 'refused' : 'warning', message: about(finding) };
  });
  return found.length > 0 ? found : [ok('health', 'all members run, and the standbys stream')];
}

function about({ member, message }: Finding): string {
  return member === null ? `the cluster: ${message}` : `${member}: ${message}`;
}

function requestChecks({ failover, config }: ClusterView): DrillCheck[] {
  const checks: DrillCheck[] = [];
  if (config?.settings.standbyCluster) {
    checks.push(refused('role', 'it is a standby cluster: it accepts no writes to measure with'));
  }
  const asked = failover?.leader || failover?.candidate;
  if (asked && !failover?.scheduledAt) {
    checks.push(refused('request', 'a switchover or failover was asked for and is not done yet'));
  }
  return checks;
}

function candidateCheck(sight: Sight, candidate: string | undefined): DrillCheck {
  const { view, nowMs } = sight;
  const assessed = candidates(sight);
  const request = { action: 'switchover', candidate } as const;
  const verdict = checkSwitchover(view, request, { candidates: assessed, nowMs });
  if ('refuse' in verdict) {
    const context = {
      action: 'switchover',
      cluster: view.scope,
      names: candidateNames(view),
    } as const;
    return refused('candidate', refusalFor(verdict.refuse, context).message);
  }
  if (candidate) return ok('candidate', `${candidate} can take over`);
  const names = likelyCandidates(assessed).map(({ name }) => name);
  const who = names.length === 1 ? '' : ' (likeliest first)';
  return ok('candidate', `the members choose: ${names.join(', ')}${who}`);
}

function lagCheck(sight: Sight): DrillCheck {
  const lags = candidates(sight).map(({ name, lagBytes }) => {
    return `${name} ${lagBytes === null ? 'unknown' : byteSize(lagBytes)}`;
  });
  return ok('lag', lags.length === 0 ? 'there is no standby' : lags.join(', '));
}

function backChecks(view: ClusterView): DrillCheck[] {
  const leader = leaderMember(view);
  if (!leader) return [];
  const { name, tags } = leader;
  if (isNoFailover(tags)) {
    return [refused('back', `${name} is tagged nofailover: it could not lead again`)];
  }
  return [staysOut(view) ?? ok('back', `${name} may lead again`)];
}

/**
 * In synchronous mode only a synchronous standby takes over. The leader of before comes back last,
 * when others are synchronous already, and they stay it.
 */
function staysOut({ config, members, leader }: ClusterView): DrillCheck | undefined {
  const { synchronousMode, synchronousNodeCount: count } = config?.settings ?? DEFAULT_SETTINGS;
  const standbys = members.filter(({ tags }) => !isNoSync(tags)).length - 1;
  if (synchronousMode !== 'on' || count >= standbys) return undefined;
  const message =
    `${leader} would come back as a standby that is not synchronous, and could not take over:` +
    ` that takes synchronous_node_count ${standbys}`;
  return refused('back', message);
}

/** A check that is passed. */
export function ok(check: string, message: string): DrillCheck {
  return { check, verdict: 'ok', message };
}

/** A check that speaks against a drill without forbidding it. */
export function warning(check: string, message: string): DrillCheck {
  return { check, verdict: 'warning', message };
}

/** A check for which the drill is not begun. */
export function refused(check: string, message: string): DrillCheck {
  return { check, verdict: 'refused', message };
}
