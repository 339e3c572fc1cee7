import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Rule } from '../plan.ts';
import { canHandOver, handoverPoll } from '../planned/handover.ts';
import { fenceProblem } from '../race/fitness.ts';
import { changeOfSource } from '../replication/change-source.ts';
import { act, ended, seconds, viewOf } from '../situation.ts';
import { maySucceed } from '../sync/membership.ts';
import { startGuard } from './guard.ts';
import { keepOrStop, STOP_FAST, STOP_NOW } from './keep-or-stop.ts';
import { renewal } from './lock-questions.ts';
import { promote } from './race.ts';
import { scheduledWake, serveRequest } from './serve-request.ts';

// The lock is ours.

/** Reached with the DCS answering, and no job running. */
const holds = (f: Facts): boolean => leads(f) && f.postgres.state !== 'stopped';

const isPrimary = (f: Facts): boolean => f.postgres.role === 'primary';

const inSeconds = (ms: number): number => Math.ceil(ms / 1000);

/** A standby gives the lock away: there is nothing for the guard to stop. */
const LET_GO: readonly Action[] = [{ kind: 'disarm' }, { kind: 'release' }];

function giveUp(f: Facts, say: string): Acting {
  return act(say, [STOP_NOW], {
    memory: {
      steppingDown: 'unfit',
      raceAfter: f.now + seconds(f.settings.ttl),
      rewind: 'check',
    },
    wakeAt: f.now,
  });
}

