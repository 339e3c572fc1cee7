import type { Documents } from '../test/harness/documents.ts';

const LSN = 67405792;

/** A healthy cluster as documents, with one leader and `members` − 1 replicas that stream from it. */
export function healthyCluster(members: number): Documents {
  const documents: Record<string, string> = {
    initialize: '7711208307656228743',
    leader: 'pg1',
    status: JSON.stringify({ optime: LSN, slots: { pg2: LSN, pg3: LSN } }),
    config: JSON.stringify({ ttl: 30, loop_wait: 10, retry_timeout: 10 }),
    history: JSON.stringify([
      [1, 25312, 'no recovery target specified', '2026-05-01T10:11:12+00:00', 'pg1'],
    ]),
  };
  for (let number = 1; number <= members; number++) {
    const replica = { replay_lsn: LSN, receive_lsn: LSN, replication_state: 'streaming' };
    documents[`members/pg${number}`] = JSON.stringify({
      conn_url: `postgres://10.0.${number >> 8}.${number & 255}:5432/postgres`,
      api_url: `http://10.0.${number >> 8}.${number & 255}:8008/patroni`,
      state: 'running',
      role: number === 1 ? 'primary' : 'replica',
      version: '4.1.5',
      xlog_location: LSN,
      ...(number === 1 ? {} : replica),
      timeline: 2,
    });
  }
  return documents;
}
