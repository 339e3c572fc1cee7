import { describe, expect, it } from 'vitest';
import {
  commandLine,
  forcedSettings,
  raiseForStandby,
} from '../../../../src/postgres/conf/forced.ts';
import { sampleConfig } from '../sample-config.ts';

const forced = (clusterParameters: Record<string, string | number | boolean>, major = 15) => {
  const { settings, warnings } = forcedSettings(sampleConfig({ clusterParameters }), major);
  return { settings: Object.fromEntries(settings), warnings };
};

describe('forcedSettings', () => {
  it('are Patroni’s defaults', () => {
    expect(forced({})).toEqual({
      settings: {
        listen_addresses: '127.0.0.1',
        port: '5432',
        cluster_name: 'demo',
        hot_standby: 'on',
        wal_level: 'replica',
        max_connections: '100',
        max_wal_senders: '10',
        max_prepared_transactions: '0',
        max_locks_per_transaction: '64',
        max_replication_slots: '10',
        max_worker_processes: '8',
        track_commit_timestamp: 'off',
        wal_log_hints: 'on',
        wal_keep_size: '128MB',
      },
      warnings: [],
    });
  });

  it('take what is configured', () => {
    const given = { MAX_CONNECTIONS: '0x100', wal_level: 'logical', track_commit_timestamp: true };
    expect(forced(given).settings).toMatchObject({
      max_connections: '256',
      wal_level: 'logical',
      track_commit_timestamp: 'on',
    });
    expect(forced({ wal_level: 'hot_standby' }).settings.wal_level).toBe('replica');
  });

  it.each([
    ['max_connections', 24, '100'],
    ['max_wal_senders', 'many', '10'],
    ['max_worker_processes', 1, '8'],
    ['wal_level', 'minimal', 'replica'],
    ['wal_log_hints', 'perhaps', 'on'],
  ])('do not take %s = %s', (name, value, instead) => {
    const { settings, warnings } = forced({ [name]: value });
    expect(settings[name]).toBe(instead);
    expect(warnings).toEqual([`${name}: ${value} cannot be used, it is ${instead} instead`]);
  });

  it('cannot be pointed elsewhere', () => {
    const given = { port: 1, cluster_name: 'x', listen_addresses: '*', hot_standby: 'off' };
    expect(forced(given).settings).toMatchObject({
      port: '5432',
      cluster_name: 'demo',
      listen_addresses: '127.0.0.1',
      hot_standby: 'on',
    });
  });

  it.each([
    [15, { wal_keep_segments: 10 }, { wal_keep_size: '160MB' }],
    [15, { wal_keep_size: '1GB', wal_keep_segments: 10 }, { wal_keep_size: '1024MB' }],
    [12, { wal_keep_size: '160MB' }, { wal_keep_segments: '10' }],
    [12, {}, { wal_keep_segments: '8' }],
    [15, { wal_keep_size: 8 }, { wal_keep_size: '128MB' }],
  ])('version %i keeps %j', (major, given, expected) => {
    expect(forced(given as Record<string, string>, major).settings).toMatchObject(expected);
  });
});

describe('commandLine', () => {
  it('has all but what changes without a restart', () => {
    const { settings } = forcedSettings(sampleConfig(), 15);
    const options = commandLine(new Map([...settings, ['synchronous_standby_names', 'pg2']]));
    expect(options).toContain('--max_connections=100');
    expect(options).toContain('--cluster_name=demo');
    expect(options).toHaveLength(13);
    expect(options.join()).not.toMatch(/wal_keep|synchronous/);
  });
});

describe('raiseForStandby', () => {
  it('raises what was more on the primary, and nothing else', () => {
    const { settings } = forcedSettings(sampleConfig(), 15);
    const raised = raiseForStandby(settings, {
      max_connections: 200,
      max_worker_processes: 8,
      max_wal_senders: 3,
      max_prepared_transactions: 5,
      max_locks_per_transaction: 64,
      track_commit_timestamp: true,
    });
    const changed = [...raised].filter(([name, value]) => settings.get(name) !== value);
    expect(changed).toEqual([
      ['max_connections', '200'],
      ['max_prepared_transactions', '5'],
    ]);
  });
});
