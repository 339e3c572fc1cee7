import type { PostgresView } from '../../model/postgres.ts';
import type { ControlData } from '../control-data.ts';
import type { WalEnd } from './last-record.ts';

/** What the files of a server tell that cannot be asked. */
export type FilesView = Pick<
  PostgresView,
  | 'systemId'
  | 'role'
  | 'controlState'
  | 'timeline'
  | 'lsn'
  | 'checkpointLsn'
  | 'checkpointedSincePromote'
>;

/** Of a server without a control file: there is none. */
export const NOTHING: FilesView = {
  systemId: undefined,
  role: 'standby',
  controlState: '',
  timeline: undefined,
  lsn: 0,
  checkpointLsn: 0,
  checkpointedSincePromote: false,
};

/** What the control file calls a server that recovers WAL of others. */
const STANDBY_STATES: readonly string[] = ['in archive recovery', 'shut down in recovery'];
/** Those that it never has when it is a standby. */
const PRIMARY_STATES: readonly string[] = ['in production', 'shutting down'];

/**
 * Understands the control file. A primary's end is known when it was shut down (`walEnd`); a
 * standby's is where its data need WAL up to, which it has replayed: what it only received does
 * not count. A crashed primary's is at least its last checkpoint.
 */
export function filesView(data: ControlData, walEnd: WalEnd | undefined): FilesView {
  const standby = STANDBY_STATES.includes(data.state);
  // After a promotion, and before its first checkpoint, only this one has the new timeline; after
  // that checkpoint it is 0 again (xlog.c, CreateEndOfRecoveryRecord).
  const recovered = data.minRecoveryTimeline >= data.checkpointTimeline;
  const timeline = recovered ? data.minRecoveryTimeline : data.checkpointTimeline;
  const end = Math.max(data.checkpointLsn, recovered ? data.minRecoveryLsn : 0);
  return {
    systemId: data.systemId,
    role: standby ? 'standby' : 'primary',
    controlState: data.state,
    timeline,
    lsn: walEnd?.end ?? end,
    checkpointLsn: walEnd?.data ?? data.checkpointLsn,
    checkpointedSincePromote: data.checkpointTimeline === timeline,
  };
}

/**
 * What a server is that runs and does not answer. Its control file knows, but for the time in which
 * it starts: then it becomes what the signal file says, also where the control file is one of a
 * primary, which a copy has from its source until it has found its first WAL.
 */
export function roleOf(
  runs: Exclude<PostgresView['state'], 'stopped'>,
  files: { readonly controlState: string; readonly hasSignalFile: boolean },
): PostgresView['role'] {
  const { controlState, hasSignalFile } = files;
  if (runs === 'starting') return hasSignalFile ? 'standby' : 'primary';
  if (PRIMARY_STATES.includes(controlState)) return 'primary';
  return STANDBY_STATES.includes(controlState) || hasSignalFile ? 'standby' : 'primary';
}
