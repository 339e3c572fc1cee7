import { describe, expect, it } from 'vitest';
import type { PostgresConfig } from '../../../../src/model/postgres-config.ts';
import { recoverySettings, upstreamOf } from '../../../../src/postgres/conf/recovery-settings.ts';
import { sampleConfig } from '../sample-config.ts';

const source = { name: 'pg2', connUrl: 'postgres://10.0.0.2:5433/postgres', slot: 'pg1' };

const made = (changes: Partial<PostgresConfig>, from = source, major = 15) => {
  const config = sampleConfig(changes);
  return Object.fromEntries(recoverySettings(config, upstreamOf(config, from, major), major));
};

describe('upstreamOf', () => {
  it('is the source with our name, and without a password', () => {
    expect(upstreamOf(sampleConfig(), source, 15)).toEqual({
      name: 'pg2',
      slot: 'pg1',
      conninfo:
        'dbname=postgres user=replicator passfile=/home/postgres/pgpass host=10.0.0.2 port=5433' +
        ' application_name=pg1',
    });
  });

  it('takes the options of the replication user, and needs no password file without password', () => {
    const replication = { username: 'r', options: { sslmode: 'verify-full', sslcert: '/c' } };
    expect(upstreamOf(sampleConfig({ replication }), source, 12)?.conninfo).toBe(
      'dbname=postgres user=r host=10.0.0.2 port=5433 sslmode=verify-full sslcert=/c' +
        ' application_name=pg1',
    );
  });

  it('looks for the primary among several hosts where the slot is', () => {
    const several = { name: '', connUrl: 'postgres://a,b:5432/postgres' };
    const conninfo = (from: typeof several & { slot?: string }) =>
      upstreamOf(sampleConfig(), from, 15)?.conninfo;
    expect(conninfo({ ...several, slot: 's' })).toContain('target_session_attrs=read-write');
    expect(conninfo(several)).not.toContain('target_session_attrs');
  });

  it('is none for an address that makes no sense', () => {
    const from = { name: 'pg2', connUrl: "postgres://x' options='-c a=b:1/" };
    expect(upstreamOf(sampleConfig(), from, 15)).toBeUndefined();
  });
});

describe('recoverySettings', () => {
  it('follow the newest timeline and never stop at a target', () => {
    const recoveryConf = {
      recovery_target_time: '2020-01-01',
      recovery_target_timeline: 'current',
      primary_conninfo: 'host=evil',
      restore_command: 'cp /a/%f %p',
      standby_mode: 'off',
      unknown: 'x',
    };
    expect(made({ recoveryConf })).toMatchObject({
      recovery_target_time: '',
      recovery_target_timeline: 'latest',
      restore_command: 'cp /a/%f %p',
      primary_slot_name: 'pg1',
    });
    expect(made({ recoveryConf }).primary_conninfo).not.toContain('evil');
    expect(Object.keys(made({ recoveryConf }))).not.toContain('unknown');
    expect(Object.keys(made({ recoveryConf }))).not.toContain('standby_mode');
  });

  it('name nobody where nobody is followed, whatever an included file says', () => {
    expect(Object.fromEntries(recoverySettings(sampleConfig(), undefined, 15))).toMatchObject({
      primary_conninfo: '',
      primary_slot_name: '',
    });
  });

  it('are found among the other parameters too', () => {
    const parameters = { restore_command: 'b', work_mem: '1MB' };
    const settings = made({ parameters, recoveryConf: { restore_command: 'a' } });
    expect(settings.restore_command).toBe('b');
    expect(settings.work_mem).toBeUndefined();
  });

  it('know the trigger file by its name in this version', () => {
    const recoveryConf = { trigger_file: '/t' };
    expect(made({ recoveryConf }, source, 15).promote_trigger_file).toBe('/t');
    expect(made({ recoveryConf }, source, 16).promote_trigger_file).toBeUndefined();
  });

  it('have the standby cluster’s commands, and its delay only where it is led', () => {
    const standbyCluster = {
      restoreCommand: 'fetch',
      archiveCleanupCommand: undefined,
      recoveryMinApplyDelay: '5min',
    };
    const changes = { standbyCluster, recoveryConf: { restore_command: 'other' } };
    expect(made(changes).restore_command).toBe('fetch');
    expect(made(changes).recovery_min_apply_delay).toBeUndefined();
    expect(made(changes, { ...source, name: '' }).recovery_min_apply_delay).toBe('5min');
  });

  it('leave out what would break the file', () => {
    expect(made({ recoveryConf: { restore_command: 'a\nb' } }).restore_command).toBeUndefined();
  });
});
