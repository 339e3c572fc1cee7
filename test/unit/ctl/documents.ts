/** Documents of a healthy cluster as Patroni 4.1 writes them: `pg1` leads, `pg2` and `pg3` follow. */
export function demoDocuments(changes: Record<string, string | undefined> = {}) {
  const documents: Record<string, string | undefined> = {
    config: '{"ttl":30,"loop_wait":10,"retry_timeout":10}',
    history: '[[1,83886240,"no recovery target specified","2026-01-01T10:00:00.5+02:00","pg1"]]',
    initialize: '7000000000000000000',
    leader: 'pg1',
    'members/pg1': memberDocument('pg1', { role: 'primary', timeline: 2 }),
    'members/pg2': memberDocument('pg2', STANDBY),
    'members/pg3': memberDocument('pg3', STANDBY),
    status: '{"optime":83886592,"retain_slots":["pg1","pg2","pg3"]}',
    ...changes,
  };
  const there = Object.entries(documents).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(there);
}

const STANDBY = {
  role: 'replica',
  replication_state: 'streaming',
  timeline: 2,
  receive_lsn: 83886592,
  replay_lsn: 83886592,
};

/** A member's document; `data` replaces or adds keys. */
export function memberDocument(name: string, data: Record<string, unknown> = {}): string {
  const host = `10.0.0.${name.slice(-1)}`;
  return JSON.stringify({
    version: '4.1.5',
    conn_url: `postgres://${host}:5432/postgres`,
    api_url: `http://${host}:8008/patroni`,
    state: 'running',
    xlog_location: 83886592,
    ...data,
  });
}
