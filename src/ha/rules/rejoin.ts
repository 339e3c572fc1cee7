import type { Source } from '../../model/postgres.ts';
import type { Facts } from '../facts.ts';
import type { Acting, Asking } from '../plan.ts';
import { compareHistory } from '../replication/divergence.ts';
import { cloneSource, remoteSource, sourceOf } from '../replication/target.ts';
import { act, ended, isDistrusted, mayRewind, otherLeader, withFailure } from '../situation.ts';
import { afterFailure } from './backing-off.ts';

/** pg_control of a server that stopped cleanly; pg_rewind asks for that. */
const CLEAN: readonly string[] = ['shut down', 'shut down in recovery'];

/**
 * How a stopped server comes back under a leader: undefined when it can be started as it is; else
 * the question, the rewind, the new copy, or the wait for one of them.
 */
export function rejoin(f: Facts): Asking | Acting | undefined {
  const failure = afterRewind(f);
  if (failure) return failure;
  if (f.memory.rewind === 'clear' || f.memory.rewind === 'failed') return undefined;
  // A store that went back may name a leader of long ago: nothing is thrown away for its sake (S8).
  if (isDistrusted(f)) return undefined;
  // A base backup: its end is not known before PostgreSQL has recovered it.
  if (f.postgres.backupLabel) return undefined;
  const source = leaderSource(f);
  if (!source) return undefined;
  const report = f.answers.source;
  if (!report) return { ask: { kind: 'inspect', source } };
  // A leader that cannot be looked at does not keep a server from serving reads; the question is
  // asked again while it runs.
  if (!report.ok) return undefined;
  const verdict = compareHistory(ownPosition(f), report);
  if (verdict === 'follows') return undefined;
  if (report.inRecovery && source.name !== '') {
    // Not promoted yet, or no leader at all: our data may be the ones that count.
    const wakeAt = f.now + 1000;
    return act(`waiting for ${source.name} to be a primary before any repair`, [], { wakeAt });
  }
  if (verdict === 'forked') return copyInstead(f);
  if (!mayRewind(f)) return copyInstead(f);
  if (!report.checkpointedSincePromote) {
    // P#2073: before the first checkpoint the source's control file names its old timeline.
    return act(`waiting for checkpoint on ${source.name} before rewind`, [], {
      wakeAt: f.now + 1000,
    });
  }
  if (!CLEAN.includes(f.postgres.controlState)) return makeClean(f);
  return act(
    `running pg_rewind from ${source.name}`,
    [{ kind: 'disarm' }, { kind: 'job', job: { kind: 'rewind', from: source } }],
    { memory: { rewind: 'needed' } },
  );
}

/** The leader as the source of the truth about timelines. */
export function leaderSource(f: Facts): Source | undefined {
  if (f.settings.standbyCluster && f.dcs?.ownsLock) return remoteSource(f);
  const leader = otherLeader(f);
  return leader && sourceOf(f, leader);
}

/** Where our own data end, as far as they cannot be taken back. */
export function ownPosition({ postgres }: Facts): Parameters<typeof compareHistory>[0] {
  const running = postgres.state !== 'stopped';
  return {
    timeline: postgres.timeline ?? 0,
    lsn: running ? (postgres.replayedLsn ?? postgres.lsn) : postgres.lsn,
    history: postgres.history,
    wasPrimary: postgres.role === 'primary',
  };
}

/** What a rewind that has just ended means. A half-done one is told by the data directory. */
function afterRewind(f: Facts): Acting | undefined {
  const end = ended(f, 'rewind');
  if (end === 'ok') {
    return act('starting as a secondary', [], { memory: { rewind: 'clear' }, wakeAt: f.now });
  }
  if (end !== 'failed') return undefined;
  const memory = { ...afterFailure(f), rewind: 'needed' } as const;
  return withFailure(f, act('pg_rewind failed', [], { memory, wakeAt: memory.retryAfter }));
}

/**
 * Single-user recovery, once. If it failed, the server is started as a standby: it recovers too,
 * and once it was stopped for its timeline it is clean.
 */
function makeClean(f: Facts): Acting | undefined {
  if (f.memory.crashRecoveryTried) return undefined;
  return act(
    'doing crash recovery in a single user mode',
    [{ kind: 'disarm' }, { kind: 'job', job: { kind: 'crash-recovery' } }],
    { memory: { crashRecoveryTried: true } },
  );
}

/**
 * A new copy in place of diverged data, where the configuration allows it; else the server is
 * started as it is, cannot stream, and says so (S6).
 */
function copyInstead(f: Facts): Acting | undefined {
  const allowed = f.self.removeDataDirectoryOnDivergedTimelines && !f.settings.standbyCluster;
  const from = allowed ? cloneSource(f, { fromLeader: true }) : undefined;
  if (from) {
    return act('reinitializing due to diverged timelines', [
      { kind: 'disarm' },
      { kind: 'job', job: { kind: 'clone', from, discard: true } },
    ]);
  }
  return act('the data have diverged from the leader; consider doing reinitialize', [], {
    memory: { rewind: 'failed' },
    wakeAt: f.now,
  });
}
