import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../../src/model/member.ts';
import type { NodeStatus } from '../../../src/model/node-status.ts';
import { formatFailsafe, parseFailsafe } from '../../../src/wire/failsafe.ts';
import { formatHistory, parseHistory } from '../../../src/wire/history.ts';
import { formatLeader, parseLeader } from '../../../src/wire/leader.ts';
import { formatMember, parseMember } from '../../../src/wire/member.ts';
import { formatNodeStatus, parseNodeStatus } from '../../../src/wire/rest.ts';
import { formatStatus, parseStatus } from '../../../src/wire/status.ts';
import { formatSync, parseSync } from '../../../src/wire/sync.ts';

const said = fc.string({ minLength: 1 });
const lsn = fc.nat({ max: 2 ** 48 });
const timeline = fc.integer({ min: 1, max: 1000 });
const tags = fc.dictionary(fc.string(), fc.oneof(fc.boolean(), fc.integer(), fc.string()));
const reasons = fc.dictionary(said, fc.record({ oldValue: fc.string(), newValue: fc.string() }));

/** `requiredKeys` are always there, the others sometimes: never there and undefined. */
function partly<Required, Optional>(
  required: { [Key in keyof Required]: fc.Arbitrary<Required[Key]> },
  optional: { [Key in keyof Optional]: fc.Arbitrary<Optional[Key]> },
) {
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }));
}

const MEMBER = partly(
  {
    state: fc.constantFrom('running', 'creating replica', ''),
    role: fc.constantFrom('primary', 'replica', 'uninitialized', ''),
    pendingRestart: fc.boolean(),
    pendingRestartReason: reasons,
    tags,
    pause: fc.boolean(),
  },
  {
    apiUrl: said,
    proxyUrl: said,
    version: said,
    checkpointAfterPromote: fc.boolean(),
    timeline,
    xlogLocation: lsn,
    receiveLsn: lsn,
    replayLsn: lsn,
    replicationState: fc.constantFrom('streaming', 'in archive recovery'),
    scheduledRestart: partly(
      { schedule: said },
      {
        postgresVersion: said,
        role: said,
        onlyIfPending: fc.boolean(),
        timeout: fc.nat(),
        postmasterStart: said,
      },
    ),
  },
);

describe('member', () => {
  it.each([
    '{"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni","state":"running","role":"primary","version":"4.1.5","proxy_url":"postgres://10.0.0.1:6432/postgres","checkpoint_after_promote":false,"tags":{"clonefrom":true,"failover_priority":2,"weight":1.0,"zone":"\\u00e9"},"pending_restart":true,"pending_restart_reason":{"max_connections":{"old_value":"100","new_value":"200"}},"xlog_location":67405792,"timeline":3}',
    '{"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni","state":"running","role":"replica","version":"4.1.5","xlog_location":67405792,"replay_lsn":67405000,"receive_lsn":67405792,"replication_state":"streaming","timeline":3,"scheduled_restart":{"restart_pending":true,"postgres_version":"16.2","schedule":"2030-01-02T03:04:05+00:00","timeout":90,"postmaster_start_time":"2026-11-23 03:46:34.479631+00:00"},"pause":true}',
    '{"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni","state":"stopped","role":"demoted","version":"4.1.5"}',
  ])('is written as Patroni 4.1.5 wrote it: %s', (text) => {
    expect(formatMember(parseMember('pg1', text, '7').member)).toBe(text);
  });

  it('is read as it was written', () => {
    const address = { connUrl: 'postgres://10.0.0.1:5433/postgres', host: '10.0.0.1', port: 5433 };
    fc.assert(
      fc.property(MEMBER, fc.boolean(), (fields, reachable) => {
        const member = {
          name: 'pg1',
          documentVersion: '7',
          ...(reachable ? address : {}),
          ...fields,
        } as Member;
        expect(parseMember('pg1', formatMember(member), '7')).toEqual({ member, valid: true });
      }),
    );
  });
});

describe('sync', () => {
  it.each([
    '{"leader":"pg1","quorum":1,"sync_standby":"pg2,pg3"}',
    '{"leader":"pg1","quorum":0,"sync_standby":null}',
  ])('is written as Patroni 4.1.5 wrote it: %s', (text) => {
    const { sync } = parseSync(text, '7');
    expect(sync && formatSync(sync)).toBe(text);
  });

  it('names the standbys in one order, whoever writes', () => {
    const sync = { leader: 'pg1', standbys: ['pg3', 'PG2', 'pg10'], quorum: 0 };
    expect(formatSync(sync)).toContain('"PG2,pg10,pg3"');
    expect(sync.standbys).toEqual(['pg3', 'PG2', 'pg10']);
  });

  it('is read as it was written', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const standbys = fc.uniqueArray(name).map((names) => names.sort());
    const sync = fc.record({ leader: said, standbys, quorum: fc.nat() });
    fc.assert(
      fc.property(sync, (value) => {
        const wanted = { sync: { ...value, version: '7' }, valid: true };
        expect(parseSync(formatSync(value), '7')).toEqual(wanted);
      }),
    );
  });
});

