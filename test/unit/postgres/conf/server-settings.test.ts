import { describe, expect, it } from 'vitest';
import type { PostgresConfig } from '../../../../src/model/postgres-config.ts';
import {
  configuredSyncNames,
  serverSettings,
} from '../../../../src/postgres/conf/server-settings.ts';
import { sampleConfig } from '../sample-config.ts';

const made = (changes: Partial<PostgresConfig>, syncNames?: string) =>
  serverSettings(sampleConfig(changes), { major: 15, syncNames });

describe('serverSettings', () => {
  it('are the configured and the forced ones, sorted', () => {
    const { settings } = made({ parameters: { work_mem: '8MB', archive_mode: true } });
    const names = [...settings.keys()];
    expect(names).toEqual([...names].sort());
    expect(settings.get('work_mem')).toBe('8MB');
    expect(settings.get('archive_mode')).toBe('on');
    expect(settings.get('max_connections')).toBe('100');
  });

  it('are there once, whatever their case', () => {
    const { settings } = made({ parameters: { TimeZone: 'UTC', timezone: 'Europe/Vienna' } });
    expect(settings.get('timezone')).toBe('Europe/Vienna');
    expect(settings.has('TimeZone')).toBe(false);
  });

  it('leave out what would break the file, with a warning', () => {
    const parameters = { 'a\nb': '1', include: '/etc/passwd', work_mem: '1MB\n', ok: '1' };
    const { settings, warnings } = made({ parameters });
    expect(settings.has('ok')).toBe(true);
    expect(settings.has('include')).toBe(false);
    expect(settings.has('work_mem')).toBe(false);
    expect(warnings).toHaveLength(3);
  });

  it('leave recovery to others', () => {
    const parameters = { restore_command: 'cp', primary_conninfo: 'host=evil' };
    const { settings, warnings } = made({ parameters });
    expect([...settings.keys()].filter((name) => name in parameters)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('have the synchronous standbys that were set, not those that are configured', () => {
    const parameters = { synchronous_standby_names: '*' };
    expect(made({ parameters }).settings.has('synchronous_standby_names')).toBe(false);
    expect(made({ parameters }, '1 ("pg2")').settings.get('synchronous_standby_names')).toBe(
      '1 ("pg2")',
    );
    expect(configuredSyncNames(sampleConfig({ parameters }))).toBe('*');
  });

  it('resolve files against the directory of the configuration', () => {
    const parameters = { hba_file: 'my_hba.conf', ident_file: '/etc/ident.conf' };
    const { settings } = made({ configDir: '/etc/pg', parameters });
    expect(settings.get('hba_file')).toBe('/etc/pg/my_hba.conf');
    expect(settings.get('ident_file')).toBe('/etc/ident.conf');
  });
});