export const LEADING: readonly Rule[] = [
  {
    name: 'leading.renew',
    phase: 'leading',
    why: 'a leader renews before it does anything else',
    mirrors: ['update_lock', 'process_healthy_cluster', '_failsafe_config'],
    plan: (f) => (holds(f) && !f.answers.lock ? { ask: renewal(f) } : undefined),
  },
  {
    name: 'leading.unanswered',
    phase: 'leading',
    why: 'a renewal without an answer may have been done or not: the lease counts',
    mirrors: ['_handle_dcs_error', 'check_failsafe_topology'],
    plan: (f) =>
      holds(f) && f.answers.lock?.outcome === 'unknown'
        ? isPrimary(f) && !f.settings.pause
          ? keepOrStop(f)
          : act('not promoting because failed to update leader lock in DCS')
        : undefined,
  },
  {
    name: 'leading.not-answering',
    phase: 'leading',
    why: 'a look that took too long is not "down": nothing is concluded from it (P#3663)',
    mirrors: ['_run_cycle'],
    plan: (f) =>
      holds(f) && !f.postgres.answering
        ? act('Error communicating with PostgreSQL. Will try again later')
        : undefined,
  },
  {
    name: 'leading.demote-cluster',
    phase: 'leading',
    why: 'the leader of what is a standby cluster now takes no writes, and keeps the lock',
    mirrors: ['enforce_follow_remote_member', 'demote'],
    plan: (f) =>
      holds(f) && f.settings.standbyCluster && isPrimary(f) && !f.settings.pause
        ? act('cannot be a real primary in standby cluster', [STOP_FAST], {
            memory: { steppingDown: 'demote-cluster' },
            wakeAt: f.now,
          })
        : undefined,
  },
  {
    name: 'leading.start-guard',
    phase: 'leading',
    why: 'a guard that died is replaced before anybody needs it',
    mirrors: [],
    plan: (f) => (holds(f) ? startGuard(f) : undefined),
  },
  {
    name: 'leading.unfenced',
    phase: 'leading',
    why: 'without a living guard nobody would stop this primary when its agent dies (S1)',
    mirrors: ['enforce_primary_role'],
    plan: (f) =>
      holds(f) && !f.settings.pause && fenceProblem(f) && isPrimary(f)
        ? giveUp(f, 'Demoting self because watchdog could not be activated')
        : undefined,
  },
  {
    name: 'leading.request',
    phase: 'leading',
    why: 'a switchover is done when somebody can take over, and the request is cleared when not',
    mirrors: [
      'process_manual_failover_from_leader',
      'is_failover_possible',
      'should_run_scheduled_action',
      'demote',
    ],
    plan: (f) => (holds(f) ? serveRequest(f) : undefined),
  },
  {
    name: 'leading.starting',
    phase: 'leading',
    why: 'a primary that replays its WAL is waited for, up to primary_start_timeout',
    mirrors: ['handle_starting_instance', 'set_start_timeout'],
    plan: (f) => {
      if (!holds(f) || f.postgres.state !== 'starting' || f.settings.pause) return undefined;
      const since = f.memory.startingSince ?? f.now;
      const limit = f.memory.startTimeout ?? f.settings.primaryStartTimeout;
      const left = since + seconds(limit) - f.now;
      const memory = { startingSince: since };
      if (left > 0) {
        const say = `PostgreSQL is still starting up, ${inSeconds(left)} seconds until timeout`;
        return act(say, [], { memory });
      }
      if (!f.answers.peers) return handoverPoll(f);
      if (!canHandOver(f)) {
        return act(
          'primary start has timed out, but continuing to wait because failover is not possible',
          [],
          { memory },
        );
      }
      return act('stopped PostgreSQL because of startup timeout', [STOP_NOW], {
        memory: {
          steppingDown: 'start-timeout',
          startingSince: undefined,
          rewind: 'check',
        },
        wakeAt: f.now,
      });
    },
  },
  {
    name: 'leading.promotion-failed',
    phase: 'leading',
    why: 'a member that could not be promoted lets another one try',
    mirrors: ['enforce_primary_role', 'release_leader_key_voluntarily'],
    plan: (f) =>
      holds(f) && !isPrimary(f) && ended(f, 'promote') === 'failed'
        ? act('Promotion cancelled because the pre-promote script failed', LET_GO, {
            memory: { leaseUntil: undefined, raceAfter: f.now + seconds(f.settings.ttl) },
          })
        : undefined,
  },
  {
    name: 'leading.not-synchronous',
    phase: 'leading',
    why: 'between the race and the promotion `/sync` may have changed: it is looked at again (S2)',
    mirrors: ['process_sync_replication_prepromote'],
    plan: (f) => {
      const view = viewOf(f);
      if (!holds(f) || isPrimary(f) || f.settings.standbyCluster || !view) return undefined;
      return maySucceed(view, f.settings, f.self.name)
        ? undefined
        : act(
            'Postponing promotion because synchronous replication state was updated by' +
              ' somebody else',
            LET_GO,
            { memory: { leaseUntil: undefined } },
          );
    },
  },
  {
    name: 'leading.promote',
    phase: 'leading',
    why: 'the lock is ours and the server is still a standby: it is to be the primary',
    mirrors: ['enforce_primary_role'],
    plan: (f) =>
      holds(f) && !isPrimary(f) && !f.settings.standbyCluster && f.postgres.state === 'running'
        ? promote(f, 'promoted self to leader because I had the session lock')
        : undefined,
  },
  {
    name: 'leading.standby-leader',
    phase: 'leading',
    why: 'the leader of a standby cluster follows the remote primary',
    mirrors: ['enforce_follow_remote_member', 'follow'],
    plan: (f) => {
      if (!holds(f) || isPrimary(f) || !f.settings.standbyCluster) return undefined;
      const change = changeOfSource(f);
      const say = `no action. I am (${f.self.name}), the standby leader with the lock`;
      return act(say, change ? [change] : [], { memory: { steppingDown: undefined } });
    },
  },
  {
    name: 'leading.steady',
    phase: 'leading',
    why: 'all is well; after a promotion a checkpoint makes this server fit as source of pg_rewind',
    mirrors: ['enforce_primary_role', 'process_healthy_cluster'],
    plan: (f) =>
      holds(f)
        ? act(
            `no action. I am (${f.self.name}), the leader with the lock`,
            f.postgres.checkpointedSincePromote ? [] : [{ kind: 'checkpoint' }],
            { memory: { steppingDown: undefined }, ...scheduledWake(f) },
          )
        : undefined,
  },
];
