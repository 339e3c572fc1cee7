import type { AgentState } from '../../../agent/state.ts';
import type { Monotonic } from '../../../ha/facts.ts';
import { WholeFloat } from '../../../model/json.ts';
import type { Tags } from '../../../model/member.ts';
import { isPrimaryRole } from '../../../model/node-status.ts';
import { pythonNumber } from '../../../model/python.ts';
import { lenientBytes } from '../../../wire/rest/sizes.ts';

// The answers of the health checks, by the last tick and by the clock of now. All of it is
// Patroni's (api.py, do_GET), with three additions: the lease is looked at when the question comes,
// what was seen too long ago is not known any more, and `/primary` is 200 only when writes are
// possible: Patroni says so while it still promotes.

export type HealthCode = 200 | 503;

/** What the codes follow from. */
export interface HealthSubject {
  readonly state: AgentState;
  readonly now: Monotonic;
  /** When this agent began: counts in place of a tick until the first one. */
  readonly begun: Monotonic;
}

/** No limit on the lag. */
const ANY_LAG = Number.MAX_SAFE_INTEGER;

/** The code for `GET`, `HEAD` or `OPTIONS` of a path that has no handler of its own. */
export function healthCode(
  path: string,
  query: URLSearchParams | undefined,
  subject: HealthSubject,
): HealthCode {
  const { code, tagged } = roleCode(path === '/' ? '/primary' : path, query, subject);
  if (code !== 200 || !tagged || !query) return code;
  return matchesTags(query, subject.state.status.tags) ? 200 : 503;
}

/** `tagged`: tags that are asked for count; they do not on the paths of leaders. */
interface Verdict {
  readonly code: HealthCode;
  readonly tagged: boolean;
}

/** Which word of the path counts is a matter of Patroni's order: `/foo-replica` works too. */
function roleCode(
  path: string,
  query: URLSearchParams | undefined,
  subject: HealthSubject,
): Verdict {
  const { state } = subject;
  const leader = leaderCodes(subject);
  const of = (code: HealthCode, tagged = true): Verdict => ({ code, tagged });
  if (path.includes('standby_leader') || path.includes('standby-leader')) {
    return of(leader.standbyLeader, false);
  }
  if (path.includes('leader')) return of(leader.any, false);
  if (path.includes('master') || path.includes('primary') || path.includes('read-write')) {
    return of(leader.primary, false);
  }
  const replica = leader.standbyLeads ? 503 : replicaCode(query, subject);
  const leads = leader.primary === 200 || leader.standbyLeader === 200;
  if (path.includes('replica')) return of(replica);
  if (path.includes('read-only') && !path.includes('sync') && !path.includes('quorum')) {
    return of(leads ? 200 : replica);
  }
  if (path.includes('health')) return of(codeIf(isRunning(subject)));
  const { syncStandby, quorumStandby } = state.status;
  const standby = state.view ? replica : 503;
  switch (path) {
    case '/sync':
    case '/synchronous':
      return of(syncStandby ? standby : 503);
    case '/quorum':
      return of(quorumStandby ? standby : 503);
    case '/async':
    case '/asynchronous':
      return of(syncStandby || quorumStandby ? 503 : standby);
    case '/read-only-quorum':
      if (leads && state.view) return of(200);
      return of(quorumStandby ? standby : 503);
    case '/read-only-sync':
    case '/read-only-synchronous':
      if (leads && state.view) return of(200);
      return of(syncStandby ? standby : 503);
    default:
      return of(503);
  }
}

interface LeaderCodes {
  readonly any: HealthCode;
  readonly primary: HealthCode;
  readonly standbyLeader: HealthCode;
  /** It leads a standby cluster, so it is no replica. */
  readonly standbyLeads: boolean;
}

