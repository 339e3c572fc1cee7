import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../src/postgres/connect.ts';
import { lookOf, lookQuery } from '../../../../src/postgres/observe/queries.ts';
import { type RunningView, runningView } from '../../../../src/postgres/observe/running.ts';

const PRIMARY: Row = {
  ...{ standby: false, server_version: 150_020, data_directory: '/data', system_id: '7' },
  ...{ started: '2026-11-26 22:27:01.328355', wal_file: '0000001A0000000000000003' },
  ...{ flushed: 500, received: null, replayed: 400, replay_paused: false },
  ...{ written: null, replayed_at: '2026-11-26 22:27:00.000001', latest_end: null },
  ...{ receiver_status: null, received_timeline: null, checkpoint_timeline: 26, checkpoint: 300 },
  ...{ recovery_timeline: 0, sync_names: '', conninfo: 'host=x', slot_name: 'y' },
  restore_command: '',
};

const STANDBY: Row = {
  ...PRIMARY,
  ...{ standby: true, wal_file: null, flushed: null, received: 600, replayed: 550 },
  ...{ written: 620, latest_end: 640 },
  ...{ receiver_status: 'streaming', received_timeline: 27, recovery_timeline: 25 },
};

const view = (state: Row, standbys?: Row[], slots?: Row[]): RunningView => {
  // PostgreSQL makes no list of no rows.
  const look = JSON.stringify({ state, standbys: standbys ?? null, slots: slots ?? null });
  return runningView(lookOf([[{ look }]]));
};

describe('the answer of a server', () => {
  it('that is a primary', () => {
    expect(view(PRIMARY)).toEqual({
      ...{ systemId: '7', role: 'primary', controlState: 'in production', lsn: 500 },
      ...{ receivedLsn: undefined, replayedLsn: undefined, replayPaused: false },
      ...{ replicationState: undefined, followsSlot: '', checkpointLsn: 300, conninfo: '' },
      ...{ postmasterStart: '2026-11-26 22:27:01.328355+00:00', serverVersion: 150_020 },
      ...{ standbys: [], syncNames: '', slots: [], dataDirectory: '/data' },
      ...{ timeline: 26, leastTimeline: 26, checkpointTimeline: 26 },
    });
  });

  it('that is a standby', () => {
    expect(view(STANDBY)).toMatchObject({
      ...{ role: 'standby', controlState: 'in archive recovery', lsn: 620, timeline: 27 },
      ...{ replayedAt: '2026-11-26 22:27:00.000001+00:00', latestEndLsn: 640 },
      ...{ receivedLsn: 620, replayedLsn: 550, replicationState: 'streaming' },
      ...{ followsSlot: 'y', conninfo: 'host=x' },
    });
  });

  it.each<[Row, Partial<RunningView>]>([
    [{ receiver_status: null, restore_command: '' }, { replicationState: undefined }],
    [
      { receiver_status: 'waiting', restore_command: 'x' },
      { replicationState: 'in archive recovery' },
    ],
    [
      { received: null, written: null },
      { receivedLsn: undefined, lsn: 550 },
    ],
    [
      { received: 0, written: 0 },
      { receivedLsn: undefined, lsn: 550 },
    ],
    // After a restart it streams its last file again.
    [
      { received: 512, written: 500 },
      { receivedLsn: 512, lsn: 550 },
    ],
    [{ replayed_at: null, latest_end: null }, { replayedLsn: 550 }],
    [{ received_timeline: null }, { timeline: undefined, leastTimeline: 26 }],
    [{ received_timeline: null, recovery_timeline: 27 }, { leastTimeline: 27 }],
    [{ replay_paused: true }, { replayPaused: true }],
  ])('that is a standby with %j', (change, expected) => {
    expect(view({ ...STANDBY, ...change })).toMatchObject(expected);
  });

  it('names its standbys and slots', () => {
    const standbys = [
      {
        ...{ name: 'a', state: 'streaming', sync_state: 'quorum', flushed: 1, replayed: 2 },
        ...{ user: 'replicator', client_addr: '10.0.0.2', sync_priority: 1 },
      },
      {
        ...{ name: null, state: 'startup', sync_state: null, flushed: null, replayed: null },
        ...{ user: 'me', client_addr: null, sync_priority: null },
      },
    ];
    const slots = [
      {
        ...{ name: 'l', type: 'logical', active: true, database: 'd', plugin: 'p' },
        ...{ restart: 1, confirmed: 2, holds_xmin: false },
      },
      {
        ...{ name: 'p', type: 'physical', active: null, database: null, plugin: null },
        ...{ restart: null, confirmed: null, holds_xmin: true },
      },
    ];
    expect(view(PRIMARY, standbys, slots)).toMatchObject({
      standbys: [
        {
          ...{ name: 'a', state: 'streaming', syncState: 'quorum', flushLsn: 1, replayLsn: 2 },
          ...{ user: 'replicator', clientAddress: '10.0.0.2', syncPriority: 1 },
        },
        {
          ...{ name: '', state: 'startup', syncState: 'async', flushLsn: 0, replayLsn: 0 },
          ...{ user: 'me', clientAddress: null, syncPriority: 0 },
        },
      ],
      slots: [
        {
          ...{ name: 'l', type: 'logical', active: true, database: 'd', plugin: 'p' },
          ...{ restartLsn: 1, confirmedFlushLsn: 2, holdsXmin: false },
        },
        {
          ...{ name: 'p', type: 'physical', active: false, database: undefined },
          ...{ plugin: undefined, restartLsn: undefined, holdsXmin: true },
        },
      ],
    });
  });
});

describe('the question', () => {
  it('fits the version', () => {
    expect(lookQuery(120_000)).not.toMatch(/wal_status|written_lsn/);
    expect(lookQuery(130_000)).toMatch(/written_lsn[\s\S]*wal_status/);
    expect(lookQuery(160_000)).not.toContain('failover');
    expect(lookQuery(170_000)).toContain('NOT failover');
  });

  it('names every function where it is', () => {
    const calls = lookQuery(180_000).match(/[\w.]+\(/g) ?? [];
    expect(calls.filter((call) => !/^(?:pg_catalog\.\w+)?\($/.test(call))).toEqual([]);
  });
});
