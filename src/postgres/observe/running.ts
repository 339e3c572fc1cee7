import type { PostgresView, SlotView, StandbyView } from '../../model/postgres.ts';
import { present } from '../../model/present.ts';
import type { Row } from '../connect.ts';
import { type Look, numberIn, textIn } from './queries.ts';

/** What a server that answers says of itself. */
export type RunningView = Pick<
  PostgresView,
  | 'systemId'
  | 'role'
  | 'controlState'
  | 'lsn'
  | 'receivedLsn'
  | 'replayedLsn'
  | 'replayPaused'
  | 'replayedAt'
  | 'latestEndLsn'
  | 'replicationState'
  | 'followsSlot'
  | 'checkpointLsn'
  | 'postmasterStart'
  | 'serverVersion'
  | 'standbys'
  | 'slots'
> & {
  /** `synchronous_standby_names`. */
  readonly syncNames: string;
  /** `primary_conninfo`. */
  readonly conninfo: string;
  /** As it was told to the server; it may be a link. */
  readonly dataDirectory: string;
  /** Of a primary, or of a standby's receiver; undefined: the standby does not say. */
  readonly timeline: number | undefined;
  /** What the control file has: a standby is there, or further. */
  readonly leastTimeline: number;
  readonly checkpointTimeline: number;
};

/** Understands the answer to `lookQuery`. */
export function runningView({ state, standbys, slots }: Look): RunningView {
  const standby = state.standby === true;
  const receivedLsn = standby ? received(state) : undefined;
  const replayedLsn = standby ? numberIn(state, 'replayed') : undefined;
  const checkpointTimeline = numberIn(state, 'checkpoint_timeline') ?? 0;
  return {
    systemId: textIn(state, 'system_id'),
    role: standby ? 'standby' : 'primary',
    controlState: standby ? 'in archive recovery' : 'in production',
    lsn: standby ? Math.max(receivedLsn ?? 0, replayedLsn ?? 0) : (numberIn(state, 'flushed') ?? 0),
    receivedLsn,
    replayedLsn,
    replayPaused: state.replay_paused === true,
    ...(standby ? replayed(state) : {}),
    replicationState: standby ? replicationState(state) : undefined,
    followsSlot: standby ? textIn(state, 'slot_name') : '',
    checkpointLsn: numberIn(state, 'checkpoint') ?? 0,
    postmasterStart: withOffset(textIn(state, 'started')),
    serverVersion: numberIn(state, 'server_version') ?? 0,
    standbys: standbys.map(standbyView),
    syncNames: textIn(state, 'sync_names'),
    slots: slots.map(slotView),
    conninfo: standby ? textIn(state, 'conninfo') : '',
    dataDirectory: textIn(state, 'data_directory'),
    timeline: standby
      ? numberIn(state, 'received_timeline')
      : Number.parseInt(textIn(state, 'wal_file').slice(0, 8), 16),
    leastTimeline: Math.max(checkpointTimeline, numberIn(state, 'recovery_timeline') ?? 0),
    checkpointTimeline,
  };
}

/**
 * What is flushed, or written and not yet flushed, whichever is more (Patroni: receive_lsn).
 * PostgreSQL says `0/0`, too, where nothing was received yet.
 */
function received(state: Row): number | undefined {
  const lsn = Math.max(numberIn(state, 'received') ?? 0, numberIn(state, 'written') ?? 0);
  return lsn === 0 ? undefined : lsn;
}

function replayed(state: Row): Pick<RunningView, 'replayedAt' | 'latestEndLsn'> {
  const at = textIn(state, 'replayed_at');
  return present({
    replayedAt: at === '' ? undefined : withOffset(at),
    latestEndLsn: numberIn(state, 'latest_end'),
  });
}

/** A time of UTC as Python prints it, and Patroni with it. */
function withOffset(time: string): string {
  return `${time}+00:00`;
}

/** As Patroni says it (replication_state_from_parameters). */
function replicationState(state: Row): PostgresView['replicationState'] {
  if (textIn(state, 'receiver_status') === 'streaming') return 'streaming';
  return textIn(state, 'restore_command') === '' ? undefined : 'in archive recovery';
}

function standbyView(row: Row): StandbyView {
  return {
    name: textIn(row, 'name'),
    state: textIn(row, 'state'),
    syncState: syncState(textIn(row, 'sync_state')),
    flushLsn: numberIn(row, 'flushed') ?? 0,
    replayLsn: numberIn(row, 'replayed') ?? 0,
    user: textIn(row, 'user'),
    clientAddress: textIn(row, 'client_addr') || null,
    syncPriority: numberIn(row, 'sync_priority') ?? 0,
  };
}

function syncState(text: string): StandbyView['syncState'] {
  return text === 'sync' || text === 'potential' || text === 'quorum' ? text : 'async';
}

function slotView(row: Row): SlotView {
  return {
    name: textIn(row, 'name'),
    type: row.type === 'logical' ? 'logical' : 'physical',
    active: row.active === true,
    database: textIn(row, 'database') || undefined,
    plugin: textIn(row, 'plugin') || undefined,
    restartLsn: numberIn(row, 'restart'),
    confirmedFlushLsn: numberIn(row, 'confirmed'),
    holdsXmin: row.holds_xmin === true,
  };
}
