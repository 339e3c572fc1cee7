import type { Facts } from '../facts.ts';
import { holdUntil } from '../lease.ts';
import type { Rule } from '../plan.ts';
import { act, ended, mayAcceptWrites, runningJob, seconds } from '../situation.ts';
import { afterFailure, isBackingOff } from './backing-off.ts';
import { keepOrStop, STOP_NOW } from './keep-or-stop.ts';

// The DCS does not answer.

const unreachable = (facts: Facts): boolean => facts.dcs === undefined;

const mayHold = ({ memory, settings, now }: Facts): boolean =>
  memory.leaseUntil !== undefined && now < holdUntil(memory.leaseUntil, settings.ttl);

export const UNREACHABLE: readonly Rule[] = [
  {
    name: 'unreachable.fenced',
    phase: 'unreachable',
    why: 'the guard has stopped PostgreSQL: now that it is down, it may be started read-only',
    mirrors: [],
    plan: (f) =>
      f.fence.fenced && f.postgres.state === 'stopped' && !runningJob(f)
        ? act('the guard has stopped PostgreSQL', [{ kind: 'disarm' }], {
            memory: { leaseUntil: undefined, rewind: 'check', failsafeActive: false },
            wakeAt: f.now,
          })
        : undefined,
  },
  {
    name: 'unreachable.paused',
    phase: 'unreachable',
    why: 'in pause nothing is stopped or started because of the DCS',
    mirrors: ['_handle_dcs_error'],
    plan: (f) =>
      unreachable(f) && f.settings.pause
        ? act('DCS is not accessible', [{ kind: 'disarm' }])
        : undefined,
  },
  {
    name: 'unreachable.renew',
    phase: 'unreachable',
    why: 'a read that failed says nothing about the lock: a renewal may still get through',
    mirrors: [],
    plan: (f) =>
      unreachable(f) && mayAcceptWrites(f) && mayHold(f) && !f.answers.lock
        ? { ask: { kind: 'renew', ttl: f.settings.ttl } }
        : undefined,
  },
  {
    name: 'unreachable.lost',
    phase: 'unreachable',
    why: 'the DCS said that the lock is not ours: somebody else may be promoting',
    mirrors: ['process_healthy_cluster', 'demote'],
    plan: (f) =>
      unreachable(f) && mayAcceptWrites(f) && f.answers.lock?.outcome === 'lost'
        ? act('demoted self because failed to update leader lock in DCS', [STOP_NOW], {
            memory: { leaseUntil: undefined, rewind: 'check' },
          })
        : undefined,
  },
  {
    name: 'unreachable.renewed',
    phase: 'unreachable',
    why: 'the lease was extended, which is all that a primary needs',
    mirrors: [],
    plan: (f) =>
      unreachable(f) && mayAcceptWrites(f) && f.answers.lock?.outcome === 'held'
        ? act(`no action. I am (${f.self.name}), the leader with the lock`)
        : undefined,
  },
  {
    name: 'unreachable.keep-or-stop',
    phase: 'unreachable',
    why: 'a primary goes on while its lease surely holds, and not a moment longer',
    mirrors: ['_handle_dcs_error', 'check_failsafe_topology', 'call_failsafe_member', 'demote'],
    plan: (f) => {
      if (!unreachable(f) || !mayAcceptWrites(f)) return undefined;
      // Already stopping: the guard sees to it that it ends in time.
      if (runningJob(f) === 'stop') return act('DCS is not accessible');
      return keepOrStop(f);
    },
  },
  {
    name: 'unreachable.read-only',
    phase: 'unreachable',
    why: 'a stopped server can serve reads as a standby, which needs nobody’s permission',
    mirrors: ['demote', 'recover'],
    plan: (f) => {
      const down = f.postgres.state === 'stopped' && f.postgres.dataDirectory === 'initialized';
      if (!unreachable(f) || !down || runningJob(f)) return undefined;
      if (isBackingOff(f)) return undefined;
      if (ended(f, 'start') === 'failed') {
        return act('failed to start postgres', [], { memory: afterFailure(f) });
      }
      return act('starting as readonly because DCS is not accessible', [
        { kind: 'disarm' },
        { kind: 'job', job: { kind: 'start', as: 'standby', from: undefined } },
      ]);
    },
  },
  {
    name: 'unreachable.wait',
    phase: 'unreachable',
    why: 'a standby goes on as it is: without the DCS it can neither lead nor know who does',
    mirrors: ['_handle_dcs_error'],
    plan: (f) =>
      unreachable(f)
        ? act('DCS is not accessible', [], {
            wakeAt: f.now + seconds(f.settings.retryTimeout) / 2,
          })
        : undefined,
  },
];
