import { describe, expect, it } from 'vitest';
import { pendingChanges } from '../../../../src/postgres/conf/pending-restart.ts';

describe('pendingChanges', () => {
  it('tells values as people write them', () => {
    const rows = [
      { name: 'max_connections', setting: '100', wanted: '0x80', unit: null, vartype: 'integer' },
      {
        name: 'shared_buffers',
        setting: '16384',
        wanted: '65536kB',
        unit: '8kB',
        vartype: 'integer',
      },
      { name: 'wal_log_hints', setting: 'off', wanted: 'true', unit: null, vartype: 'bool' },
      { name: 'shared_preload_libraries', setting: '', wanted: 'x', unit: null, vartype: 'string' },
      { name: 'huge_page_size', setting: '0', wanted: null, unit: 'kB', vartype: 'integer' },
    ];
    expect(pendingChanges(rows)).toEqual({
      max_connections: { oldValue: '100', newValue: '128' },
      shared_buffers: { oldValue: '128MB', newValue: '64MB' },
      wal_log_hints: { oldValue: 'off', newValue: 'on' },
      shared_preload_libraries: { oldValue: '', newValue: 'x' },
      huge_page_size: { oldValue: '0', newValue: '' },
    });
  });

  it('leaves out recovery, and what is the same', () => {
    const rows = [
      { name: 'primary_conninfo', setting: 'a', wanted: 'b', unit: null, vartype: 'string' },
      { name: 'hot_standby', setting: 'on', wanted: 'off', unit: null, vartype: 'bool' },
      {
        name: 'shared_buffers',
        setting: '16384',
        wanted: '128MB',
        unit: '8kB',
        vartype: 'integer',
      },
    ];
    expect(pendingChanges(rows)).toEqual({});
  });
});
