import { describe, expect, it } from 'vitest';
import { formatCluster } from '../../../../src/wire/rest/cluster.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { documentsOf } from '../../rest/server/fake-backend.ts';

const bodyOf = (change: Readonly<Record<string, string | undefined>> = {}) =>
  formatCluster(parseSnapshot('demo', documentsOf(change)));

describe('formatCluster', () => {
  // The words, the order and the blanks of Patroni 4.1.5 (`cluster_as_json`, then `json.dumps`).
  it('has leader and replicas, with lags in bytes or unknown', () => {
    expect(bodyOf()).toBe(
      '{"members": [' +
        '{"name": "pg1", "role": "leader", "state": "running", "api_url": "http://pg1:8008/patroni", "host": "pg1", "port": 5432, "timeline": 1}, ' +
        '{"name": "pg2", "role": "replica", "state": "running", "api_url": "http://pg2:8008/patroni", "host": "pg2", "port": 5432, "timeline": 1, "receive_lag": 100, "receive_lsn": "0/384", "replay_lsn": "unknown", "replay_lag": "unknown", "lag": 100, "lsn": "0/384"}, ' +
        '{"name": "pg3", "role": "replica", "state": "running", "api_url": "http://pg3:8008/patroni", "host": "pg3", "port": 5432, "timeline": 1, "receive_lsn": "unknown", "receive_lag": "unknown", "replay_lsn": "unknown", "replay_lag": "unknown", "lag": 0, "lsn": "0/3E8"}], ' +
        '"scope": "demo"}',
    );
  });

  it('shows what a member waits for, and its tags', () => {
    const member = JSON.stringify({
      state: 'running',
      replication_state: 'streaming',
      pending_restart: true,
      pending_restart_reason: { max_connections: { old_value: '50', new_value: '60' } },
      scheduled_restart: {
        schedule: '2026-11-24T00:00:00+00:00',
        postmaster_start_time: '2026-11-23 03:46:34.479631+00:00',
      },
      tags: { clonefrom: true },
    });
    const documents = { 'members/pg1': undefined, 'members/pg3': undefined, 'members/pg2': member };
    expect(bodyOf({ ...documents, status: undefined })).toBe(
      '{"members": [{"name": "pg2", "role": "replica", "state": "streaming", "api_url": null, ' +
        '"pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "50", "new_value": "60"}}, ' +
        '"scheduled_restart": {"schedule": "2026-11-24T00:00:00+00:00", "postmaster_start_time": "2026-11-23 03:46:34.479631+00:00"}, ' +
        '"tags": {"clonefrom": true}, "receive_lsn": "unknown", "receive_lag": "unknown", ' +
        '"replay_lsn": "unknown", "replay_lag": "unknown", "lsn": "unknown", "lag": "unknown"}], "scope": "demo"}',
    );
  });

  it('sorts by name, whatever the order of the store is', () => {
    const view = parseSnapshot('demo', documentsOf().reverse());
    const names = JSON.parse(formatCluster(view)).members.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['pg1', 'pg2', 'pg3']);
  });

  it('says pause and a switchover that is scheduled, before the scope', () => {
    const body = bodyOf({
      config: '{"pause":true}',
      failover: '{"leader":"pg1","member":"pg2","scheduled_at":"2026-11-24T00:00:00+00:00"}',
    });
    expect(body).toMatch(
      /\], "pause": true, "scheduled_switchover": \{"at": "2026-11-24T00:00:00\+00:00", "from": "pg1", "to": "pg2"\}, "scope": "demo"\}$/,
    );
    expect(bodyOf({ failover: '{"leader":"pg1","member":"pg2"}' })).not.toContain('switchover');
  });

  it.each([
    ['{"synchronous_mode":true}', 'sync_standby'],
    ['{"synchronous_mode":"quorum"}', 'quorum_standby'],
    ['{}', 'replica'],
  ])('with %s the standby of /sync is %s', (config, role) => {
    const body = JSON.parse(bodyOf({ config, sync: '{"leader":"pg1","sync_standby":"pg2"}' }));
    expect(body.members[1].role).toBe(role);
    expect(body.members[2].role).toBe('replica');
  });

  it('of a standby cluster shows how its leader replicates', () => {
    const pg1 = '{"state":"running","replication_state":"streaming"}';
    const config = '{"standby_cluster":{"host":"x"}}';
    const [leader] = JSON.parse(bodyOf({ config, 'members/pg1': pg1 })).members;
    expect(leader).toMatchObject({ role: 'standby_leader', state: 'streaming' });
  });
});
