import { describe, expect, it } from 'vitest';
import { checkParameters, findParameter } from '../../../../src/ctl/validate/parameters.ts';
import { POSTGRES_PARAMETERS } from '../../../../src/ctl/validate/postgres-parameters.ts';
import { type Json, WholeFloat } from '../../../../src/model/json.ts';

function found(parameters: Record<string, Json>): string[] {
  return checkParameters('p', parameters).map(({ severity, message }) => `${severity}: ${message}`);
}

it('knows the parameters of versions 12 to 18', () => {
  expect(POSTGRES_PARAMETERS.length).toBeGreaterThan(350);
  const names = ['wal_keep_segments', 'max_connections', 'summarize_wal', 'io_method', 'datestyle'];
  expect(names.map((name) => findParameter(name)?.name)).toEqual([
    ...names.slice(0, 4),
    'DateStyle',
  ]);
});

it('takes good values', () => {
  const good = {
    max_connections: 100,
    shared_buffers: '128MB',
    work_mem: '4MB',
    autovacuum_vacuum_scale_factor: 0.02,
    checkpoint_completion_target: '0.9',
    statement_timeout: '1min',
    autovacuum: true,
    fsync: 't',
    huge_pages: 'try',
    synchronous_commit: false,
    wal_level: 'Logical',
    archive_mode: 'always',
    archive_command: 'cp %p /archive/%f',
    wal_log_hints: 'on',
    hot_standby: 'on',
    ssl_min_protocol_version: 'tlsv1.2',
    log_connections: 'receipt,authentication',
    random_page_cost: new WholeFloat(1),
    'pg_stat_statements.max': 10_000,
    max_wal_senders: '3',
    superuser_reserved_connections: null,
  };
  expect(found(good)).toEqual([]);
});

describe('bad values', () => {
  it.each<[string, Json, string]>([
    ['max_connections', '500ABC', 'error: max_connections: 500ABC is not a number'],
    ['max_connections', 24, 'error: max_connections: 24 is less than 25: Patroni would use 100'],
    ['max_connections', 262_144, 'error: max_connections: 262144 is not between 1 and 262143'],
    ['work_mem', '4mb', 'error: work_mem: 4mb is not a number (units: B, kB, MB, GB, TB)'],
    ['work_mem', '1kB', 'error: work_mem: 1kB is not between 64 and 2147483647 (in kB)'],
    ['autovacuum', 'maybe', 'error: autovacuum: maybe is not on or off'],
    ['huge_pages', 'often', 'error: huge_pages: often is none of off, on, try'],
    ['wal_level', 'minimal', /^error: wal_level: minimal is not enough for replication/],
    ['shared_preload_libraries', ['a'], /^error: shared_preload_libraries must be one value/],
    ['max_wal_senders', 2, 'error: max_wal_senders: 2 is less than 3: Patroni would use 10'],
    ['max_replication_slots', 3, /is less than 4: Patroni would use 10$/],
    ['max_locks_per_transaction', 31, /is less than 32: Patroni would use 64$/],
    ['wal_keep_size', '15MB', /is less than 16 MB: Patroni would use 128MB$/],
    ['superuser_reserved_connections', 100, /must be less than max_connections, 100$/],
    ['bad name', 1, 'error: bad name cannot be the name of a parameter'],
    [
      'max_conections',
      1,
      'warning: max_conections is no parameter of PostgreSQL 12 to 18; did you mean max_connections?',
    ],
    ['work_mem', '5constructor', /^error: work_mem: 5constructor is not a number/],
    ['constructor', 1, 'warning: constructor is no parameter of PostgreSQL 12 to 18'],
    ['port', 5433, /^warning: port is ignored: it comes from postgresql.listen/],
    ['listen_addresses', '*', /^warning: listen_addresses is ignored/],
    ['cluster_name', 'x', /^warning: cluster_name is ignored: it is the scope/],
    ['hot_standby', false, 'warning: hot_standby is ignored: it is always on'],
  ] as [string, Json, string][])('%s = %j', (name, value, message) => {
    const messages = found({ [name]: value });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(message);
  });

  it('the same parameter twice, in different case', () => {
    expect(found({ work_mem: '4MB', Work_Mem: '5MB' })).toEqual([
      'error: Work_Mem and work_mem are the same parameter',
    ]);
  });
});
