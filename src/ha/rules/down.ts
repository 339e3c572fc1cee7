import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Asking, Rule } from '../plan.ts';
import { canHandOver, handoverPoll, hasLastWal } from '../planned/handover.ts';
import { followTarget } from '../replication/target.ts';
import {
  act,
  ended,
  lockIsFree,
  mayRewind,
  otherLeader,
  seconds,
  viewOf,
  withFailure,
} from '../situation.ts';
import { afterFailure, isBackingOff } from './backing-off.ts';
import { renewal } from './lock-questions.ts';
import { rejoin } from './rejoin.ts';
import { clearRequest } from './serve-request.ts';

// PostgreSQL is not running, and its data belong to the cluster.

/** Rules here are reached with the DCS answering, no job running, and good data. */
const down = (facts: Facts): boolean =>
  facts.dcs !== undefined && facts.postgres.state === 'stopped';

const hasFailedToStart = (f: Facts): boolean =>
  ended(f, 'start') === 'failed' || ended(f, 'restart') === 'failed';

/** pg_control of a server that was a primary, and was not stopped by order. */
const CRASHED: readonly string[] = ['in production', 'in crash recovery', 'shutting down'];

function release(facts: Facts, say: string): Acting {
  return act(say, [{ kind: 'disarm' }, { kind: 'release', lsn: facts.postgres.checkpointLsn }], {
    memory: {
      leaseUntil: undefined,
      releasedAt: facts.now,
      steppingDown: undefined,
      startingSince: undefined,
      rewind: 'check',
    },
    wakeAt: facts.now + 1000,
  });
}

/** Asks whether anybody could take over, and gives the lock up if so. */
function failOver(f: Facts): Asking | Acting | undefined {
  if (!f.answers.peers) return handoverPoll(f);
  return canHandOver(f) ? release(f, 'stopped PostgreSQL to fail over after a crash') : undefined;
}

/** A standby leader that stopped leads again as what it was: it accepts no writes. */
function startAgain(f: Facts): Acting {
  const asPrimary = f.postgres.role === 'primary' && !f.settings.standbyCluster;
  if (asPrimary) {
    return act(
      'starting primary after failure',
      [{ kind: 'job', job: { kind: 'start', as: 'primary', from: undefined } }],
      { memory: { startingSince: f.now }, wakeAt: f.now },
    );
  }
  const say = f.settings.standbyCluster
    ? 'starting as a standby leader because i had the session lock'
    : 'starting as readonly because i had the session lock';
  const job = { kind: 'start', as: 'standby', from: followTarget(f) } as const;
  return act(say, [{ kind: 'job', job }], { memory: { startingSince: f.now }, wakeAt: f.now });
}

/**
 * Leads on instead of handing over, if nobody who was asked for has the last WAL; undefined: the
 * lock may go. Who orders a failover decides himself what to lose.
 */
function leadAgain(f: Facts): Asking | Acting | undefined {
  const request = viewOf(f)?.failover;
  const isFailover = request !== undefined && request.leader === undefined;
  if (isFailover || f.postgres.role !== 'primary') return undefined;
  if (!f.answers.peers) return handoverPoll(f, request?.candidate);
  if (hasLastWal(f)) return undefined;
  if (!f.answers.lock) return { ask: renewal(f) };
  if (f.answers.lock.outcome !== 'held') return undefined;
  const { do: start, memory, wakeAt } = startAgain(f);
  const clear = request ? [clearRequest({ version: request.version })] : [];
  return act('switchover: nobody has received the last WAL, leading again', [...clear, ...start], {
    memory: { ...memory, steppingDown: undefined },
    ...(wakeAt === undefined ? {} : { wakeAt }),
  });
}

