import { isNoFailover } from '../../model/member.ts';
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
  retryTime,
  seconds,
  viewOf,
} from '../situation.ts';

// A node whose data are not there yet, or are not known to belong to the cluster.

const reachable = (facts: Facts): boolean => facts.dcs !== undefined;

const isEmpty = ({ postgres }: Facts): boolean =>
  postgres.dataDirectory === 'empty' || postgres.dataDirectory === 'unfinished';

const isWaiting = ({ memory, now }: Facts): boolean =>
  memory.retryAfter !== undefined && memory.retryAfter > now;

/** No lock may stay with a node that has nothing to lead with. */
function withoutData(facts: Facts, say: string, released: string): Acting {
  return leads(facts) || facts.dcs?.ownsLock
    ? act(released, [{ kind: 'disarm' }, { kind: 'release' }], {
        memory: { leaseUntil: undefined },
      })
    : act(say, [], isWaiting(facts) ? { wakeAt: facts.memory.retryAfter ?? facts.now } : {});
}

/** Remembers one more failure, and when to try again. */
function afterFailure(facts: Facts): { failures: number; retryAfter: number } {
  const failures = facts.memory.failures + 1;
  return { failures, retryAfter: retryTime(facts.now, failures) };
}

/** Nobody has begun a cluster, and this node may. */
function mayBootstrap(f: Facts): boolean {
  const view = viewOf(f);
  if (!view || !lockIsFree(f) || view.initialize !== undefined) return false;
  // After the store lost its documents a running member knows better than it.
  if (view.members.some(({ state }) => state === 'running')) return false;
  const may = f.self.bootstrap !== undefined && !isNoFailover(f.self.tags);
  return may && !isDistrusted(f) && !isWaiting(f);
}

export const STARTUP: readonly Rule[] = [
  {
    name: 'startup.foreign-data',
    phase: 'startup',
    why: 'a server of another cluster is never touched, and never joins (S7)',
    mirrors: ['_run_cycle', 'sysid_valid'],
    plan: (f) => {
      const { systemId } = f.postgres;
      const initialize = viewOf(f)?.initialize;
      if (!isSystemId(initialize) || !isSystemId(systemId) || initialize === systemId) return;
      if (f.settings.pause || f.memory.bootstrapping || isEmpty(f) || isDistrusted(f)) return;
      const why = `system ID mismatch, node ${f.self.name} belongs to a different cluster: ${initialize} != ${systemId}`;
      const release: Action[] = f.dcs?.ownsLock ? [{ kind: 'release' }] : [];
      return act(why, [...release, { kind: 'exit', code: 1, why }]);
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
      if (viewOf(f)?.initialize !== '') {
        return act('lost the claim to bootstrap the cluster', [], {
          memory: { bootstrapping: false },
        });
      }
      if (!f.answers.lock && !leads(f)) {
        const sync = viewOf(f)?.sync?.version ?? 'absent';
        return { ask: { kind: 'acquire', ttl: f.settings.ttl, sync } };
      }
      if (!leads(f)) return act('failed to acquire the leader lock after the bootstrap');
      return act('initialized a new cluster', finishBootstrap(f), {
        memory: { bootstrapping: false, startingSince: f.now, rewind: 'clear' },
        wakeAt: f.now,
      });
    },
  },
  {
    name: 'startup.no-access',
    phase: 'startup',
    why: 'what cannot be read cannot be judged, and is left alone',
    mirrors: ['_run_cycle'],
    plan: (f) =>
      reachable(f) && f.postgres.dataDirectory === 'inaccessible'
        ? withoutData(
            f,
            'data directory is not accessible',
            'released leader key voluntarily as data dir not accessible and currently leader',
          )
        : undefined,
  },
  {
    name: 'startup.invalid-data',
    phase: 'startup',
    why: 'data that are no cluster may be somebody’s all the same: only an order removes them (S6)',
    mirrors: ['_run_cycle'],
    plan: (f) =>
      reachable(f) && f.postgres.dataDirectory === 'invalid'
        ? withoutData(
            f,
            'data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize',
            'released leader key voluntarily as data dir invalid and currently leader',
          )
        : undefined,
  },
  {
    name: 'startup.half-rewound',
    phase: 'startup',
    why:
      'data in which pg_rewind died cannot be started; a new copy is made only where the' +
      ' configuration says so (P#3652, PostgreSQL’s manual, pg_rewind)',
    mirrors: ['_handle_rewind_or_reinitialize', 'clone'],
    plan: (f) => {
      if (!reachable(f) || f.postgres.dataDirectory !== 'half-rewound') return undefined;
      const allowed = f.self.removeDataDirectoryOnRewindFailure;
      const from = allowed && !isWaiting(f) ? cloneSource(f, { fromLeader: false }) : undefined;
      if (from && !leads(f)) {
        return act(
          `trying to bootstrap from '${from.name}'`,
          [{ kind: 'disarm' }, { kind: 'job', job: { kind: 'clone', from } }],
          { memory: { rewind: 'clear', ...afterFailure(f) } },
        );
      }
      return withoutData(
        f,
        'pg_rewind was interrupted; consider doing reinitialize',
        'released leader key voluntarily as pg_rewind was interrupted',
      );
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
        { memory: { bootstrapping: true } },
      );
    },
  },
  {
    name: 'startup.clone',
    phase: 'startup',
    why: 'a new member starts with a copy of the leader, or of a member that offers itself for it',
    mirrors: ['bootstrap', 'clone'],
    plan: (f) => {
      if (!reachable(f) || !isEmpty(f) || isWaiting(f) || ended(f, 'clone') === 'failed') return;
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
      if (!reachable(f) || !isEmpty(f) || isWaiting(f) || ended(f, 'clone') === 'failed') return;
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
        ? act('failed to bootstrap', [], { memory: afterFailure(f) })
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
            isWaiting(f) ? { wakeAt: f.memory.retryAfter ?? f.now } : {},
          )
        : undefined,
  },
  {
    name: 'startup.adopt',
    phase: 'startup',
    why: 'data that were there before the cluster give it their system identifier',
    mirrors: ['_run_cycle'],
    plan: (f) => {
      const { systemId, role } = f.postgres;
      const nameless = viewOf(f)?.initialize === undefined && lockIsFree(f);
      if (!nameless || !isSystemId(systemId) || role !== 'primary' || isDistrusted(f)) return;
      return act(
        'this server gives the cluster its system identifier',
        [
          {
            kind: 'write',
            document: {
              name: 'initialize',
              value: systemId ?? '',
              guard: 'absent',
              asLeader: false,
            },
          },
        ],
        { wakeAt: f.now },
      );
    },
  },
  {
    name: 'startup.primary-first',
    phase: 'startup',
    why:
      'only the primary may name the cluster anew (P#2970): a replica waits for it, as long as a' +
      ' lease of a primary from before may last',
    mirrors: ['_run_cycle'],
    plan: (f) => {
      const nameless = viewOf(f)?.initialize === undefined && lockIsFree(f);
      if (!nameless || f.postgres.role === 'primary' || leads(f)) return undefined;
      const until = (f.memory.lockFreeSince ?? f.now) + seconds(f.settings.ttl) * 1.25;
      if (f.now >= until) return undefined;
      return act('waiting for the primary: there is no initialize key in the DCS', [], {
        wakeAt: until,
      });
    },
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
    { kind: 'job', job: { kind: 'start', as: 'primary', from: undefined } },
  ];
}
