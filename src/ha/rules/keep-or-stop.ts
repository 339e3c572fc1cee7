import type { Facts } from '../facts.ts';
import { holdUntil, leads } from '../lease.ts';
import type { Acting, Action, Asking } from '../plan.ts';
import { act, viewOf } from '../situation.ts';

type JobAction = Extract<Action, { kind: 'job' }>;

/** Stops PostgreSQL at once, whatever else is going on: somebody else may lead already. */
export const STOP_NOW: JobAction = {
  kind: 'job',
  job: { kind: 'stop', mode: 'immediate', checkpoint: false, limit: undefined },
  preempt: true,
};

/** Stops PostgreSQL with its clients' work done, as long as the guard lets it. */
export const STOP_FAST: JobAction = {
  kind: 'job',
  job: { kind: 'stop', mode: 'fast', checkpoint: false, limit: undefined },
  preempt: true,
};

/**
 * Stops PostgreSQL after a checkpoint, so that the stop itself is short and standbys get all WAL.
 * In synchronous mode `primary_stop_timeout` limits it: what is not acknowledged may be cut off.
 */
export function stopCleanly({ settings }: Facts): JobAction {
  const bound = settings.synchronousMode !== 'off' && settings.primaryStopTimeout > 0;
  const limit = bound ? settings.primaryStopTimeout : undefined;
  return {
    kind: 'job',
    job: { kind: 'stop', mode: 'fast', checkpoint: true, limit },
    preempt: true,
  };
}

/**
 * What a primary does whose renewal is not answered: it asks the members in failsafe mode, goes on
 * while its lease surely holds, and stops before the guard has to.
 */
export function keepOrStop(facts: Facts): Asking | Acting {
  const { memory, settings, now, answers } = facts;
  const failsafe = failsafeQuestion(facts);
  if (failsafe) return { ask: failsafe };
  if (answers.failsafe === 'accepted' && leads(facts)) {
    return act(
      'continue to run as a leader because failsafe mode is enabled and all members are accessible',
      [],
      // Without the store a tick takes long, and the members' word holds for a short time.
      { wakeAt: now + 2000 },
    );
  }
  const until = memory.leaseUntil === undefined ? 0 : holdUntil(memory.leaseUntil, settings.ttl);
  if (now < until) {
    // Asked again soon: a short silence of the DCS shall cost nobody a connection.
    return act('DCS is not accessible, and the lease still holds', [], {
      wakeAt: Math.min(until, now + 1000),
    });
  }
  return act('demoted self because DCS is not accessible and I was a leader', [STOP_FAST], {
    memory: { leaseUntil: undefined, failsafeActive: false, rewind: 'check' },
  });
}

/** The question to all members, when failsafe mode is on and this node is in the list. */
function failsafeQuestion(facts: Facts): Asking['ask'] | undefined {
  const { settings, answers, memory, self, postgres } = facts;
  if (!settings.failsafeMode || answers.failsafe || memory.leaseUntil === undefined) return;
  if (memory.leaseUntil <= facts.now) return;
  const seen = (viewOf(facts) ?? memory.healthyView)?.failsafe;
  // Whoever is in either of them may race when he does not hear from us.
  const list = { ...seen, ...memory.failsafeWritten };
  if (!(self.name in list)) return undefined;
  const members = Object.entries(list)
    .filter(([name]) => name !== self.name)
    .map(([name, apiUrl]) => ({ name, apiUrl }));
  const slots = Object.fromEntries(
    postgres.slots.map(({ name, confirmedFlushLsn, restartLsn }) => [
      name,
      confirmedFlushLsn ?? restartLsn ?? 0,
    ]),
  );
  return { kind: 'failsafe', members, slots: { ...slots, [self.name]: postgres.lsn } };
}
