import { isSameData } from '../../model/json.ts';
import type { Member, ScheduledRestart } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import type { JobKind } from '../job.ts';
import { leads } from '../lease.ts';
import type { ScheduledRestartOrder } from '../orders.ts';
import { NO_SYNC_TAGS } from '../planned/leave-sync.ts';
import { runningJob } from '../situation.ts';
import { isoOf } from './iso-time.ts';

/** What this node tells the others about itself (`touch_member` of Patroni's ha.py). */
export function memberDocument(facts: Facts): Member {
  const { self, postgres, settings, orders, memory } = facts;
  const restart = orders.scheduledRestart;
  return {
    name: self.name,
    connUrl: self.connUrl,
    apiUrl: self.apiUrl,
    ...(self.proxyUrl === undefined ? {} : { proxyUrl: self.proxyUrl }),
    state: stateOf(facts),
    role: roleOf(facts),
    version: self.version,
    ...(mayBeRewoundFrom(facts) ? {} : { checkpointAfterPromote: false }),
    tags: memory.leavingSyncSince === undefined ? self.tags : { ...self.tags, ...NO_SYNC_TAGS },
    pendingRestart: Object.keys(postgres.pendingRestart).length > 0,
    pendingRestartReason: postgres.pendingRestart,
    ...positionsOf(facts),
    ...(restart === undefined ? {} : { scheduledRestart: scheduleOf(restart) }),
    pause: settings.pause,
    documentVersion: '',
  };
}

/** True when both documents say the same: an address is part of `connUrl`, a version of none. */
export function isSameMember(one: Member, other: Member): boolean {
  return isSameData(saidBy(one), saidBy(other));
}

function saidBy(member: Member): Partial<Member> {
  const { host: _, port: __, documentVersion: ___, ...said } = member;
  return said;
}

const WORKING: Readonly<Partial<Record<JobKind, string>>> = {
  bootstrap: 'initializing new cluster',
  clone: 'creating replica',
  start: 'starting',
  restart: 'restarting',
  stop: 'stopping',
};

const FAILED: Readonly<Partial<Record<JobKind, string>>> = {
  bootstrap: 'initdb failed',
  start: 'start failed',
  restart: 'restart failed',
  stop: 'stop failed',
};

/** What pg_controldata says of a cluster that was shut down, and not killed. */
const SHUT_DOWN = ['', 'shut down', 'shut down in recovery'];

/** One of Patroni's words for the state of PostgreSQL (postgresql/misc.py). */
function stateOf(facts: Facts): string {
  const { postgres, job } = facts;
  const running = runningJob(facts);
  const working = running && WORKING[running];
  if (working !== undefined) return working;
  if (postgres.state !== 'stopped') return postgres.state;
  const failed = job?.outcome && !job.outcome.ok && !job.outcome.cancelled;
  const failure = failed ? FAILED[job.spec.kind] : undefined;
  if (failure !== undefined) return failure;
  return SHUT_DOWN.includes(postgres.controlState) ? 'stopped' : 'crashed';
}

/** One of Patroni's words for a node's part: what it is, not what it may be. */
function roleOf(facts: Facts): string {
  const { postgres, settings, memory } = facts;
  if (postgres.dataDirectory !== 'initialized' && postgres.state === 'stopped') {
    return 'uninitialized';
  }
  if (postgres.role === 'standby') {
    if (runningJob(facts) === 'promote') return 'promoted';
    return settings.standbyCluster && leads(facts) ? 'standby_leader' : 'replica';
  }
  // One that was stopped for good is to come back as a replica.
  const leaving = memory.steppingDown !== undefined || !leads(facts);
  return leaving && postgres.state !== 'running' ? 'demoted' : 'primary';
}

/** pg_rewind needs the new timeline in the control file: the first checkpoint writes it there. */
function mayBeRewoundFrom(facts: Facts): boolean {
  const { postgres } = facts;
  return !leads(facts) || postgres.role !== 'primary' || postgres.checkpointedSincePromote;
}

/** Only of a server that says them: half a copy has no position that means anything. */
function positionsOf(facts: Facts): Partial<Member> {
  const { postgres } = facts;
  const busy = runningJob(facts);
  if (postgres.state !== 'running' || !postgres.answering) return {};
  if (busy !== undefined && busy !== 'promote') return {};
  const { timeline, receivedLsn, replayedLsn, replicationState } = postgres;
  const standby = postgres.role === 'standby';
  return {
    xlogLocation: postgres.lsn,
    ...(standby && replayedLsn ? { replayLsn: replayedLsn } : {}),
    ...(standby && receivedLsn ? { receiveLsn: receivedLsn } : {}),
    ...(standby && replicationState ? { replicationState } : {}),
    ...(timeline ? { timeline } : {}),
  };
}

function scheduleOf(order: ScheduledRestartOrder): ScheduledRestart {
  const { role, postgresVersion, timeout, postmasterStart } = order;
  return {
    ...(order.onlyIfPending ? { onlyIfPending: true } : {}),
    ...(role === undefined ? {} : { role }),
    ...(postgresVersion === undefined ? {} : { postgresVersion }),
    schedule: isoOf(order.at),
    ...(timeout === undefined ? {} : { timeout }),
    ...(postmasterStart === undefined ? {} : { postmasterStart }),
  };
}