function leaderCodes({ state, now }: HealthSubject): LeaderCodes {
  const { status, settings, leaseUntil } = state;
  const primary = isPrimaryRole(status.role);
  if (!state.view && status.pause) {
    // Nobody renews a lock that cannot be reached, and in pause that changes nothing.
    const standbyLeader = status.role === 'standby_leader';
    return {
      any: codeIf(primary || standbyLeader),
      primary: codeIf(primary),
      standbyLeader: codeIf(standbyLeader),
      standbyLeads: false,
    };
  }
  if (leaseUntil === undefined || now >= leaseUntil) {
    return { any: 503, primary: 503, standbyLeader: 503, standbyLeads: false };
  }
  if (!settings.standbyCluster) {
    return { any: 200, primary: codeIf(primary), standbyLeader: 503, standbyLeads: false };
  }
  const leads = status.role === 'replica' || status.role === 'standby_leader';
  return { any: 200, primary: 503, standbyLeader: codeIf(leads), standbyLeads: true };
}

function replicaCode(query: URLSearchParams | undefined, subject: HealthSubject): HealthCode {
  const { status } = subject.state;
  if (status.role !== 'replica' || !isRunning(subject) || status.tags.noloadbalance) return 503;
  if (!query) return 200;
  const wanted = query.get('replication_state');
  if (wanted && wanted !== status.replicationState) return 503;
  const limit = lenientBytes(query.get('lag') || '') ?? ANY_LAG;
  const leaderLsn = newestLeaderLsn(subject.state);
  return codeIf(leaderLsn <= (status.replayedLsn ?? 0) + limit || leaderLsn === 0);
}

/** The newest position of the leader that is known: from the store, or from the WAL's source. */
function newestLeaderLsn({ view, latestEndLsn }: AgentState): number {
  return Math.max(view?.status.lastLsn ?? 0, latestEndLsn ?? 0);
}

function isRunning(subject: HealthSubject): boolean {
  return subject.state.status.state === 'running' && !isOverdue(subject, 2);
}

/** The loop has not run for so many `ttl` since its next tick was due. */
function isOverdue({ state, now, begun }: HealthSubject, ttls: number): boolean {
  const { tickedAt = begun, settings } = state;
  return now >= tickedAt + (settings.loopWait + ttls * settings.ttl) * 1000;
}

function matchesTags(query: URLSearchParams, tags: Tags): boolean {
  const seen = new Set<string>();
  for (const [key, wanted] of query) {
    // An empty value counts as none, and of several the first.
    if (!key.startsWith('tag_') || wanted === '' || seen.has(key)) continue;
    seen.add(key);
    if (tagText(tags[key.slice('tag_'.length)]) !== wanted) return false;
  }
  return true;
}

/** A tag as Patroni compares it: text as it is, anything else as Python prints it, lower case. */
function tagText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof WholeFloat) {
    return pythonNumber(value);
  }
  return String(value).toLowerCase();
}

function codeIf(healthy: boolean): HealthCode {
  return healthy ? 200 : 503;
}

/** `GET /liveness`: the loop runs, or may stand still because of a pause. */
export function livenessCode(subject: HealthSubject): HealthCode {
  const { status, settings } = subject.state;
  // A replica may be without its agent for longer than a primary.
  const primary = isPrimaryRole(status.role) && status.state !== 'stopped';
  return codeIf(settings.pause || !isOverdue(subject, primary ? 1 : 2));
}

/** `GET /readiness`: it leads, or replicates within the lag that is allowed. */
export function readinessCode(
  query: URLSearchParams | undefined,
  subject: HealthSubject,
): HealthCode {
  const { state, now } = subject;
  const { status, leaseUntil, settings } = state;
  if (leaseUntil !== undefined && now < leaseUntil) return 200;
  if (!isRunning(subject) || status.replicationState !== 'streaming') return 503;
  if (!state.view && !state.latestEndLsn) return codeIf(status.failsafeActive === true);
  const written = query?.get('mode') === 'write';
  const position = written ? (status.receivedLsn ?? status.replayedLsn) : status.replayedLsn;
  const limit = lenientBytes(query?.get('lag') || '') ?? settings.maximumLagOnFailover;
  return codeIf(newestLeaderLsn(state) - (position ?? 0) <= limit);
}
