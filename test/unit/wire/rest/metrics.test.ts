import { describe, expect, it } from 'vitest';
import { formatMetrics, type MetricsSource } from '../../../../src/wire/rest/metrics.ts';
import { primaryStatus, statusOf } from '../../rest/server/fake-backend.ts';

function valuesOf(change: Partial<MetricsSource> = {}): Record<string, string> {
  const text = formatMetrics({
    status: statusOf(),
    scope: 'demo',
    name: 'pg2',
    version: '4.1.5',
    failsafeMode: true,
    failsafeMember: true,
    ...change,
  });
  const lines = text.split('\n').filter((line) => line.startsWith('patroni_'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^patroni_(\w+)\{.*\} (.*)$/.exec(line) ?? [];
      return [name, value];
    }),
  );
}

describe('formatMetrics', () => {
  it('has 26 metrics, each with help and type', () => {
    const text = formatMetrics({
      status: statusOf(),
      scope: 'demo',
      name: 'pg2',
      version: '4.1.5',
      failsafeMode: false,
      failsafeMember: false,
    });
    for (const kind of ['# HELP', '# TYPE', 'patroni_']) {
      expect(text.split('\n').filter((line) => line.startsWith(kind))).toHaveLength(26);
    }
    expect(text.endsWith('} 1\n')).toBe(true);
    expect(text).toContain(
      '# HELP patroni_xlog_paused Value is 1 if the Postgres xlog is paused, 0 otherwise.\n' +
        '# TYPE patroni_xlog_paused gauge\npatroni_xlog_paused{scope="demo",name="pg2"} 0\n',
    );
    expect(text).toContain('# TYPE patroni_xlog_received_location counter\n');
    expect(text).toMatch(/# Values: 0=initdb, 1=initdb_failed, .*, 14=crashed\n# TYPE/);
  });

  it('says what a replica is', () => {
    expect(valuesOf()).toEqual({
      version: '040105',
      postgres_running: '1',
      postmaster_start_time: '1795405594.479631',
      primary: '0',
      xlog_location: '0',
      standby_leader: '0',
      replica: '1',
      sync_standby: '0',
      quorum_standby: '0',
      xlog_received_location: '1000',
      xlog_replayed_location: '900',
      xlog_replayed_timestamp: '1795405684.634169',
      xlog_paused: '0',
      postgres_streaming: '1',
      postgres_in_archive_recovery: '0',
      postgres_server_version: '150020',
      cluster_unlocked: '0',
      failsafe_mode_is_active: '0',
      failsafe_mode_enabled: '1',
      failsafe_member: '1',
      postgres_timeline: '1',
      dcs_last_seen: '1795406713',
      pending_restart: '0',
      is_paused: '0',
      postgres_state: '5',
      failover_priority: '1',
    });
  });

  it('says what a primary is', () => {
    const status = primaryStatus({
      syncStandby: false,
      pause: true,
      pendingRestart: true,
      tags: { nofailover: true },
      postmasterStartTime: '2026-11-23 03:46:34+00',
    });
    expect(valuesOf({ status })).toMatchObject({
      primary: '1',
      replica: '0',
      xlog_location: '1000',
      xlog_received_location: '0',
      xlog_replayed_timestamp: '0',
      is_paused: '1',
      pending_restart: '1',
      failover_priority: '0',
      // As Python prints a float.
      postmaster_start_time: '1795405594.0',
    });
  });

  it('without PostgreSQL has the number of its state, and leaves out what only it knows', () => {
    const { serverVersion, postmasterStartTime, timeline, ...down } = statusOf();
    const values = valuesOf({
      status: { ...down, state: 'creating replica', role: 'uninitialized' },
    });
    expect(values).toMatchObject({
      postgres_state: '4',
      postgres_running: '0',
      postmaster_start_time: '0',
      postgres_server_version: '0',
      postgres_timeline: '0',
    });
    expect(values).not.toHaveProperty('postgres_streaming');
    expect(valuesOf({ status: statusOf({ state: 'unknown' }) }).postgres_state).toBe('-1');
  });

  it('lets no name break a label', () => {
    const text = formatMetrics({
      ...{ status: statusOf(), scope: 'a"b', name: 'c\\d\ne', version: '4.1.5' },
      ...{ failsafeMode: false, failsafeMember: false },
    });
    expect(text).toContain('patroni_primary{scope="a\\"b",name="c\\\\d\\ne"} 0\n');
  });
});
