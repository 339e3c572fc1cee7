import { isNoFailover } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import { timelineClaim } from '../housekeeping/history.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Asking, Rule } from '../plan.ts';
import { fullestPeer } from '../race/catch-up.ts';
import { electorate } from '../race/electorate.ts';
import { unfitness } from '../race/fitness.ts';
import { healthiest } from '../race/healthiest.ts';
import { knownTimeline } from '../race/known-timeline.ts';
import { callOf } from '../race/request.ts';
import { changeTo } from '../replication/change-source.ts';
import { act, isDistrusted, isRunningPrimary, lockIsFree, viewOf } from '../situation.ts';
import { maySucceed } from '../sync/membership.ts';
import { prepareSync } from '../sync/prepare-sync.ts';
import { startGuard } from './guard.ts';
import { STOP_NOW } from './keep-or-stop.ts';
import { acquisition, renewal } from './lock-questions.ts';
import { clearRequest } from './serve-request.ts';

// Nobody holds the lock, and PostgreSQL runs here.

/** Reached with the DCS answering, not in pause but for a named candidate, and no job running. */
const race = (f: Facts): boolean => lockIsFree(f) && f.postgres.state !== 'stopped';

const isStandby = (f: Facts): boolean => f.postgres.role === 'standby';

const mark = (f: Facts): number => f.now + Math.min(2000, f.settings.loopWait * 1000);

/** Stops a server that must not go on as a primary. */
function stepDown(f: Facts, say: string): Acting {
  return act(say, [STOP_NOW], {
    memory: { leaseUntil: undefined, rewind: 'check' },
    wakeAt: f.now,
  });
}

/** The deeds of a standby that has just won the lock. */
export function promote(f: Facts, say: string): Acting {
  const request: Action[] = viewOf(f)?.failover ? [clearRequest('any')] : [];
  const memory = {
    failsafePromise: undefined,
    releasedAt: undefined,
    steppingDown: undefined,
    rewind: 'clear',
    promotedAt: f.now,
  } as const;
  if (f.settings.standbyCluster) return act(say, request, { memory, wakeAt: f.now });
  return act(
    say,
    [
      ...request,
      ...prepareSync(f),
      { kind: 'write', document: timelineClaim(f) },
      { kind: 'job', job: { kind: 'promote', above: knownTimeline(f) } },
    ],
    {
      memory,
      wakeAt: f.now,
    },
  );
}

const pollAll = (f: Facts): Asking => ({ ask: { kind: 'poll', members: electorate(f) } });

/** A running primary takes the free lock back, if nobody can be newer than it. */
function takeBack(f: Facts): Asking | Acting {
  const view = viewOf(f);
  if ((f.postgres.timeline ?? 0) < knownTimeline(f)) {
    return stepDown(f, 'demoting self because my timeline is behind the last known one');
  }
  // A store that went back shows a `/sync` of then; since it did, nobody else can have led.
  if (view && !isDistrusted(f) && !maySucceed(view, f.settings, f.self.name)) {
    return stepDown(f, 'demoting self because another member was synchronous without me');
  }
  if (!f.answers.peers) return pollAll(f);
  const other = f.answers.peers.find(
    ({ report }) =>
      report.ok && report.status.role === 'primary' && report.status.state !== 'stopped',
  );
  if (other) return stepDown(f, `demoting self because ${other.name} is a primary`);
  if (!f.answers.lock) return { ask: acquisition(f) };
  return leads(f)
    ? act('acquired session lock as a leader', [], { wakeAt: f.now })
    : stepDown(f, 'demoted self after trying and failing to obtain lock');
}

/** Somebody else is to lead; looks again soon, for that one may fail. */
function leaveIt(f: Facts, because: string): Acting {
  const say = 'following a different leader because i am not the healthiest node';
  return { ...act(say, [], { wakeAt: mark(f) }), because };
}

/** A standby that does not come up gets the WAL that it needs from the member that has most. */
function catchUp(f: Facts): Asking | Acting | undefined {
  if (!f.answers.peers) return pollAll(f);
  const source = fullestPeer(f);
  const change = source && changeTo(f, source);
  const say = `following ${source?.name} until I have come up`;
  return change ? act(say, [change], { wakeAt: mark(f) }) : undefined;
}

/** A standby goes through the race: request, fitness, the others, the lock. */
function run(f: Facts): Asking | Acting {
  const call = callOf(f);
  if (call.kind === 'ask') return pollAll(f);
  if (call.kind === 'stand-aside')
    return leaveIt(f, `${call.for ?? 'another member'} was asked for`);
  const unfit = unfitness(f, call.leniency);
  if (unfit) return leaveIt(f, unfit);
  if (!f.answers.peers) return pollAll(f);
  const verdict = healthiest(f, call.excluded);
  // A manual failover names its candidate whatever WAL it lacks, but never beside a primary.
  const accepted = call.leniency.lag && !verdict.healthiest && verdict.because !== 'primary-alive';
  if (!verdict.healthiest && !accepted) {
    return leaveIt(f, [verdict.because, verdict.member ?? ''].join(' ').trim());
  }
  if (!f.answers.lock) return { ask: acquisition(f) };
  if (leads(f)) {
    const role = f.settings.standbyCluster ? 'a standby leader' : 'leader';
    return promote(f, `promoted self to ${role} by acquiring session lock`);
  }
  return act('following new leader after trying and failing to obtain lock', [], {
    wakeAt: mark(f),
  });
}

