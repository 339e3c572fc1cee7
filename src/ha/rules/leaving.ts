import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Rule } from '../plan.ts';
import { act, runningJob } from '../situation.ts';
import { stopCleanly } from './keep-or-stop.ts';

// SIGTERM: the agent hands over what it has, and goes.

const leaving = (facts: Facts): boolean => facts.orders.shutdown;

export const LEAVING: readonly Rule[] = [
  {
    name: 'leaving.paused',
    phase: 'leaving',
    why: 'in pause an agent may come and go without anybody noticing at the database',
    mirrors: ['shutdown'],
    plan: (f) =>
      leaving(f) && f.settings.pause
        ? act('Leader key is not deleted and Postgresql is not stopped due paused state', [
            { kind: 'disarm' },
            { kind: 'exit', code: 0, why: 'asked to stop, in pause' },
          ])
        : undefined,
  },
  {
    name: 'leaving.cancel',
    phase: 'leaving',
    why: 'a copy that nobody waits for any more is not finished',
    mirrors: ['shutdown'],
    plan: (f) => {
      const job = runningJob(f);
      return leaving(f) && (job === 'clone' || job === 'bootstrap')
        ? act('cancelled the copy because the agent is to stop', [{ kind: 'cancel-job' }])
        : undefined;
    },
  },
  {
    name: 'leaving.stop',
    phase: 'leaving',
    why: 'PostgreSQL stops cleanly first, so that standbys get all WAL before the lock is free',
    mirrors: ['shutdown'],
    plan: (f) => {
      if (!leaving(f) || f.postgres.state === 'stopped' || runningJob(f) === 'stop') return;
      return act('stopping PostgreSQL because the agent is to stop', [stopCleanly(f)]);
    },
  },
  {
    name: 'leaving.release',
    phase: 'leaving',
    why: 'nothing runs here any more, so another member may lead at once',
    mirrors: ['shutdown', 'release_leader_key_voluntarily'],
    plan: (f) => {
      if (!leaving(f) || f.postgres.state !== 'stopped' || runningJob(f) || !leads(f)) return;
      if (!f.dcs) return;
      return act('released the leader key because the agent is to stop', [
        { kind: 'disarm' },
        { kind: 'release', lsn: f.postgres.checkpointLsn },
        { kind: 'exit', code: 0, why: 'asked to stop' },
      ]);
    },
  },
  {
    name: 'leaving.gone',
    phase: 'leaving',
    why: 'PostgreSQL is down and the lock is not ours: there is nothing to wait for',
    mirrors: ['shutdown'],
    plan: (f) =>
      leaving(f) && f.postgres.state === 'stopped' && !runningJob(f)
        ? act('stopped', [{ kind: 'disarm' }, { kind: 'exit', code: 0, why: 'asked to stop' }])
        : undefined,
  },
];
