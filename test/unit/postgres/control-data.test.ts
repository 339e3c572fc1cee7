import { describe, expect, it } from 'vitest';
import { parseControlData } from '../../../src/postgres/control-data.ts';

/** As PostgreSQL 15 prints it, without the lines that nobody asks for. */
const TEXT = `
pg_control version number:            1300
Catalog version number:               202209061
Database system identifier:           7712610299822028840
Database cluster state:               shut down in recovery
pg_control last modified:             Thu 26 Nov 2026 10:27:00 PM UTC
Latest checkpoint location:           1/2000060
Latest checkpoint's REDO location:    1/2000028
Latest checkpoint's REDO WAL file:    000000030000000100000002
Latest checkpoint's TimeLineID:       3
Latest checkpoint's PrevTimeLineID:   3
Latest checkpoint's NextXID:          0:732
Minimum recovery ending location:     1/2010000
Min recovery ending loc's timeline:   4
Backup start location:                0/0
wal_level setting:                    replica
wal_log_hints setting:                on
max_connections setting:              100
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           2
max_locks_per_xact setting:           64
track_commit_timestamp setting:       on
WAL block size:                       8192
Bytes per WAL segment:                16777216
Data page checksum version:           1
Mock authentication nonce:            00ff
`;

const without = (label: string): string =>
  TEXT.split('\n')
    .filter((line) => !line.startsWith(label))
    .join('\n');

describe('what pg_controldata prints', () => {
  it('is understood', () => {
    expect(parseControlData(TEXT)).toEqual({
      systemId: '7712610299822028840',
      state: 'shut down in recovery',
      checkpointLsn: 2 ** 32 + 0x2000060,
      checkpointTimeline: 3,
      minRecoveryLsn: 2 ** 32 + 0x2010000,
      minRecoveryTimeline: 4,
      walLevel: 'replica',
      walLogHints: true,
      checksums: true,
      walPage: 8192,
      walSegment: 16_777_216,
      settings: {
        max_connections: 100,
        max_worker_processes: 8,
        max_wal_senders: 10,
        max_prepared_transactions: 2,
        max_locks_per_transaction: 64,
        track_commit_timestamp: true,
      },
    });
  });

  it('is not believed without an identity or a state', () => {
    expect(parseControlData(without('Database system'))).toBeUndefined();
    expect(parseControlData(without('Database cluster'))).toBeUndefined();
    expect(parseControlData('')).toBeUndefined();
  });

  it('may lack what later versions have', () => {
    const text = without('Data page checksum').replace('wal_log_hints setting:  ', 'x:');
    expect(parseControlData(text)).toMatchObject({ checksums: false, walLogHints: false });
  });
});
