// Makes src/ctl/validate/postgres-parameters.ts: what pgherd knows of PostgreSQL's parameters.
//
//   npx tsx scripts/postgres-parameters.ts        (with PGHOST, PGPORT, PGUSER, … of a PostgreSQL 15)
//
// The server's own pg_settings gives the parameters of version 15; the tables below, from the
// release notes of 12 to 18 (appendix E of the manual) and its chapter 20, add what other versions
// have and widen what they take. A parameter of any of these versions is a known one.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const TARGET = new URL('../src/ctl/validate/postgres-parameters.ts', import.meta.url);
const QUERY = `
  SELECT name, context, CASE vartype WHEN 'integer' THEN 'int' ELSE vartype END, coalesce(unit, ''),
         coalesce(min_val, ''), coalesce(max_val, ''), coalesce(array_to_string(enumvals, ','), '')
    FROM pg_settings WHERE context <> 'internal' AND name !~ '[.]'`;

/** name|context|type|unit|min|max|values: in other versions than 15 only. */
const OTHER_VERSIONS = `
allow_alter_system|sighup|bool
autovacuum_vacuum_max_threshold|sighup|int||-1|2147483647
autovacuum_worker_slots|postmaster|int||1|262143
commit_timestamp_buffers|postmaster|int|8kB|0|131072
createrole_self_grant|user|string
debug_io_direct|postmaster|string
debug_logical_replication_streaming|user|enum||||buffered,immediate
debug_parallel_query|user|enum||||off,on,regress
enable_distinct_reordering|user|bool
enable_group_by_reordering|user|bool
enable_presorted_aggregate|user|bool
enable_self_join_elimination|user|bool
event_triggers|superuser|bool
extension_control_path|superuser|string
file_copy_method|user|enum||||copy,clone
force_parallel_mode|user|enum||||off,on,regress
gss_accept_delegation|sighup|bool
icu_validation_level|user|enum||||disabled,debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
idle_replication_slot_timeout|sighup|int|s|0|2147483647
io_combine_limit|user|int|8kB|1|128
io_max_combine_limit|postmaster|int|8kB|1|128
io_max_concurrency|postmaster|int||-1|1024
io_method|postmaster|enum||||sync,worker,io_uring
io_workers|sighup|int||1|32
log_lock_failures|superuser|bool
logical_replication_mode|user|enum||||buffered,immediate
max_active_replication_origins|postmaster|int||0|262143
max_notify_queue_pages|postmaster|int||64|2147483647
max_parallel_apply_workers_per_subscription|sighup|int||0|1024
md5_password_warnings|user|bool
multixact_member_buffers|postmaster|int|8kB|16|131072
multixact_offset_buffers|postmaster|int|8kB|16|131072
notify_buffers|postmaster|int|8kB|16|131072
oauth_validator_libraries|sighup|string
operator_precedence_warning|user|bool
reserved_connections|postmaster|int||0|262143
restrict_nonsystem_relation_kind|user|string
scram_iterations|user|int||1|2147483647
send_abort_for_crash|sighup|bool
send_abort_for_kill|sighup|bool
serializable_buffers|postmaster|int|8kB|16|131072
ssl_groups|sighup|string
ssl_tls13_ciphers|sighup|string
stats_temp_directory|sighup|string
subtransaction_buffers|postmaster|int|8kB|0|131072
summarize_wal|sighup|bool
sync_replication_slots|sighup|bool
synchronized_standby_slots|sighup|string
trace_connection_negotiation|postmaster|bool
track_cost_delay_timing|superuser|bool
transaction_buffers|postmaster|int|8kB|0|131072
transaction_timeout|user|int|ms|0|2147483647
vacuum_buffer_usage_limit|user|int|kB|0|16777216
vacuum_cleanup_index_scale_factor|user|real||0|10000000000
vacuum_max_eager_freeze_failure_rate|user|real||0|1
vacuum_truncate|user|bool
wal_keep_segments|sighup|int||0|2147483647
wal_summary_keep_time|sighup|int|min|0|35791394
`;

/** In version 15 and others: as the widest of them takes it. */
const WIDER = `
dynamic_shared_memory_type|postmaster|enum||||posix,sysv,windows,mmap,none
log_connections|superuser-backend|string
log_rotation_size|sighup|int|kB|0|2147483647
maintenance_work_mem|user|int|kB|64|2147483647
max_files_per_process|postmaster|int||25|2147483647
recovery_init_sync_method|sighup|enum||||fsync,syncfs
wal_level|postmaster|enum||||minimal,replica,logical,archive,hot_standby
wal_sync_method|sighup|enum||||fsync,fdatasync,open_sync,open_datasync,fsync_writethrough
default_toast_compression|user|enum||||pglz,lz4
wal_compression|superuser|enum||||pglz,lz4,zstd,on,off
shared_memory_type|postmaster|enum||||sysv,mmap,windows
`;

type Row = readonly string[];

function rows(text: string): Row[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('|'));
}

function print([name, context, type, unit, min, max, values]: Row): string {
  const fields = [`name: '${name}'`, `context: '${context}'`, `type: '${type}'`];
  if (unit) fields.push(`unit: '${unit}'`);
  if (min) fields.push(`min: ${min}`);
  if (max) fields.push(`max: ${max}`);
  const quoted = (values ?? '').split(',').map((value) => `'${value.replace(/^"|"$/g, '')}'`);
  if (type === 'enum') fields.push(`values: [${quoted.join(', ')}]`);
  return `  { ${fields.join(', ')} },`;
}

const server = execFileSync('psql', ['-XAtq', '-F', '|', '-d', 'postgres', '-c', QUERY], {
  encoding: 'utf8',
});
const known = new Map([server, OTHER_VERSIONS, WIDER].flatMap(rows).map((row) => [row[0], row]));
const lines = [...known.values()]
  .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  .map((row) => print(row));

writeFileSync(
  TARGET,
  `// Made by scripts/postgres-parameters.ts from the pg_settings of a PostgreSQL 15, with what
// versions 12 to 18 have besides it. Do not edit.
// biome-ignore-all format: one parameter a line

/** What PostgreSQL takes for a parameter; numbers are in \`unit\`. */
export interface PostgresParameter {
  readonly name: string;
  /** When a change takes effect; \`postmaster\`: after a restart (manual, pg_settings). */
  readonly context: 'postmaster' | 'sighup' | 'superuser' | 'user' | 'backend' | 'superuser-backend';
  readonly type: 'bool' | 'int' | 'real' | 'string' | 'enum';
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

/** Sorted by name. */
export const POSTGRES_PARAMETERS: readonly PostgresParameter[] = [
${lines.join('\n')}
];
`,
);
