import { type ClusterView, leaderMember } from '../model/cluster.ts';
import type { DcsSight, Facts } from './facts.ts';
import type { Memory } from './memory.ts';
import { isLeavingSync } from './planned/leave-sync.ts';
import { isOnLeadersTimeline, longestLease, seconds } from './situation.ts';

/**
 * What is to be remembered of this look, whatever will be decided: who led, since when the lock is
 * free, whether the store can be believed. Pure, and the same however often a tick asks.
 */
export function recall(facts: Facts): Partial<Memory> {
  // Merging by spreading takes twenty times as long, and this is done in every round of every tick.
  const own = Object.assign(ofPostgres(facts), ofPromises(facts));
  if (!facts.dcs) return own;
  return Object.assign(own, ofStore(facts, facts.dcs), ofLeader(facts, facts.dcs.view));
}

function ofPostgres(facts: Facts): Partial<Memory> {
  const { postgres, memory, job } = facts;
  const stuck = stuckAt(facts);
  if (postgres.state !== 'running') {
    // By the job, not by the intention: the claim may have gone to another one.
    const ours = job?.spec.kind === 'bootstrap' && job.outcome?.ok !== false;
    const failed = job?.spec.kind === 'bootstrap' && !ours;
    const waits = memory.bootstrapping && postgres.dataDirectory === 'unfinished' && !failed;
    return { stuck, bootstrapping: ours || waits };
  }
  const streams = postgres.replicationState === 'streaming';
  const fine = postgres.role === 'primary' || streams;
  return {
    stuck,
    bootstrapping: false,
    crashRecoveryTried: false,
    startingSince: undefined,
    startTimeout: undefined,
    ...(fine ? { failures: 0, retryAfter: undefined } : {}),
    // What streams the leader's timeline has not diverged after all.
    ...(memory.rewind === 'failed' && streams && isOnLeadersTimeline(facts)
      ? { rewind: 'clear' }
      : {}),
  };
}

/**
 * Counted anew with each leader: before there is one, nobody has WAL to send. What replays from an
 * archive goes on without a stream.
 */
function stuckAt({ postgres, memory, now, dcs }: Facts): Memory['stuck'] {
  const { state, role, replicationState, follows } = postgres;
  const isUp = state === 'running' || state === 'starting';
  const streams = replicationState === 'streaming';
  if (!isUp || role !== 'standby' || streams || follows === '') return undefined;
  if (dcs && dcs.view.leader === undefined) return undefined;
  const another = dcs && dcs.view.leader !== memory.healthyView?.leader;
  const lsn = postgres.replayedLsn ?? postgres.lsn;
  return memory.stuck?.lsn === lsn && !another ? memory.stuck : { since: now, lsn };
}

function ofPromises(facts: Facts): Partial<Memory> {
  const { memory, now } = facts;
  const { failsafePromise: promise, acquireSentAt, leaseUntil } = memory;
  // A view that names another leader may be stale: the promise holds until it has run out.
  const kept = promise && promise.until > now;
  const answered = leaseUntil !== undefined && leaseUntil > now;
  return {
    startedAt: memory.startedAt ?? now,
    leavingSyncSince: isLeavingSync(facts) ? memory.leavingSyncSince : undefined,
    failsafePromise: kept ? promise : undefined,
    acquireSentAt: answered ? undefined : acquireSentAt,
  };
}

/**
 * A store that goes back, or knows our cluster no more, is stale, restored or wiped. Then a leader
 * that it does not name may well be alive, with a lease that the store has forgotten: nobody may
 * race until such a lease has surely ended. In synchronous mode its `/sync` may be old as well, so
 * the next race must hear every standby, until a leader has had the time to write it anew.
 */
function ofStore({ memory, now, settings, postgres }: Facts, dcs: DcsSight): Partial<Memory> {
  const ours = postgres.systemId !== undefined && dcs.view.initialize === postgres.systemId;
  const systemId = ours ? postgres.systemId : memory.systemId;
  const { distrustUntil } = memory;
  const forgot =
    memory.systemId !== undefined &&
    memory.healthyView?.leader !== undefined &&
    !dcs.view.initialize &&
    dcs.view.leader === undefined;
  const { storeIdentity, revision } = memory;
  const another = storeIdentity !== undefined && dcs.identity !== storeIdentity;
  const wentBack = another || dcs.revision < revision;
  const store = { systemId, revision: dcs.revision, storeIdentity: dcs.identity };
  if (wentBack || (forgot && distrustUntil === undefined)) {
    return { ...store, distrustUntil: now + longestLease(settings), syncDistrusted: true };
  }
  const settled =
    distrustUntil !== undefined &&
    now > distrustUntil + seconds(settings.ttl) &&
    dcs.view.leader !== undefined &&
    memory.lockFreeSince === undefined;
  return {
    ...store,
    // Another `/sync` alone proves nothing: after a wipe a backup is restored.
    ...(settled ? { distrustUntil: undefined, syncDistrusted: false } : {}),
  };
}

function ofLeader(facts: Facts, view: ClusterView): Partial<Memory> {
  const { memory, now, settings, self } = facts;
  const pause = { wasPaused: settings.pause };
  // While paused people may have done anything to the data.
  const resumed = memory.wasPaused && !settings.pause;
  if (view.leader === undefined) {
    return {
      ...pause,
      lockFreeSince: memory.lockFreeSince ?? now,
      ...(resumed ? { rewind: check(memory) } : {}),
    };
  }
  const timeline = leaderMember(view)?.timeline;
  const changed =
    memory.healthyView?.leader !== view.leader ||
    (timeline !== undefined && timeline !== memory.leaderTimeline);
  const another = view.leader !== self.name;
  return {
    ...pause,
    lockFreeSince: undefined,
    healthyView: view,
    leaderTimeline: timeline ?? memory.leaderTimeline,
    ...(another ? { releasedAt: undefined } : {}),
    // P#3457: the same leader may go to another timeline, too.
    ...(another && (changed || resumed) ? { rewind: check(memory) } : {}),
  };
}

/** Data that are known to need a rewind still do. */
function check({ rewind }: Memory): Memory['rewind'] {
  return rewind === 'needed' ? 'needed' : 'check';
}