export const DOWN: readonly Rule[] = [
  {
    name: 'down.take-back',
    phase: 'down',
    why:
      'a standby that lost its connection while PostgreSQL stopped lacks what was committed last:' +
      ' a planned switchover loses nothing',
    mirrors: [],
    plan: (f) =>
      down(f) && f.memory.steppingDown === 'switchover' && leads(f) ? leadAgain(f) : undefined,
  },
  {
    name: 'down.handover',
    phase: 'down',
    why: 'PostgreSQL was stopped to hand over, and it is down: now the lock may go',
    mirrors: ['demote', 'release_leader_key_voluntarily'],
    plan: (f) => {
      const { steppingDown } = f.memory;
      if (!down(f) || !steppingDown || !(leads(f) || f.dcs?.ownsLock)) return undefined;
      if (steppingDown === 'demote-cluster') return undefined;
      return release(
        f,
        steppingDown === 'start-timeout'
          ? 'stopped PostgreSQL because of startup timeout'
          : 'Leader key released',
      );
    },
  },
  {
    name: 'down.renew',
    phase: 'down',
    why: 'a crashed leader that comes up again soon need not cost a failover',
    mirrors: ['recover', 'update_lock'],
    plan: (f) => (down(f) && leads(f) && !f.answers.lock ? { ask: renewal(f) } : undefined),
  },
  {
    name: 'down.start-failed',
    phase: 'down',
    why: 'a leader that does not start must not keep the lock from those that run',
    mirrors: ['post_recover', '_delete_leader'],
    plan: (f) =>
      down(f) && leads(f) && hasFailedToStart(f)
        ? withFailure(
            f,
            release(f, 'removed leader key after trying and failing to start postgres'),
          )
        : undefined,
  },
  {
    name: 'down.fail-over',
    phase: 'down',
    why: 'with primary_start_timeout 0 a failover is preferred to a restart, if one is possible',
    mirrors: ['recover', 'is_failover_possible'],
    plan: (f) =>
      down(f) && leads(f) && f.settings.primaryStartTimeout === 0 ? failOver(f) : undefined,
  },
  {
    name: 'down.start-leader',
    phase: 'down',
    why: 'the lock is surely ours: the crashed primary is the one with all data',
    mirrors: ['recover'],
    plan: (f) => (down(f) && leads(f) ? startAgain(f) : undefined),
  },
  {
    name: 'down.start-failed-standby',
    phase: 'down',
    why: 'a standby that does not start is tried again, later each time',
    mirrors: ['post_recover'],
    plan: (f) => {
      if (!down(f) || !hasFailedToStart(f)) return undefined;
      const memory = afterFailure(f);
      const wakeAt = memory.retryAfter;
      return withFailure(f, act('failed to start postgres', [], { memory, wakeAt }));
    },
  },
  {
    name: 'down.backing-off',
    phase: 'down',
    why: 'what has just failed will fail again at once',
    mirrors: [],
    plan: (f) =>
      down(f) && isBackingOff(f)
        ? act('failed to start postgres', [], { wakeAt: f.memory.retryAfter ?? f.now })
        : undefined,
  },
  {
    name: 'down.wait-for-successor',
    phase: 'down',
    why: 'after a handover the successor is about to take the lock, and can be followed at once',
    mirrors: ['demote'],
    plan: (f) => {
      const { releasedAt } = f.memory;
      if (!down(f) || releasedAt === undefined || !lockIsFree(f)) return undefined;
      const until = releasedAt + seconds(f.settings.loopWait);
      if (f.now >= until) return undefined;
      return act('waiting for a new leader', [], { wakeAt: until });
    },
  },
  {
    name: 'down.crash-recovery',
    phase: 'down',
    why:
      'a former primary must end its own WAL cleanly before pg_rewind, or before anybody can say' +
      ' how far it came; never with a backup_label (P#3577)',
    mirrors: ['_handle_crash_recovery', 'recover'],
    plan: (f) => {
      const crashed = CRASHED.includes(f.postgres.controlState);
      if (!down(f) || !crashed || f.postgres.backupLabel || f.memory.crashRecoveryTried) return;
      if (!lockIsFree(f) && !mayRewind(f)) return undefined;
      return act(
        'doing crash recovery in a single user mode',
        [{ kind: 'disarm' }, { kind: 'job', job: { kind: 'crash-recovery' } }],
        { memory: { crashRecoveryTried: true } },
      );
    },
  },
  {
    name: 'down.rejoin',
    phase: 'down',
    why: 'data that hold what the leader does not have cannot follow it (S5)',
    mirrors: ['_handle_rewind_or_reinitialize', 'recover'],
    plan: (f) => (down(f) && otherLeader(f) ? rejoin(f) : undefined),
  },
  {
    name: 'down.start-standby',
    phase: 'down',
    why: 'whatever it was before, without the lock a server starts in recovery (R#439)',
    mirrors: ['recover', 'follow', '_get_node_to_follow'],
    plan: (f) => {
      if (!down(f)) return undefined;
      const actions: Action[] = [
        { kind: 'disarm' },
        { kind: 'job', job: { kind: 'start', as: 'standby', from: followTarget(f) } },
      ];
      return act('starting as a secondary', actions, { memory: { steppingDown: undefined } });
    },
  },
];
