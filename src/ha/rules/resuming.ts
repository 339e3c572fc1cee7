import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Action, Rule } from '../plan.ts';
import { act, isDistrusted, isRunningPrimary, seconds } from '../situation.ts';
import { STOP_NOW } from './keep-or-stop.ts';
import { renewal } from './lock-questions.ts';

// A read shows the lock as ours, and we do not know of a lease.

const inDoubt = (f: Facts): boolean => f.dcs?.ownsLock === true && !leads(f);

/**
 * The lock was taken by us and never lost since, or it was asked for, or a primary runs beside this
 * restarted agent: while it is bound to our session nobody else can have led. A store that went
 * back may show a lock of long ago.
 */
function isResumable(f: Facts): boolean {
  const { acquireSentAt, lockWon } = f.memory;
  const asked = acquireSentAt !== undefined && f.now < acquireSentAt + seconds(f.settings.ttl);
  return inDoubt(f) && !isDistrusted(f) && (asked || lockWon || isRunningPrimary(f));
}

/** Whether PostgreSQL is up or down: the same questions. */
export const RESUMING: readonly Rule[] = [
  {
    name: 'leading.resume',
    phase: 'leading',
    why:
      'the lock is ours without a lease that we know of: the reply was lost, the DCS was away, or' +
      ' the agent was restarted beside a running primary; a renewal tells',
    mirrors: ['has_lock', 'update_lock'],
    plan: (f) => (isResumable(f) && !f.answers.lock ? { ask: renewal(f) } : undefined),
  },
  {
    name: 'leading.resume-unanswered',
    phase: 'leading',
    why: 'nothing is known, and a standby, or a primary whose guard watches, can wait for a moment',
    mirrors: [],
    plan: (f) => {
      const watched = f.postgres.role === 'standby' || f.fence.guard === 'alive';
      if (!isResumable(f) || f.answers.lock?.outcome !== 'unknown' || !watched) return undefined;
      return act('waiting for the DCS to say whose the lock is', [], { wakeAt: f.now + 1000 });
    },
  },
  {
    name: 'leading.unexpected-lock',
    phase: 'leading',
    why: 'a lock that nobody here asked for is no permission: it is given up, and won as usual',
    mirrors: ['has_lock'],
    plan: (f) => {
      if (!inDoubt(f)) return undefined;
      const primary = f.postgres.role === 'primary' && f.postgres.state !== 'stopped';
      const stop: Action[] = primary && !f.settings.pause ? [STOP_NOW] : [];
      const disarm: Action[] = primary ? [] : [{ kind: 'disarm' }];
      return act('gave up a lock that was not known to be ours', [
        ...stop,
        ...disarm,
        { kind: 'release' },
      ]);
    },
  },
];
