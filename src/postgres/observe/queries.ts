import type { Row, Value } from '../connect.ts';

/**
 * What is asked of a running server with every look: one statement with one text of JSON, because
 * to describe forty columns takes longer than to read them. Works on PostgreSQL 12 to 18. All names
 * are qualified, and the session has pg_catalog alone in its search_path, which is what operators
 * are looked for in.
 */
export function lookQuery(serverVersion: number): string {
  return `
SELECT pg_catalog.json_build_object(
  'state', (SELECT pg_catalog.row_to_json(q) FROM (${stateQuery(serverVersion)}) q),
  'standbys', (SELECT pg_catalog.json_agg(q) FROM (${STANDBYS}) q),
  'slots', (SELECT pg_catalog.json_agg(q) FROM (${slotsQuery(serverVersion)}) q)
)::pg_catalog.text AS look`;
}

/** Bytes from the begin of all WAL. */
function bytes(lsn: string): string {
  return `pg_catalog.pg_wal_lsn_diff(${lsn}, '0/0')::pg_catalog.int8`;
}

/** Text without an offset: the caller says that it is UTC. */
function utc(time: string): string {
  return `pg_catalog.to_char(pg_catalog.timezone('UTC', ${time}), 'YYYY-MM-DD HH24:MI:SS.US')`;
}

const setting = (name: string): string => `pg_catalog.current_setting('${name}')`;

/** Some functions are errors in recovery, others out of it; CASE keeps them from being called. */
function stateQuery(serverVersion: number): string {
  // What was written and not flushed yet is acknowledged with `synchronous_commit = remote_write`.
  const written = serverVersion >= 130_000 ? bytes('r.written_lsn') : 'NULL';
  return `
SELECT s.standby,
  ${setting('server_version_num')}::pg_catalog.int4 AS server_version,
  ${setting('data_directory')} AS data_directory,
  (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) AS system_id,
  ${utc('pg_catalog.pg_postmaster_start_time()')} AS started,
  CASE WHEN NOT s.standby
    THEN pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_flush_lsn()) END AS wal_file,
  CASE WHEN NOT s.standby
    THEN ${bytes('pg_catalog.pg_current_wal_flush_lsn()')} END AS flushed,
  ${bytes('pg_catalog.pg_last_wal_receive_lsn()')} AS received,
  ${written} AS written,
  ${bytes('pg_catalog.pg_last_wal_replay_lsn()')} AS replayed,
  ${utc('pg_catalog.pg_last_xact_replay_timestamp()')} AS replayed_at,
  ${bytes('r.latest_end_lsn')} AS latest_end,
  CASE WHEN s.standby THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END AS replay_paused,
  r.status AS receiver_status,
  CASE WHEN r.latest_end_lsn IS NOT NULL THEN r.received_tli END AS received_timeline,
  c.timeline_id AS checkpoint_timeline,
  ${bytes('c.checkpoint_lsn')} AS checkpoint,
  (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()) AS recovery_timeline,
  ${setting('synchronous_standby_names')} AS sync_names,
  ${setting('primary_conninfo')} AS conninfo,
  ${setting('primary_slot_name')} AS slot_name,
  ${setting('restore_command')} AS restore_command
FROM (SELECT pg_catalog.pg_is_in_recovery() AS standby) s
CROSS JOIN pg_catalog.pg_control_checkpoint() c
LEFT JOIN pg_catalog.pg_stat_get_wal_receiver() r ON true`;
}

const STANDBYS = `
SELECT application_name AS name, state, sync_state,
  usename AS user, client_addr, sync_priority,
  ${bytes('flush_lsn')} AS flushed,
  ${bytes('replay_lsn')} AS replayed
FROM pg_catalog.pg_stat_replication
ORDER BY pid`;

/**
 * Temporary slots belong to their sessions, and those of PostgreSQL 17 that it keeps in step on the
 * standbys itself are none of ours (as in Patroni, slots.py).
 */
function slotsQuery(serverVersion: number): string {
  const ours = serverVersion >= 170_000 ? 'NOT temporary AND NOT failover' : 'NOT temporary';
  const lost = serverVersion >= 130_000 ? "wal_status = 'lost'" : 'false';
  return `
SELECT slot_name AS name, slot_type AS type, active, database, plugin,
  CASE WHEN ${lost} THEN NULL ELSE ${bytes('restart_lsn')} END AS restart,
  ${bytes('confirmed_flush_lsn')} AS confirmed,
  slot_type = 'physical' AND (xmin IS NOT NULL OR catalog_xmin IS NOT NULL) AS holds_xmin
FROM pg_catalog.pg_replication_slots
WHERE ${ours}
ORDER BY slot_name`;
}

/** The answer to `lookQuery`. */
export interface Look {
  readonly state: Row;
  readonly standbys: readonly Row[];
  readonly slots: readonly Row[];
}

/** Understands the rows that came. */
export function lookOf([rows]: readonly (readonly Row[])[]): Look {
  const { state, standbys, slots } = JSON.parse(textIn(rows?.[0] ?? {}, 'look')) as Answer;
  // No rows are no list.
  return { state, standbys: standbys ?? [], slots: slots ?? [] };
}

interface Answer {
  readonly state: Row;
  readonly standbys: readonly Row[] | null;
  readonly slots: readonly Row[] | null;
}

/** A number of a row; undefined for NULL. */
export function numberIn(row: Row, column: string): number | undefined {
  const value: Value | undefined = row[column];
  return typeof value === 'number' ? value : undefined;
}

/** A text of a row; `''` for NULL. */
export function textIn(row: Row, column: string): string {
  const value: Value | undefined = row[column];
  return typeof value === 'string' ? value : '';
}
