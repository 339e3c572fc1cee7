import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../../../src/config/agent/node.ts';
import { settingsOf } from './settings-of.ts';

describe('nodeOf', () => {
  it('is what others are told of this node', () => {
    expect(nodeOf(settingsOf({}))).toEqual({
      ...{ name: 'pg1', version: '4.1.5', tags: {}, fence: 'required', watchdog: 'automatic' },
      connUrl: 'postgres://10.0.0.1:5432/postgres',
      apiUrl: 'http://10.0.0.1:8008/patroni',
      bootstrap: { ttl: 30 },
      clonesWithoutLeader: false,
      usePgRewind: false,
      removeDataDirectoryOnRewindFailure: false,
      removeDataDirectoryOnDivergedTimelines: false,
    });
  });

  it('has brackets around IPv6, https with a certificate, a pooler, own synchronous names', () => {
    const settings = settingsOf({
      ...{ connect_address: '[fd00::1]:6432', proxy_address: '10.0.0.9:6432' },
      parameters: { Synchronous_Standby_Names: 'ANY 1 (a, b)' },
    });
    const restApi = { ...settings.restApi, certfile: '/c', connectAddress: '[fd00::1]:8008' };
    expect(nodeOf({ ...settings, restApi })).toMatchObject({
      connUrl: 'postgres://[fd00::1]:6432/postgres',
      apiUrl: 'https://[fd00::1]:8008/patroni',
      proxyUrl: 'postgres://10.0.0.9:6432/postgres',
      ownSyncNames: 'ANY 1 (a, b)',
    });
  });

  it('may make a replica without a leader by a method of the dynamic configuration', () => {
    const postgresql = { create_replica_methods: ['x'], x: { command: 'y', no_leader: true } };
    expect(nodeOf(settingsOf({}), { postgresql }).clonesWithoutLeader).toBe(true);
  });
});
