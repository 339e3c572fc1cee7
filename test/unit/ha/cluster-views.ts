import type { ClusterView } from '../../../src/model/cluster.ts';
import type { Member } from '../../../src/model/member.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../src/model/settings.ts';

/** A standby that streams and has all WAL; what a test is about goes into `changes`. */
export function member(name: string, changes: Partial<Member> = {}): Member {
  return {
    name,
    host: '10.0.0.1',
    port: 5432,
    connUrl: 'postgres://10.0.0.1:5432/postgres',
    apiUrl: `http://${name}:8008/patroni`,
    state: 'running',
    role: 'replica',
    version: '4.1.5',
    timeline: 1,
    xlogLocation: 1000,
    receiveLsn: 1000,
    replayLsn: 1000,
    replicationState: 'streaming',
    pendingRestart: false,
    pendingRestartReason: {},
    tags: {},
    pause: false,
    documentVersion: '1',
    ...changes,
  };
}

/** A healthy cluster: `pg1` leads, `pg2` and `pg3` follow. */
export function cluster(
  changes: Partial<ClusterView> = {},
  settings: Partial<Settings> = {},
): ClusterView {
  const { replicationState: _, receiveLsn: __, replayLsn: ___, ...leader } = member('pg1');
  return {
    scope: 'demo',
    initialize: '7000000000000000000',
    config: { data: {}, version: '1', settings: { ...DEFAULT_SETTINGS, ...settings } },
    leader: 'pg1',
    status: { lastLsn: 1000, slots: {}, retainSlots: [] },
    members: [{ ...leader, role: 'primary' }, member('pg2'), member('pg3')],
    workers: new Map(),
    warnings: [],
    ...changes,
  };
}
