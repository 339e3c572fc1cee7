import { InvariantError } from '../../../src/model/errors.ts';
import type { Source } from '../../../src/model/postgres.ts';
import { freshData, wasStandby } from './data.ts';
import type { Instance } from './instance.ts';
import { contains, newSystem, type WalRecord } from './wal.ts';

/** What a tool does: `begin` checks and marks the directory, `finish` brings what it is for. */
export interface Work {
  readonly begin: () => string | undefined;
  readonly finish: () => string | undefined;
}

/** initdb and the scripts after it. */
export function bootstrap(target: Instance, renamed: WalRecord[]): Work {
  return {
    begin: () => {
      if (target.directory !== 'empty' && target.directory !== 'unfinished') return 'not empty';
      setAside(target, renamed);
      target.install('unfinished', undefined);
      return undefined;
    },
    finish: () => {
      const { random } = target;
      const digits = [random.int(0, 999_999_999), random.int(0, 999_999_999)];
      const id = `7${digits.map((part) => String(part).padStart(9, '0')).join('')}`;
      const traits = { standbySignal: false, backupLabel: false };
      target.install(
        'unfinished',
        freshData(newSystem(id), { ...traits, controlState: 'shut down' }),
      );
      return undefined;
    },
  };
}

/** pg_basebackup: what is in its way is renamed first, the copy is made aside and renamed last. */
export function clone(target: Instance, from: Source, renamed: WalRecord[]): Work {
  const opened = openSource(target, from);
  const start = opened?.server.data.flushed;
  return {
    begin: () => {
      if (opened === undefined) return `cannot connect to ${from.name}`;
      setAside(target, renamed);
      target.install('empty', undefined);
      return undefined;
    },
    finish: () => {
      if (!opened?.lasts() || start === undefined) return `lost the connection to ${from.name}`;
      const { data } = opened.server;
      if (data.flushed.timeline !== start.timeline) return `${from.name} was promoted meanwhile`;
      const controlState = data.standbySignal ? 'in archive recovery' : 'in production';
      const traits = { controlState, standbySignal: true, backupLabel: true } as const;
      const copy = { ...freshData(data.flushed, traits), walFrom: start.depth };
      target.install('initialized', copy);
      return undefined;
    },
  };
}

/** A copy from a backup, which needs no other server. */
export function restore(
  target: Instance,
  backup: WalRecord | undefined,
  renamed: WalRecord[],
): Work {
  return {
    begin: () => {
      if (backup === undefined) return 'there is no backup';
      setAside(target, renamed);
      target.install('empty', undefined);
      return undefined;
    },
    finish: () => {
      if (backup === undefined) throw new InvariantError('a restore began without a backup');
      const traits = { standbySignal: true, backupLabel: true } as const;
      target.install(
        'initialized',
        freshData(backup, { ...traits, controlState: 'in production' }),
      );
      return undefined;
    },
  };
}

/** pg_rewind: until it is done the directory is neither the one nor the other. */
export function rewind(target: Instance, from: Source): Work {
  const opened = openSource(target, from);
  const copied = opened?.server.data.flushed;
  let needless = false;
  return {
    begin: () => {
      const refusal = rewindRefusal(target, opened?.server, from);
      if (refusal !== undefined || opened === undefined) return refusal;
      needless = contains(opened.server.data.flushed, target.data.needs ?? target.data.flushed);
      if (!needless) target.install('half-rewound', target.data);
      return undefined;
    },
    finish: () => {
      if (needless) return undefined;
      if (!opened?.lasts() || copied === undefined) {
        return `lost the connection to ${from.name}`;
      }
      const { source, syncNames } = target.data;
      const traits = { standbySignal: true, backupLabel: true } as const;
      const { flushed } = opened.server.data;
      const data = freshData(copied, { ...traits, controlState: 'in archive recovery' });
      const needs = flushed === copied ? undefined : flushed;
      // All WAL of the source comes with it.
      const { walFrom } = opened.server.data;
      target.install('initialized', Object.assign(data, { source, syncNames, needs, walFrom }));
      return undefined;
    },
  };
}

function rewindRefusal(
  target: Instance,
  source: Instance | undefined,
  from: Source,
): string | undefined {
  if (target.directory !== 'initialized') return `the data directory is ${target.directory}`;
  const { controlState, backupLabel, flushed } = target.data;
  if (backupLabel) return 'the target is a copy that was never started';
  if (controlState !== 'shut down' && controlState !== 'shut down in recovery') {
    return 'target server must be shut down cleanly';
  }
  if (source === undefined) return `cannot connect to ${from.name}`;
  const tip = source.data.flushed;
  if (tip.system !== flushed.system) return 'source and target clusters are of different systems';
  // The control file of the source still names the old timeline (P#2073).
  return tip.checkpoint.timeline === tip.timeline ? undefined : 'no checkpoint since promotion';
}

/** `postgres --single`: replays what a crash left, and shuts down in order. */
export function crashRecovery(target: Instance): Work {
  return {
    begin: () => {
      if (target.directory !== 'initialized') return `the data directory is ${target.directory}`;
      const { data } = target;
      if (data.backupLabel) return 'there is a backup_label';
      if (wasStandby(data.controlState)) return 'the directory is that of a standby';
      data.controlState = 'in crash recovery';
      target.touch();
      return undefined;
    },
    finish: () => {
      target.write({ kind: 'shutdown' });
      target.data.controlState = 'shut down';
      return undefined;
    },
  };
}

/** A directory is never removed. What had a cluster in it is noted; a server on it is of no use. */
function setAside(target: Instance, renamed: WalRecord[]): void {
  target.postmaster.exit();
  if (target.hasData) renamed.push(target.data.flushed);
}

interface OpenSource {
  readonly server: Instance;
  /** The same postmaster still serves, and packets pass. */
  readonly lasts: () => boolean;
}

function openSource(target: Instance, from: Source): OpenSource | undefined {
  const server = target.reach(from);
  if (server === undefined) return undefined;
  const { process } = server.postmaster;
  const lasts = (): boolean =>
    server.postmaster.process === process && target.reach(from) === server;
  return { server, lasts };
}
