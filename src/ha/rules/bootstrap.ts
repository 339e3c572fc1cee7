import { isNoFailover, type Member } from '../../model/member.ts';
import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Rule } from '../plan.ts';
import { cloneSource, remoteSource } from '../replication/target.ts';
import {
  act,
  ended,
  isDistrusted,
  isSystemId,
  lockIsFree,
  viewOf,
  withFailure,
} from '../situation.ts';
import { afterFailure, isBackingOff } from './backing-off.ts';
import { acquisition } from './lock-questions.ts';
import { withoutData } from './without-data.ts';

// A node that has no data yet: it makes the cluster, or a copy of a member.

const reachable = (facts: Facts): boolean => facts.dcs !== undefined;

const isEmpty = ({ postgres }: Facts): boolean =>
  postgres.dataDirectory === 'empty' || postgres.dataDirectory === 'unfinished';

/**
 * Then it is that member's cluster, whether its server runs or not: after a wipe of the store it
 * may have the only data.
 */
function hasData({ state, role }: Member): boolean {
  return state === 'running' || (role !== '' && role !== 'uninitialized');
}

/** Nobody has begun a cluster, and this node may. */
function mayBootstrap(f: Facts): boolean {
  const view = viewOf(f);
  if (!view || !lockIsFree(f) || view.initialize !== undefined) return false;
  // After the store lost its documents whoever knew the cluster knows better than it, data or not.
  if (f.memory.systemId !== undefined || isSystemId(f.memory.healthyView?.initialize)) return false;
  if (view.members.some(hasData)) return false;
  const may = f.self.bootstrap !== undefined && !isNoFailover(f.self.tags);
  return may && !isDistrusted(f) && !isBackingOff(f);
}

/** Remembers the failure, and wakes when it is time to try again. */
function again(f: Facts): Pick<Acting, 'memory' | 'wakeAt'> {
  const memory = afterFailure(f);
  return { memory, wakeAt: memory.retryAfter };
}

