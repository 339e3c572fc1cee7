import type { Facts } from '../facts.ts';
import type { Job, JobKind } from '../job.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Rule } from '../plan.ts';
import { canHandOver, handoverPoll, hasLastWal } from '../planned/handover.ts';
import { changeOfSource } from '../replication/change-source.ts';
import { act, mayAcceptWrites, runningJob, seconds, viewOf } from '../situation.ts';
import { keepOrStop, STOP_NOW } from './keep-or-stop.ts';

// A long operation runs. The lock is kept meanwhile, and nothing else is begun.

const busy = (facts: Facts): boolean => runningJob(facts) !== undefined;

/** What Patroni calls the operation in its log. */
function nameOf({ spec }: Job): string {
  const names: Record<JobKind, string> = {
    bootstrap: 'bootstrap',
    clone: 'bootstrap',
    'crash-recovery': 'doing crash recovery in a single user mode',
    rewind: 'running pg_rewind',
    start: 'starting',
    stop: 'stopping',
    restart: 'restart',
    promote: 'promote',
    'copy-slots': 'copy_logical_slots',
  };
  if (spec.kind === 'clone' && spec.from) return `bootstrap from '${spec.from.name}'`;
  if (spec.kind === 'rewind') return `running pg_rewind from ${spec.from.name}`;
  // There its scripts run in the server that the cluster goes on with.
  if (spec.kind === 'start' && spec.first) return 'post_bootstrap';
  if (spec.kind === 'start' && spec.as === 'primary') return 'starting primary after failure';
  return names[spec.kind];
}

const jobName = (facts: Facts): string => (facts.job ? nameOf(facts.job) : '');

/** A leader takes longer to come up than it may. */
function isOverdue({ job, memory, settings, now }: Facts): boolean {
  if (!job || job.outcome) return false;
  const { spec } = job;
  const starts = spec.kind === 'restart' || (spec.kind === 'start' && spec.as === 'primary');
  if (!starts && spec.kind !== 'crash-recovery') return false;
  const since = memory.startingSince ?? job.startedAt;
  const limit = memory.startTimeout ?? settings.primaryStartTimeout;
  // 0 prefers a failover to the start after a crash; a restart that was asked for is none.
  return (limit > 0 || spec.kind !== 'restart') && now > since + seconds(limit);
}

/** A standby was told to start, and takes no connections yet. */
function isStartingStandby({ job, postgres }: Facts): boolean {
  if (!job || job.outcome || postgres.state !== 'starting') return false;
  const { spec } = job;
  if (spec.kind === 'start') return spec.as === 'standby';
  return spec.kind === 'restart' && postgres.role === 'standby';
}

function inProgress(f: Facts, actions: readonly Action[] = []): Acting {
  return f.answers.lock?.outcome === 'held'
    ? act(`updated leader lock during ${jobName(f)}`, actions)
    : act(`${jobName(f)} in progress`, actions);
}

export const BUSY: readonly Rule[] = [
  {
    name: 'busy.bootstrap-claim-lost',
    phase: 'busy',
    why: 'somebody else makes the cluster: there must not be two of them',
    mirrors: ['bootstrap', 'cancel_initialization'],
    plan: (f) =>
      runningJob(f) === 'bootstrap' && viewOf(f)?.initialize !== ''
        ? act('lost the claim to bootstrap the cluster', [{ kind: 'cancel-job' }], {
            memory: { bootstrapping: false },
          })
        : undefined,
  },
  {
    name: 'busy.renew',
    phase: 'busy',
    why: 'long work never costs a leader its lock',
    mirrors: ['handle_long_action_in_progress', 'update_lock'],
    plan: (f) =>
      busy(f) && leads(f) && !f.answers.lock
        ? { ask: { kind: 'renew', ttl: f.settings.ttl } }
        : undefined,
  },
  {
    name: 'busy.unanswered',
    phase: 'busy',
    why: 'without an answer the lease counts, in long work as at rest',
    mirrors: ['_handle_dcs_error'],
    plan: (f) =>
      busy(f) && mayAcceptWrites(f) && leads(f) && f.answers.lock?.outcome === 'unknown'
        ? runningJob(f) === 'stop' || f.settings.pause
          ? act(`${jobName(f)} in progress`)
          : keepOrStop(f)
        : undefined,
  },
  {
    name: 'busy.lost-lock',
    phase: 'busy',
    why: 'a server that was to be, or is, a primary must not be one without the lock',
    mirrors: ['handle_long_action_in_progress', 'demote'],
    plan: (f) => {
      const stopping = runningJob(f) === 'stop';
      if (!busy(f) || stopping || !mayAcceptWrites(f) || leads(f) || f.settings.pause) return;
      const say =
        runningJob(f) === 'promote'
          ? 'lost leader before promote'
          : `lost leader lock during ${jobName(f)}`;
      return act(say, [STOP_NOW], { memory: { leaseUntil: undefined, rewind: 'check' } });
    },
  },
  {
    name: 'busy.archiving',
    phase: 'busy',
    why:
      'PostgreSQL has shut down and only archives its last WAL: a standby that has it all, to the' +
      ' last record, need not wait for the archive (P#2067)',
    mirrors: ['demote', 'is_failover_possible'],
    plan: (f) => {
      const { controlState, checkpointLsn, lsn, state } = f.postgres;
      const down = state === 'stopping' && controlState === 'shut down';
      if (runningJob(f) !== 'stop' || !down || !f.memory.steppingDown || !leads(f)) return;
      if (!f.answers.peers) return handoverPoll(f);
      // Without the end of the last record we would come back with WAL that nobody else has, and
      // had to be rewound. Where that end is not known, `lsn` is where the checkpoint begins.
      if (lsn <= checkpointLsn || !hasLastWal(f)) return undefined;
      return act(
        'Leader key released',
        [{ kind: 'disarm' }, { kind: 'release', lsn: checkpointLsn }],
        { memory: { leaseUntil: undefined, releasedAt: f.now, steppingDown: undefined } },
      );
    },
  },
  {
    name: 'busy.overdue',
    phase: 'busy',
    why: 'a leader that does not come up in primary_start_timeout gives way to one that can lead',
    mirrors: ['handle_long_action_in_progress', 'handle_starting_instance'],
    plan: (f) => {
      if (!busy(f) || !leads(f) || f.settings.pause || !isOverdue(f)) return undefined;
      if (!f.answers.peers) return handoverPoll(f);
      if (!canHandOver(f)) {
        return act(
          'primary start has timed out, but continuing to wait because failover is not possible',
        );
      }
      const say =
        runningJob(f) === 'crash-recovery'
          ? 'terminated crash recovery because of startup timeout'
          : 'stopped PostgreSQL because of startup timeout';
      return act(say, [STOP_NOW], {
        memory: { steppingDown: 'start-timeout' },
      });
    },
  },
  {
    name: 'busy.retarget',
    phase: 'busy',
    why:
      'a standby that waits for WAL of a source that is gone comes up as soon as it is told of' +
      ' another one, and not when its start has taken too long',
    mirrors: ['follow'],
    plan: (f) => {
      if (!f.dcs || !isStartingStandby(f) || f.orders.reinitialize?.force) return undefined;
      const change = changeOfSource(f);
      return change?.kind === 'follow' ? inProgress(f, [change]) : undefined;
    },
  },
  {
    name: 'busy.wait',
    phase: 'busy',
    why: 'one thing at a time: two tools at one data directory destroy it',
    mirrors: ['handle_long_action_in_progress'],
    plan: (f) => {
      return busy(f) && !f.orders.reinitialize?.force ? inProgress(f) : undefined;
    },
  },
];
