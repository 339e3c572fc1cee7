import { isNoFailover } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Rule } from '../plan.ts';
import { reachedTimeline } from '../race/known-timeline.ts';
import { act, isRunningPrimary, isSystemId, lockIsFree, viewOf } from '../situation.ts';
import { acquisition, renewal } from './lock-questions.ts';

// Maintenance mode: pgherd watches, keeps the documents, and leaves PostgreSQL alone.

const paused = (facts: Facts): boolean => facts.settings.pause && facts.dcs !== undefined;

/** A primary of this cluster, or of one that has no name yet. */
function isOurs(f: Facts): boolean {
  const initialize = viewOf(f)?.initialize;
  return !isSystemId(initialize) || initialize === f.postgres.systemId;
}

/** Somebody asked for this very node. */
const isCandidate = (f: Facts): boolean =>
  viewOf(f)?.failover?.candidate === f.self.name && !isNoFailover(f.self.tags);

const owns = (f: Facts): boolean => f.dcs?.ownsLock === true || leads(f);

/** A switchover in pause stops the old leader, and starts it again as a standby. */
const isUnderWay = (f: Facts): boolean =>
  f.memory.steppingDown !== undefined || f.memory.releasedAt !== undefined;

const down = (f: Facts): boolean => f.postgres.state === 'stopped';

export const PAUSED: readonly Rule[] = [
  {
    name: 'paused.empty',
    phase: 'paused',
    why: 'a member without data cannot lead, and in pause nobody makes a copy',
    mirrors: ['_run_cycle', 'release_leader_key_voluntarily'],
    plan: (f) => {
      if (!paused(f) || f.postgres.dataDirectory === 'initialized') return undefined;
      return owns(f)
        ? act('released leader key voluntarily as data dir empty and currently leader', [
            { kind: 'release' },
          ])
        : act('running with empty data directory');
    },
  },
  {
    name: 'paused.foreign-data',
    phase: 'paused',
    why: 'a server of another cluster must not lead this one (S7)',
    mirrors: ['_run_cycle', 'sysid_valid'],
    plan: (f) =>
      paused(f) && !isOurs(f) && owns(f)
        ? act('released leader key voluntarily due to the system ID mismatch', [
            { kind: 'release' },
          ])
        : undefined,
  },
  {
    name: 'paused.stopped',
    phase: 'paused',
    why: 'a server that somebody stopped in pause stays stopped, and its lock is free for others',
    mirrors: ['_run_cycle', '_delete_leader'],
    plan: (f) => {
      if (!paused(f) || !down(f) || isUnderWay(f)) return undefined;
      return owns(f)
        ? act('removed leader lock because postgres is not running', [{ kind: 'release' }], {
            memory: { leaseUntil: undefined },
          })
        : act('postgres is not running');
    },
  },
  {
    name: 'paused.standby-with-lock',
    phase: 'paused',
    why: 'a lock without a primary behind it only misleads',
    mirrors: ['process_healthy_cluster'],
    plan: (f) => {
      if (!paused(f) || down(f) || !owns(f) || f.postgres.role === 'primary') return undefined;
      if (f.settings.standbyCluster || isCandidate(f)) return;
      return act(
        'removed leader lock because postgres is not running as primary',
        [{ kind: 'release' }],
        { memory: { leaseUntil: undefined } },
      );
    },
  },
  {
    name: 'paused.primary-without-lock',
    phase: 'paused',
    why:
      'the only thing that happens by itself in pause: a running primary takes the free lock, but' +
      ' not one that another has left behind: the others would follow it and lose what came since',
    mirrors: ['is_healthiest_node', 'process_unhealthy_cluster'],
    plan: (f) => {
      if (!paused(f) || !lockIsFree(f) || !isRunningPrimary(f) || !isOurs(f)) return undefined;
      if ((f.postgres.timeline ?? 0) < reachedTimeline(f)) {
        return act('continue to run as primary without lock: my timeline is behind', [
          { kind: 'disarm' },
        ]);
      }
      if (f.answers.lock?.outcome === 'held') return act('acquired session lock as a leader');
      if (f.answers.lock) return act('continue to run as primary without lock');
      return { ask: acquisition(f) };
    },
  },
  {
    name: 'paused.primary-beside-leader',
    phase: 'paused',
    why: 'in pause no server is stopped, not even one that should not be a primary',
    mirrors: ['follow'],
    plan: (f) =>
      paused(f) && isRunningPrimary(f) && !owns(f)
        ? act('continue to run as primary without lock', [{ kind: 'disarm' }])
        : undefined,
  },
  {
    name: 'paused.renew',
    phase: 'paused',
    why: 'the lock is kept in pause too, and a request for a named candidate is still served',
    mirrors: ['process_healthy_cluster', 'update_lock'],
    plan: (f) =>
      paused(f) && owns(f) && !f.answers.lock && !down(f) ? { ask: renewal(f) } : undefined,
  },
  {
    name: 'paused.lost-lock',
    phase: 'paused',
    why: 'in pause losing the lock stops nobody',
    mirrors: ['process_healthy_cluster'],
    plan: (f) =>
      paused(f) && isRunningPrimary(f) && f.answers.lock && f.answers.lock.outcome !== 'held'
        ? act('continue to run as primary after failing to update leader lock in DCS', [
            { kind: 'disarm' },
          ])
        : undefined,
  },
  {
    name: 'paused.wait',
    phase: 'paused',
    why: 'without a leader a paused standby waits: there is no race in pause',
    mirrors: ['is_healthiest_node', 'follow'],
    plan: (f) =>
      paused(f) && !down(f) && lockIsFree(f) && !isCandidate(f) && !owns(f)
        ? act(`no action. I am (${f.self.name})`)
        : undefined,
  },
];
