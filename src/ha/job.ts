import type { Source } from '../model/postgres.ts';
import type { Monotonic } from './facts.ts';

/** A long operation on PostgreSQL. There is at most one at a time. */
export type JobSpec =
  /** Makes a new cluster, runs its scripts, and leaves it stopped and `unfinished`. */
  | { readonly kind: 'bootstrap' }
  /**
   * Copies a source, and leaves the copy stopped, to be started as a standby. A data directory in
   * its way is renamed; a server that runs on it is stopped at once. Without a source: from a
   * backup. `discard`: an order or a setting says that what was renamed may be removed. `method`:
   * the only one to be used, and not those of the configuration.
   */
  | {
      readonly kind: 'clone';
      readonly from: Source | undefined;
      readonly discard?: true;
      readonly method?: 'basebackup';
    }
  /** Runs PostgreSQL in single-user mode until its WAL is replayed. */
  | { readonly kind: 'crash-recovery' }
  | { readonly kind: 'rewind'; readonly from: Source }
  /** Ends when PostgreSQL takes connections. `first`: of a new cluster. */
  | {
      readonly kind: 'start';
      readonly as: 'primary' | 'standby';
      readonly from: Source | undefined;
      readonly first?: true;
    }
  /** Ends when the postmaster is gone. `limit`: seconds, after which fast becomes immediate. */
  | {
      readonly kind: 'stop';
      readonly mode: 'fast' | 'immediate';
      readonly checkpoint: boolean;
      readonly limit: number | undefined;
    }
  | { readonly kind: 'restart'; readonly from: Source | undefined }
  /**
   * The new timeline must have a number above this one, which somebody has used: PostgreSQL takes
   * the first for which it finds no history file. The same number for two timelines would let a
   * standby replay the WAL of the other.
   */
  | { readonly kind: 'promote'; readonly above: number }
  | { readonly kind: 'copy-slots'; readonly from: Source; readonly names: readonly string[] };

export type JobKind = JobSpec['kind'];

/** The long operation in flight, or the one that has just ended. */
export interface Job {
  readonly spec: JobSpec;
  readonly startedAt: Monotonic;
  /** Undefined while it runs. */
  readonly outcome: JobOutcome | undefined;
}

export type JobOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly cancelled: boolean; readonly failure: string };
