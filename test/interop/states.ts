import type { Documents } from '../harness/documents.ts';

/** A cluster that exists only as documents: what `list` and its kin read of a real one. */
export interface State {
  readonly documents: Documents;
  /** Documents are below a group's number, and the configuration has a `citus` section. */
  readonly citus?: true;
}

type Fields = Readonly<Record<string, unknown>>;

const LSN = 4886718336;

function member(number: number, fields: Fields = {}): [string, string] {
  const name = `pg${number}`;
  const document = {
    conn_url: `postgres://10.0.0.${number % 250}:5432/postgres`,
    api_url: `http://10.0.0.${number % 250}:8008/patroni`,
    state: 'running',
    role: 'replica',
    version: '4.1.5',
    xlog_location: LSN,
    replay_lsn: LSN,
    receive_lsn: LSN,
    replication_state: 'streaming',
    timeline: 3,
    ...fields,
  };
  return [`members/${name}`, JSON.stringify(document)];
}

function leader(fields: Fields = {}): [string, string] {
  const own = { role: 'primary', replay_lsn: undefined, receive_lsn: undefined };
  return member(1, { ...own, replication_state: undefined, ...fields });
}

function settings(fields: Fields = {}): string {
  return JSON.stringify({ ttl: 30, loop_wait: 10, retry_timeout: 10, ...fields });
}

const FIXED = {
  config: settings({ postgresql: { use_pg_rewind: true, parameters: { max_connections: 100 } } }),
  initialize: '7711208307656228743',
  leader: 'pg1',
  status: JSON.stringify({ optime: LSN, slots: { pg2: LSN, pg3: LSN } }),
  history: JSON.stringify([
    [1, 25312, 'no recovery target specified', '2026-05-01T10:11:12.131415+00:00', 'pg2'],
    [2, 67405000, 'no recovery target specified', '2026-05-02T10:11:12+02:00', 'pg1'],
  ]),
};

function three(...members: [string, string][]): Documents {
  return { ...FIXED, ...Object.fromEntries([leader(), member(2), member(3), ...members]) };
}

function sync(mode: unknown, document: Fields): Documents {
  return {
    ...three(),
    config: settings({ synchronous_mode: mode }),
    sync: JSON.stringify(document),
  };
}

function failover(fields: Fields): Documents {
  return { ...three(), failover: JSON.stringify(fields) };
}