export const BOOTSTRAP: readonly Rule[] = [
  {
    name: 'startup.finish-bootstrap',
    phase: 'startup',
    why:
      'the cluster has got its name from these data, so they are the cluster: whoever wrote the' +
      ' name died before it said so here',
    mirrors: ['post_bootstrap'],
    plan: (f) => {
      const { dataDirectory, systemId } = f.postgres;
      const initialize = viewOf(f)?.initialize;
      if (!reachable(f) || dataDirectory !== 'unfinished' || !isSystemId(systemId)) return;
      if (systemId !== initialize) return undefined;
      return act('finishing the bootstrap', [{ kind: 'finish-bootstrap' }], { wakeAt: f.now });
    },
  },
  {
    name: 'startup.bootstrap-failed',
    phase: 'startup',
    why: 'a bootstrap that failed must not keep the others from making the cluster (S9)',
    mirrors: ['post_bootstrap', 'cancel_initialization'],
    plan: (f) =>
      reachable(f) && ended(f, 'bootstrap') === 'failed'
        ? act(
            'removing initialize key after failed attempt to bootstrap the cluster',
            viewOf(f)?.initialize === '' ? [UNCLAIM] : [],
            { memory: { bootstrapping: false, ...afterFailure(f) } },
          )
        : undefined,
  },
  {
    name: 'startup.bootstrapped',
    phase: 'startup',
    why: 'the new cluster is nobody’s until its maker holds the lock; only then it takes writes',
    mirrors: ['post_bootstrap', '_run_cycle'],
    plan: (f) => {
      if (!reachable(f) || !f.memory.bootstrapping || f.settings.standbyCluster) return undefined;
      if (f.postgres.dataDirectory !== 'unfinished' || f.postgres.state !== 'stopped') return;
      if (!isSystemId(f.postgres.systemId)) return;
      if (viewOf(f)?.initialize !== '') {
        return act('lost the claim to bootstrap the cluster', [], {
          memory: { bootstrapping: false },
        });
      }
      if (!f.answers.lock && !leads(f)) {
        return { ask: acquisition(f) };
      }
      if (!leads(f)) return act('failed to acquire the leader lock after the bootstrap');
      return act('initialized a new cluster', finishBootstrap(f), {
        memory: { bootstrapping: false, startingSince: f.now, rewind: 'clear' },
        wakeAt: f.now,
      });
    },
  },
  {
    name: 'startup.released',
    phase: 'startup',
    why: 'a leader whose data have gone has nothing to lead with',
    mirrors: ['_run_cycle', 'release_leader_key_voluntarily'],
    plan: (f) =>
      reachable(f) && isEmpty(f) && (leads(f) || f.dcs?.ownsLock)
        ? withoutData(
            f,
            '',
            'released leader key voluntarily as data dir empty and currently leader',
          )
        : undefined,
  },
  {
    name: 'startup.bootstrap',
    phase: 'startup',
    why: 'one node makes the cluster: the one that writes the initialize key first (S9)',
    mirrors: ['bootstrap', 'bootstrap_standby_leader'],
    plan: (f) => {
      if (!reachable(f) || !isEmpty(f) || !mayBootstrap(f)) return undefined;
      const remote = f.settings.standbyCluster ? remoteSource(f) : undefined;
      return act(
        remote ? 'trying to bootstrap a new standby leader' : 'trying to bootstrap a new cluster',
        [
          CLAIM,
          { kind: 'job', job: remote ? { kind: 'clone', from: remote } : { kind: 'bootstrap' } },
        ],
      );
    },
  },
  {
    name: 'startup.clone',
    phase: 'startup',
    why: 'a new member starts with a copy of the leader, or of a member that offers itself for it',
    mirrors: ['bootstrap', 'clone'],
    plan: (f) => {
      if (!reachable(f) || !isEmpty(f) || isBackingOff(f) || ended(f, 'clone') === 'failed') return;
      const from = cloneSource(f, { fromLeader: false });
      if (!from) return undefined;
      const role = from.name === viewOf(f)?.leader ? 'leader' : 'replica';
      return act(`trying to bootstrap from ${role} '${from.name}'`, [
        { kind: 'job', job: { kind: 'clone', from } },
      ]);
    },
  },
  {
    name: 'startup.clone-without-leader',
    phase: 'startup',
    why: 'a backup can be restored while nobody leads, unless a bootstrap is under way',
    mirrors: ['bootstrap', 'clone'],
    plan: (f) => {
      if (!reachable(f) || !isEmpty(f) || isBackingOff(f) || ended(f, 'clone') === 'failed') return;
      if (!f.self.clonesWithoutLeader || !lockIsFree(f)) return undefined;
      if (!isSystemId(viewOf(f)?.initialize)) return undefined;
      return act('trying to bootstrap (without leader)', [
        { kind: 'job', job: { kind: 'clone', from: undefined } },
      ]);
    },
  },
  {
    name: 'startup.clone-failed',
    phase: 'startup',
    why: 'a copy that failed is tried again, later each time, so that its source is not worn out',
    mirrors: ['clone'],
    plan: (f) =>
      reachable(f) && isEmpty(f) && ended(f, 'clone') === 'failed'
        ? withFailure(f, act('failed to bootstrap', [], again(f)))
        : undefined,
  },
  {
    name: 'startup.wait',
    phase: 'startup',
    why: 'there is nothing to copy yet',
    mirrors: ['bootstrap'],
    plan: (f) =>
      reachable(f) && isEmpty(f)
        ? act(
            f.settings.standbyCluster
              ? 'waiting for standby_leader to bootstrap'
              : 'waiting for leader to bootstrap',
            [],
            { wakeAt: isBackingOff(f) ? (f.memory.retryAfter ?? f.now) : f.now + 1000 },
          )
        : undefined,
  },
];

const CLAIM: Action = {
  kind: 'write',
  document: { name: 'initialize', value: '', guard: 'absent', asLeader: false },
};

const UNCLAIM: Action = {
  kind: 'write',
  document: { name: 'initialize', value: undefined, guard: 'any', asLeader: false },
};

/** The documents of the new cluster, and its first start as a primary. */
function finishBootstrap(f: Facts): Action[] {
  const value = f.postgres.systemId ?? '';
  const config: Action[] = viewOf(f)?.config
    ? []
    : [
        {
          kind: 'write',
          document: {
            name: 'config',
            value: f.self.bootstrap ?? {},
            guard: 'absent',
            asLeader: true,
          },
        },
      ];
  return [
    { kind: 'write', document: { name: 'initialize', value, guard: 'any', asLeader: true } },
    ...config,
    { kind: 'finish-bootstrap' },
    { kind: 'job', job: { kind: 'start', as: 'primary', from: undefined, first: true } },
  ];
}