describe('status, history, failsafe and leader', () => {
  it.each([
    '{"optime":83886592,"slots":{"pg2":83886592,"pg1":83886592},"retain_slots":["pg1","pg2"]}',
    '{"optime":83886592,"retain_slots":["pg1","pg2","pg3"]}',
    '{"optime":83886592}',
  ])('the status is written as Patroni wrote it: %s', (text) => {
    const status = parseStatus(text);
    expect(status && formatStatus(status)).toBe(text);
  });

  it('the status is read as it was written', () => {
    const slots = fc.dictionary(fc.string(), lsn);
    const status = fc.record({ lastLsn: lsn, slots, retainSlots: fc.array(fc.string()) });
    fc.assert(
      fc.property(status, (value) => {
        expect(parseStatus(formatStatus(value))).toEqual(value);
      }),
    );
  });

  it.each([
    '[]',
    '[[1,25312,"no recovery target specified","2026-05-01T10:11:12.131415+00:00","pg2"],[2,67405000,"x"]]',
  ])('the history is written as Patroni wrote it: %s', (text) => {
    expect(formatHistory(parseHistory(text) ?? [['unread']])).toBe(text);
  });

  it('the failsafe map and the leader are read as they were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), said, (members, leader) => {
        expect(parseFailsafe(formatFailsafe(members))).toEqual(members);
        expect(parseLeader(formatLeader(leader))).toBe(leader);
      }),
    );
    expect(formatFailsafe({ pg1: 'http://é' })).toBe('{"pg1":"http://\\u00e9"}');
  });
});

const POSITIONS = fc.oneof(
  fc.record({ location: lsn, replayPaused: fc.constant(false) }),
  partly({ receivedLsn: lsn, replayPaused: fc.boolean() }, { replayedLsn: lsn, replayedAt: said }),
  fc.record({ replayPaused: fc.constant(false) }),
);

const STATUS = partly(
  {
    state: fc.string(),
    role: fc.string(),
    syncStandby: fc.boolean(),
    quorumStandby: fc.boolean(),
    pause: fc.boolean(),
    clusterUnlocked: fc.boolean(),
    tags,
    watchdogFailed: fc.boolean(),
    pendingRestart: fc.boolean(),
    pendingRestartReason: reasons,
    replication: fc.array(
      partly(
        { applicationName: fc.string(), state: fc.string(), syncState: fc.string() },
        { user: fc.string(), clientAddress: fc.option(fc.string()), syncPriority: fc.nat() },
      ),
    ),
  },
  {
    name: fc.string(),
    timeline,
    replicationState: fc.string(),
    scheduledRestart: partly(
      { schedule: said },
      { postgresVersion: said, role: said, onlyIfPending: fc.boolean(), timeout: fc.nat() },
    ),
    failsafeActive: fc.constant(true),
    dcsLastSeen: fc.nat(),
    logQueue: fc.record({ size: fc.nat(), lost: fc.nat() }),
    postmasterStartTime: fc.string(),
    serverVersion: fc.nat(),
    version: fc.string(),
    scope: fc.string(),
    systemId: fc.string(),
  },
);

describe('formatNodeStatus', () => {
  it('has the words, the order and the blanks of Patroni 4.1.5', () => {
    const text =
      '{"state": "running", "postmaster_start_time": "2026-11-23 03:46:34.479631+00:00", "role": "replica", "server_version": 150020, "xlog": {"received_location": 67405792, "replayed_location": 67405000, "replayed_timestamp": null, "paused": false}, "sync_standby": true, "timeline": 1, "replication_state": "streaming", "replication": [{"usename": "repl", "application_name": "pg3", "client_addr": "127.0.0.1", "state": "streaming", "sync_state": "async", "sync_priority": 0}], "pause": true, "failsafe_mode_is_active": true, "dcs_last_seen": 1795406713, "tags": {"nofailover": true}, "database_system_identifier": "7711208307656228743", "pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "50", "new_value": "60"}}, "patroni": {"version": "4.1.5", "scope": "demo", "name": "pg2"}, "scheduled_restart": {"restart_pending": true, "role": "replica", "postgres_version": "15.4", "schedule": "2026-11-24T00:00:00+00:00", "timeout": 30}, "watchdog_failed": true, "logger_queue_size": 200, "logger_records_lost": 3}';
    const status = parseNodeStatus(text);
    expect(status && formatNodeStatus(status)).toBe(text);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(STATUS, POSITIONS, (fields, positions) => {
        const status = { ...fields, ...positions } as NodeStatus;
        expect(parseNodeStatus(formatNodeStatus(status))).toEqual(status);
      }),
    );
  });
});