/** The same cluster in many situations; each under the name of its situation. */
export const STATES: Readonly<Record<string, State>> = Object.fromEntries(
  Object.entries<Documents>({
    plain: three(),
    'one-member': { ...FIXED, ...Object.fromEntries([leader()]) },
    'no-members': FIXED,
    'hundred-members': three(...Array.from({ length: 97 }, (_, index) => member(index + 4))),
    'no-leader': Object.fromEntries(Object.entries(three()).filter(([name]) => name !== 'leader')),
    'leader-is-gone': { ...three(), leader: 'pg9' },
    uninitialized: Object.fromEntries([leader(), member(2)]),
    initializing: { initialize: '', ...Object.fromEntries([member(1, { role: 'uninitialized' })]) },
    'same-host': three(member(2, { conn_url: 'postgres://10.0.0.1:5432/postgres' })),
    'other-port': three(member(2, { conn_url: 'postgres://10.0.0.2:6432/postgres' })),
    'ipv6-and-names': three(
      member(2, { conn_url: 'postgres://[fd00::2]:5432/postgres' }),
      member(3, { conn_url: 'postgres://db-3.example:5432/postgres' }),
    ),
    lagging: three(
      member(2, { receive_lsn: LSN - 5000000, replay_lsn: LSN - 400000000, xlog_location: 1 }),
      member(3, { receive_lsn: LSN - 524288, replay_lsn: LSN - 1572864 }),
    ),
    'ahead-of-status': three(member(2, { receive_lsn: LSN + 10, replay_lsn: LSN + 10 })),
    'only-xlog-location': three(
      member(2, { receive_lsn: undefined, replay_lsn: undefined, xlog_location: LSN - 3000000 }),
      member(3, { receive_lsn: undefined, replay_lsn: undefined, replication_state: undefined }),
    ),
    'stopped-and-failed': three(
      member(2, { state: 'stopped', replication_state: undefined, xlog_location: undefined }),
      member(3, { state: 'start failed', replication_state: undefined, receive_lsn: 0 }),
    ),
    'creating-replica': three(
      member(3, {
        state: 'creating replica',
        role: 'uninitialized',
        replication_state: undefined,
        timeline: undefined,
        xlog_location: undefined,
        receive_lsn: undefined,
        replay_lsn: undefined,
      }),
    ),
    'archive-recovery': three(member(2, { replication_state: 'in archive recovery' })),
    'pending-restart': three(
      member(2, {
        pending_restart: true,
        pending_restart_reason: {
          max_connections: { old_value: '100', new_value: '50' },
          shared_preload_libraries: {
            old_value: '',
            new_value: `pg_stat_statements,${'x'.repeat(40)}`,
          },
        },
      }),
      member(3, { pending_restart: true }),
    ),
    tags: three(
      member(2, { tags: { nofailover: true, datacenter: 'müller & söhne', weight: 1.5 } }),
      member(3, { tags: { clonefrom: true, note: 'yes', list: [1, 'two', null], empty: {} } }),
    ),
    cascade: three(
      member(3, { tags: { replicatefrom: 'pg2' } }),
      member(4, { tags: { replicatefrom: 'pg3' } }),
      member(5, { tags: { replicatefrom: 'nobody' } }),
    ),
    'scheduled-restart': three(
      member(2, { scheduled_restart: { schedule: '2030-01-02T03:04:05+00:00' } }),
      member(3, {
        scheduled_restart: { schedule: '2030-01-02T03:04:05+02:00', postgres_version: '16.0.0' },
      }),
    ),
    'scheduled-switchover': failover({
      leader: 'pg1',
      member: 'pg2',
      scheduled_at: '2030-06-07T08:09:10+02:00',
    }),
    'scheduled-without-candidate': failover({
      leader: 'pg1',
      scheduled_at: '2030-06-07T08:09:10.5+00:00',
    }),
    'failover-now': failover({ leader: 'pg1', member: 'pg2' }),
    'legacy-failover': { ...three(), failover: 'pg1:pg2' },
    paused: { ...three(), config: settings({ pause: true }) },
    'paused-and-scheduled': {
      ...failover({ leader: 'pg1', member: 'pg2', scheduled_at: '2030-06-07T08:09:10+00:00' }),
      config: settings({ pause: 'on' }),
    },
    synchronous: sync(true, { leader: 'pg1', sync_standby: 'pg2' }),
    'synchronous-two': sync('on', { leader: 'pg1', sync_standby: 'pg2,PG3' }),
    'synchronous-off': sync(false, { leader: 'pg1', sync_standby: 'pg2' }),
    quorum: sync('quorum', { leader: 'pg1', sync_standby: 'pg2,pg3', quorum: 1 }),
    'standby-cluster': {
      ...three(leader({ role: 'standby_leader', replication_state: 'streaming' })),
      config: settings({ standby_cluster: { host: '10.9.9.9', port: 5432 } }),
    },
    'legacy-keys': {
      ...Object.fromEntries([
        [
          'members/pg1',
          'postgres://u:p@10.0.0.1:5432/postgres?application_name=http://10.0.0.1:8008/patroni',
        ],
        member(2, { role: 'master', receive_lsn: undefined, replay_lsn: undefined }),
      ]),
      initialize: '1',
      leader: 'pg1',
      'optime/leader': String(LSN + 2000000),
      config: settings(),
    },
    'no-config': Object.fromEntries(Object.entries(three()).filter(([name]) => name !== 'config')),
    'wide-names': {
      ...three(),
      'members/データ1': member(7)[1],
      'members/naïve': member(8)[1],
      'members/😀': member(9)[1],
    },
    'old-history': {
      ...three(),
      history: JSON.stringify([
        [1, 25312, 'no recovery target specified'],
        [2, 5, 'x', '2020', 'a'],
      ]),
    },
    'much-config': {
      ...three(),
      config: settings({
        check_timeline: false,
        nothing: null,
        ratio: 0.5,
        big: 'BIG',
        postgresql: {
          parameters: {
            search_path: '"$user", public',
            log_line_prefix: '%m [%p] ',
            x: 'on',
            y: '012',
          },
          pg_hba: ['host all all 0.0.0.0/0 md5', 'local all all trust'],
        },
        slots: { logical: { type: 'logical', database: 'a', plugin: 'pgoutput' }, 'a b': {} },
        text: `${'long words make lines that fold '.repeat(12)}\nand a second line\n`,
      }).replace('"BIG"', '12345678901234567890123'),
    },
  }).map(([name, documents]) => [name, { documents }]),
);

/** Coordinator (group 0) and two workers. */
export const CITUS_STATE: State = {
  citus: true,
  documents: {
    ...prefixed('0', three()),
    ...prefixed('1', { ...three(), config: settings({ pause: true }) }),
    ...prefixed('2', {
      ...FIXED,
      ...Object.fromEntries([leader(), member(2, { pending_restart: true })]),
    }),
  },
};

function prefixed(group: string, documents: Documents): Documents {
  return Object.fromEntries(
    Object.entries(documents).map(([name, value]) => [`${group}/${name}`, value]),
  );
}