export const RACE: readonly Rule[] = [
  {
    name: 'race.lease-holds',
    phase: 'race',
    why: 'a read that does not show our lock may be stale: the lock itself is asked',
    mirrors: ['update_lock'],
    plan: (f) => (race(f) && leads(f) && !f.answers.lock ? { ask: renewal(f) } : undefined),
  },
  {
    name: 'race.lock-vanished',
    phase: 'race',
    why: 'the lock is gone and nobody has it: a running primary takes it back at the next look',
    mirrors: ['process_unhealthy_cluster'],
    plan: (f) =>
      race(f) && f.answers.lock?.outcome === 'lost' && isRunningPrimary(f) && !f.answers.peers
        ? act('the leader key has vanished from the DCS', [], { wakeAt: f.now })
        : undefined,
  },
  {
    name: 'race.failsafe-promise',
    phase: 'race',
    why: 'we promised a leader without DCS not to race for a while (L3)',
    mirrors: ['update_failsafe', 'load_cluster_from_dcs', 'failsafe_is_active'],
    plan: (f) => {
      const promise = f.memory.failsafePromise;
      if (!race(f) || leads(f) || !isStandby(f) || !promise) return undefined;
      return act(
        `no action. I am (${f.self.name}), a secondary, and following a leader (${promise.name})`,
        [],
        { wakeAt: promise.until },
      );
    },
  },
  {
    name: 'race.primary-in-standby-cluster',
    phase: 'race',
    why: 'the leader of a standby cluster accepts no writes',
    mirrors: ['enforce_follow_remote_member'],
    plan: (f) =>
      race(f) && !leads(f) && !isStandby(f) && f.settings.standbyCluster && !f.settings.pause
        ? stepDown(f, 'cannot be a real primary in standby cluster')
        : undefined,
  },
  {
    name: 'race.running-primary',
    phase: 'race',
    why:
      'a primary that runs without a lock takes it, if its timeline is the last, nobody else is a' +
      ' primary and the lock is free; else it stops (P#2787)',
    mirrors: ['is_healthiest_node', 'process_unhealthy_cluster', 'acquire_lock'],
    plan: (f) =>
      race(f) && !isStandby(f) && !f.settings.pause && (!leads(f) || f.answers.peers)
        ? takeBack(f)
        : undefined,
  },
  {
    name: 'race.distrusted',
    phase: 'race',
    why: 'a leader that the store forgot may still hold its lease',
    mirrors: [],
    plan: (f) =>
      race(f) && isStandby(f) && isDistrusted(f) && !leads(f)
        ? act('waiting until the DCS can be believed again', [], {
            wakeAt: f.memory.distrustUntil ?? f.now,
          })
        : undefined,
  },
  {
    name: 'race.start-guard',
    phase: 'race',
    why: 'a member without a guard cannot lead, so a guard that died is started anew',
    mirrors: [],
    plan: (f) => (race(f) && isStandby(f) && !leads(f) ? startGuard(f) : undefined),
  },
  {
    name: 'race.not-allowed',
    phase: 'race',
    why: 'a member with nofailover, or priority 0, never leads',
    mirrors: ['is_healthiest_node', 'process_unhealthy_cluster'],
    plan: (f) =>
      race(f) && isStandby(f) && isNoFailover(f.self.tags) && !leads(f)
        ? act('following a different leader because I am not allowed to promote', [], {
            memory: { rewind: f.memory.rewind === 'clear' ? 'check' : f.memory.rewind },
          })
        : undefined,
  },
  {
    name: 'race.catch-up',
    phase: 'race',
    why:
      'nobody may lead before every standby is heard, and one that still needs WAL to come up' +
      ' would wait for a leader to get it from',
    mirrors: [],
    plan: (f) => {
      const waits = f.postgres.state === 'starting' && f.memory.syncDistrusted;
      return race(f) && isStandby(f) && waits && !leads(f) ? catchUp(f) : undefined;
    },
  },
  {
    name: 'race.run',
    phase: 'race',
    why: 'the lock goes to a standby that is fit, has heard nobody with more WAL, and is first',
    mirrors: [
      'is_healthiest_node',
      '_is_healthiest_node',
      'is_lagging',
      'manual_failover_process_no_leader',
      'fetch_node_status',
      'fetch_nodes_statuses',
      'process_unhealthy_cluster',
      'acquire_lock',
      'enforce_primary_role',
      'process_sync_replication_prepromote',
    ],
    plan: (f) => (race(f) && isStandby(f) && (!leads(f) || f.answers.peers) ? run(f) : undefined),
  },
];
