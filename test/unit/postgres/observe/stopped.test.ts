import { describe, expect, it } from 'vitest';
import type { ControlData } from '../../../../src/postgres/control-data.ts';
import { filesView, roleOf } from '../../../../src/postgres/observe/stopped.ts';

const DATA: ControlData = {
  ...{ systemId: '7', state: 'shut down', checkpointLsn: 1000, checkpointTimeline: 2 },
  ...{ minRecoveryLsn: 0, minRecoveryTimeline: 0, walLevel: 'replica', walLogHints: true },
  ...{ checksums: false, walPage: 8192, walSegment: 16_777_216 },
  settings: {
    ...{ max_connections: 100, max_worker_processes: 8, max_wal_senders: 10 },
    ...{ max_prepared_transactions: 0, max_locks_per_transaction: 64 },
    track_commit_timestamp: false,
  },
};

describe('a control file', () => {
  it('of a clean primary says where its WAL ends, with the help of the WAL', () => {
    expect(filesView(DATA, { end: 1120, data: 900 })).toEqual({
      ...{ systemId: '7', role: 'primary', controlState: 'shut down', timeline: 2 },
      ...{ lsn: 1120, checkpointLsn: 900, checkpointedSincePromote: true },
    });
    expect(filesView(DATA, undefined)).toMatchObject({ lsn: 1000, checkpointLsn: 1000 });
  });

  it('of a standby says how far it has replayed', () => {
    const data = { ...DATA, minRecoveryLsn: 2000, minRecoveryTimeline: 3 };
    for (const state of ['shut down in recovery', 'in archive recovery']) {
      expect(filesView({ ...data, state }, undefined)).toMatchObject({
        ...{ role: 'standby', timeline: 3, lsn: 2000, checkpointLsn: 1000 },
        checkpointedSincePromote: false,
      });
    }
  });

  it('of a primary that crashed before its first checkpoint has the new timeline all the same', () => {
    const data = { ...DATA, state: 'in production', minRecoveryLsn: 1500, minRecoveryTimeline: 3 };
    expect(filesView(data, undefined)).toMatchObject({
      ...{ role: 'primary', timeline: 3, lsn: 1500, checkpointedSincePromote: false },
    });
  });

  it('of a primary that crashed says at least where its last checkpoint is', () => {
    const data = { ...DATA, state: 'in production' };
    expect(filesView(data, undefined)).toMatchObject({ timeline: 2, lsn: 1000 });
  });
});

it.each([
  ['in production', true, 'primary'],
  ['shutting down', true, 'primary'],
  ['in archive recovery', false, 'standby'],
  ['shut down', true, 'standby'],
  ['shut down', false, 'primary'],
  ['in crash recovery', true, 'standby'],
  ['in crash recovery', false, 'primary'],
])('a server that runs, with %j and a signal file: %s, is a %s', (state, signal, role) => {
  const files = { controlState: state, hasSignalFile: signal };
  expect(roleOf('running', files)).toBe(role);
  expect(roleOf('starting', files)).toBe(signal ? 'standby' : 'primary');
});
