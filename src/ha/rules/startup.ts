import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Action, Rule } from '../plan.ts';
import { cloneSource } from '../replication/target.ts';
import { act, isDistrusted, isSystemId, lockIsFree, longestLease, viewOf } from '../situation.ts';
import { afterFailure, isBackingOff } from './backing-off.ts';
import { STOP_FAST } from './keep-or-stop.ts';
import { withoutData } from './without-data.ts';

// A node whose data are not known to belong to the cluster, or cannot be started.

const reachable = (facts: Facts): boolean => facts.dcs !== undefined;

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
      if (f.settings.pause || f.memory.bootstrapping || isDistrusted(f)) return;
      const why =
        `system ID mismatch, node ${f.self.name} belongs to a different cluster:` +
        ` ${initialize} != ${systemId}`;
      const owns = f.dcs?.ownsLock === true || leads(f);
      // What has our lock is stopped before anybody else may have it.
      if (owns && f.postgres.state !== 'stopped') return act(why, [STOP_FAST]);
      const release: Action[] = owns ? [{ kind: 'disarm' }, { kind: 'release' }] : [];
      return act(why, [...release, { kind: 'exit', code: 1, why }]);
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
            'data dir for the cluster is not empty, but system ID is invalid;' +
              ' consider doing reinitialize',
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
      const from = allowed && !isBackingOff(f) ? cloneSource(f, { fromLeader: false }) : undefined;
      if (from && !leads(f)) {
        return act(
          `trying to bootstrap from '${from.name}'`,
          [{ kind: 'disarm' }, { kind: 'job', job: { kind: 'clone', from, discard: true } }],
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
      ' lease of a primary from before may last. One that is down starts meanwhile: the others' +
      ' must hear how far it has got before they race',
    mirrors: ['_run_cycle'],
    plan: (f) => {
      const nameless = viewOf(f)?.initialize === undefined && lockIsFree(f);
      if (!nameless || f.postgres.role === 'primary' || leads(f)) return undefined;
      if (f.postgres.state === 'stopped' && f.postgres.dataDirectory === 'initialized') return;
      const until = (f.memory.lockFreeSince ?? f.now) + longestLease(f.settings);
      if (f.now >= until) return undefined;
      return act('waiting for the primary: there is no initialize key in the DCS', [], {
        wakeAt: until,
      });
    },
  },
];
