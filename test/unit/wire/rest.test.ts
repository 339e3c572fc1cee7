import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walPosition } from '../../../src/model/node-status.ts';
import {
  parseNodeStatus,
  parseTakeoverReply,
  reinitializeBody,
  restartBody,
  takeoverBody,
} from '../../../src/wire/rest.ts';

// What a primary and a replica of Patroni 4.1.5 said.
const PRIMARY =
  '{"state": "running", "postmaster_start_time": "2026-11-23 03:46:34.479631+00:00", "role": "primary", "server_version": 150020, "xlog": {"location": 67405792}, "timeline": 1, "replication": [{"usename": "repl", "application_name": "pg2", "client_addr": "127.0.0.1", "state": "streaming", "sync_state": "async", "sync_priority": 0}], "dcs_last_seen": 1795406713, "database_system_identifier": "7711208307656228743", "pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "50", "new_value": "60"}}, "patroni": {"version": "4.1.5", "scope": "demo", "name": "pg1"}}';
const REPLICA =
  '{"state": "running", "role": "replica", "server_version": 150020, "xlog": {"received_location": 67405792, "replayed_location": 67405000, "replayed_timestamp": "2026-11-23 03:48:04.634169+00:00", "paused": true}, "timeline": 1, "replication_state": "streaming", "quorum_standby": true, "pause": true, "tags": {"nofailover": true}, "watchdog_failed": true, "scheduled_restart": {"schedule": "2026-11-24T00:00:00+00:00"}, "patroni": {"version": "4.1.5", "scope": "demo", "name": "pg2"}}';

describe('parseNodeStatus', () => {
  it('reads a primary', () => {
    expect(parseNodeStatus(PRIMARY)).toMatchObject({
      name: 'pg1',
      state: 'running',
      role: 'primary',
      timeline: 1,
      location: 67405792,
      serverVersion: 150020,
      version: '4.1.5',
      systemId: '7711208307656228743',
      pendingRestart: true,
      pendingRestartReason: { max_connections: { oldValue: '50', newValue: '60' } },
      dcsLastSeen: 1795406713,
      replication: [
        {
          applicationName: 'pg2',
          state: 'streaming',
          syncState: 'async',
          user: 'repl',
          clientAddress: '127.0.0.1',
          syncPriority: 0,
        },
      ],
    });
  });

  it('reads a replica', () => {
    const status = parseNodeStatus(REPLICA);
    expect(status).toMatchObject({
      role: 'replica',
      receivedLsn: 67405792,
      replayedLsn: 67405000,
      replayedAt: '2026-11-23 03:48:04.634169+00:00',
      replayPaused: true,
      replicationState: 'streaming',
      quorumStandby: true,
      syncStandby: false,
      pause: true,
      tags: { nofailover: true },
      watchdogFailed: true,
      scheduledRestart: { schedule: '2026-11-24T00:00:00+00:00' },
    });
    expect(status && walPosition(status)).toBe(67405792);
  });

  it('takes an old version that says wal, and positions as text', () => {
    const status = parseNodeStatus('{"role":"master","wal":{"location":"7"},"timeline":"3"}');
    expect(status).toMatchObject({ role: 'master', location: 7, timeline: 3, state: '' });
  });

  it('is undefined for what is no object', () => {
    for (const body of ['', 'null', '[]', '"x"', '{', '<html>']) {
      expect(parseNodeStatus(body)).toBeUndefined();
    }
    expect(parseNodeStatus('['.repeat(200_000))).toBeUndefined();
  });

  it('never throws, whatever the types are', () => {
    const key = fc.constantFrom(
      ...['state', 'role', 'xlog', 'timeline', 'tags', 'replication', 'patroni', '__proto__'],
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (data) => {
        const status = parseNodeStatus(JSON.stringify(data));
        expect(typeof status?.state).toBe('string');
        expect(Array.isArray(status?.replication)).toBe(true);
      }),
    );
  });
});

describe('bodies of requests', () => {
  it('have the keys that Patroni reads, and no empty ones', () => {
    expect(takeoverBody({ leader: 'pg1', candidate: 'pg2' })).toEqual({
      leader: 'pg1',
      candidate: 'pg2',
    });
    expect(takeoverBody({ leader: 'pg1', scheduledAt: '2026-11-24T00:00:00+00:00' })).toEqual({
      leader: 'pg1',
      scheduled_at: '2026-11-24T00:00:00+00:00',
    });
    expect(restartBody({})).toEqual({});
    expect(restartBody({ pending: true, timeout: '30', postgresVersion: '15.4' })).toEqual({
      restart_pending: true,
      timeout: '30',
      postgres_version: '15.4',
    });
    expect(reinitializeBody({ force: true, fromLeader: false })).toEqual({
      force: true,
      from_leader: false,
    });
  });
});

describe('parseTakeoverReply', () => {
  it.each([
    [200, 'Successfully switched over to "pg2"', { kind: 'done', leader: 'pg2' }],
    [200, 'Successfully failed over to "a b"', { kind: 'done', leader: 'a b' }],
    [200, 'something new', { kind: 'done' }],
    [200, 'Switched over to "pg3" instead of "pg2"', { kind: 'other-leader', leader: 'pg3' }],
    [200, 'Failed over to "pg3" instead of "pg2"', { kind: 'other-leader', leader: 'pg3' }],
    [202, 'Switchover scheduled', { kind: 'scheduled' }],
    [503, 'Switchover status unknown', { kind: 'look' }],
    [503, 'Switchover status unknown after 20 seconds; …', { kind: 'look' }],
    [503, 'Failover failed', { kind: 'look' }],
    [503, 'failed to write failover key into DCS', { kind: 'look' }],
    [504, '<html>', { kind: 'look' }],
    [501, 'Server does not support this operation', { kind: 'not-supported' }],
    [401, 'no auth header received', { kind: 'denied' }],
    [403, 'Access is denied', { kind: 'denied' }],
    [412, 'candidate does not exists', { kind: 'refused' }],
    [400, '', { kind: 'refused' }],
  ])('%i %s', (status, body, expected) => {
    expect(parseTakeoverReply(status, body)).toEqual(expected);
  });
});
