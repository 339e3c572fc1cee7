import type { PostgresView, Source, SyncNames } from '../../../src/model/postgres.ts';
import type { Slot } from './slots.ts';
import type { WalRecord } from './wal.ts';

/** A data directory with a cluster in it: what is left when the server has gone. */
export interface Data {
  /** The end of its WAL: a primary's, or what a standby has received. */
  flushed: WalRecord;
  /** How many records come before the first that is in `pg_wal`: of a copy, those before it. */
  walFrom: number;
  /** A standby has applied so much; of a primary the same as `flushed`. */
  replayed: WalRecord;
  /**
   * Its pages need the WAL up to here, which is not all there: pg_rewind copies from a server that
   * goes on writing. Before it has that it takes no connections (`minRecoveryPoint`).
   */
  needs: WalRecord | undefined;
  /** As pg_controldata prints it. */
  controlState: ControlState;
  /** `standby.signal` is there: it starts, or runs, in recovery. */
  standbySignal: boolean;
  /** A copy that has not been started yet. */
  backupLabel: boolean;
  /** The highest timeline whose history file it ever got: a promotion takes the next. */
  knownTimeline: number;
  /** `primary_conninfo` and `primary_slot_name`. */
  source: Source | undefined;
  syncNames: SyncNames;
  readonly slots: Map<string, Slot>;
}

export type ControlState =
  | 'in production'
  | 'shut down'
  | 'shut down in recovery'
  | 'in archive recovery'
  | 'in crash recovery'
  | 'shutting down';

export type DataDirectory = PostgresView['dataDirectory'];

/** A data directory that ends with this record, and nothing configured yet. */
export function freshData(
  tip: WalRecord,
  traits: Pick<Data, 'controlState' | 'standbySignal' | 'backupLabel'>,
): Data {
  return {
    ...traits,
    flushed: tip,
    walFrom: tip.depth,
    replayed: tip,
    needs: undefined,
    knownTimeline: tip.timeline,
    source: undefined,
    syncNames: { kind: 'off' },
    slots: new Map(),
  };
}

/** Nothing to recover: the last server that ran here has ended in order. */
export function isClean(state: ControlState): boolean {
  return state === 'shut down' || state === 'shut down in recovery';
}

/** What the control file says that the server was. */
export function wasStandby(state: ControlState): boolean {
  return state === 'shut down in recovery' || state === 'in archive recovery';
}
