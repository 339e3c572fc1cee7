import { describe, expect, it } from 'vitest';
import type { AgentState } from '../../../../../src/agent/state.ts';
import { DEFAULT_SETTINGS } from '../../../../../src/model/settings.ts';
import {
  healthCode,
  livenessCode,
  readinessCode,
} from '../../../../../src/rest/server/handlers/health.ts';
import { parseSnapshot } from '../../../../../src/wire/snapshot.ts';
import { documentsOf, FakeBackend, primaryStatus, statusOf } from '../fake-backend.ts';

const NOW = 1_000_000;
const SETTINGS = DEFAULT_SETTINGS;

function stateOf(change: Partial<AgentState> = {}): AgentState {
  return new FakeBackend(change).current;
}

const codeOf = (url: string, state: AgentState, now = NOW): number => {
  const [path = '', query] = url.split('?');
  const parsed = query === undefined ? undefined : new URLSearchParams(query);
  return healthCode(path, parsed, { state, now, begun: NOW });
};

const LEASE = NOW + 1000;
const leader = stateOf({ status: primaryStatus(), leaseUntil: LEASE });
const replica = stateOf();
const sync = stateOf({ status: statusOf({ syncStandby: true }) });
const quorum = stateOf({ status: statusOf({ quorumStandby: true }) });
const standbySettings = { ...SETTINGS, standbyCluster: true };
const standbyLeader = stateOf({
  status: statusOf({ role: 'standby_leader' }),
  settings: standbySettings,
  leaseUntil: LEASE,
});
const stopped = stateOf({ status: statusOf({ state: 'stopped' }) });
const DOWN = { view: undefined };
const pausedPrimary = stateOf({ ...DOWN, status: primaryStatus({ pause: true }) });
const pausedStandbyLeader = stateOf({
  ...DOWN,
  status: statusOf({ role: 'standby_leader', pause: true }),
  settings: standbySettings,
});

const STATES = { leader, replica, sync, quorum, standbyLeader, stopped };

// One letter for each of STATES: + is 200, - is 503.
const CODES: readonly (readonly [path: string, codes: string])[] = [
  ['/', '+-----'],
  ['/primary', '+-----'],
  ['/master', '+-----'],
  ['/read-write', '+-----'],
  ['/leader', '+---+-'],
  ['/standby-leader', '----+-'],
  ['/standby_leader', '----+-'],
  ['/replica', '-+++--'],
  ['/read-only', '+++++-'],
  ['/health', '+++++-'],
  ['/sync', '--+---'],
  ['/synchronous', '--+---'],
  ['/quorum', '---+--'],
  ['/async', '-+----'],
  ['/asynchronous', '-+----'],
  ['/read-only-sync', '+-+-+-'],
  ['/read-only-synchronous', '+-+-+-'],
  ['/read-only-quorum', '+--++-'],
  // The word counts wherever it stands, and the first in Patroni's order.
  ['/foo-replica', '-+++--'],
  ['/replica/foo', '-+++--'],
  ['/primary-replica', '+-----'],
  ['/replica-leader', '+---+-'],
  ['/read-only-replica', '-+++--'],
  ['/read-only-health', '+++++-'],
  ['/healthy', '+++++-'],
  // Others only as they are.
  ['/sync/', '------'],
  ['/synchro', '------'],
  ['/foo', '------'],
  ['', '------'],
  ['*', '------'],
];

describe('healthCode', () => {
  it.each(CODES)('%s', (path, codes) => {
    const found = Object.values(STATES).map((state) => (codeOf(path, state) === 200 ? '+' : '-'));
    expect(found.join('')).toBe(codes);
  });

  it('says that it leads only while the lease lasts', () => {
    for (const path of ['/', '/primary', '/leader', '/read-write']) {
      expect(codeOf(path, leader, LEASE - 1)).toBe(200);
      expect(codeOf(path, leader, LEASE)).toBe(503);
    }
    expect(codeOf('/read-only', leader, LEASE)).toBe(503);
    expect(codeOf('/standby-leader', standbyLeader, LEASE)).toBe(503);
  });

  it('looks at the lease, not at what the store says', () => {
    const primary = stateOf({ status: primaryStatus() });
    expect(codeOf('/primary', primary)).toBe(503);
    expect(codeOf('/health', primary)).toBe(200);
    expect(codeOf('/primary', { ...primary, leaseUntil: LEASE })).toBe(200);
  });

  it('sends nobody who writes to a leader that is still being promoted', () => {
    const promoting = stateOf({ leaseUntil: LEASE });
    expect(codeOf('/leader', promoting)).toBe(200);
    expect(codeOf('/primary', promoting)).toBe(503);
    expect(codeOf('/read-write', promoting)).toBe(503);
  });

  it('in pause goes by the role when the store cannot be reached', () => {
    for (const path of ['/primary', '/leader', '/read-only']) {
      expect(codeOf(path, pausedPrimary)).toBe(200);
    }
    expect(codeOf('/standby-leader', pausedPrimary)).toBe(503);
    expect(codeOf('/standby-leader', pausedStandbyLeader)).toBe(200);
    expect(codeOf('/leader', pausedStandbyLeader)).toBe(200);
    expect(codeOf('/primary', pausedStandbyLeader)).toBe(503);
    const reached = stateOf({ status: primaryStatus({ pause: true }) });
    expect(codeOf('/primary', reached)).toBe(503);
  });

  it('without the store knows replicas, but not which of them are synchronous', () => {
    for (const state of [stateOf(DOWN), stateOf({ ...DOWN, status: sync.status })]) {
      expect(codeOf('/replica', state)).toBe(200);
      expect(codeOf('/read-only', state)).toBe(200);
      expect(codeOf('/sync', state)).toBe(503);
      expect(codeOf('/async', state)).toBe(503);
    }
    const leads = stateOf({ ...DOWN, status: primaryStatus(), leaseUntil: LEASE });
    expect(codeOf('/primary', leads)).toBe(200);
    expect(codeOf('/read-only-sync', leads)).toBe(503);
    expect(codeOf('/read-only-quorum', leads)).toBe(503);
  });

  it('keeps a replica with noloadbalance from being asked', () => {
    const state = stateOf({ status: statusOf({ tags: { noloadbalance: true } }) });
    expect(codeOf('/replica', state)).toBe(503);
    expect(codeOf('/read-only', state)).toBe(503);
    expect(codeOf('/health', state)).toBe(200);
    const off = stateOf({ status: statusOf({ tags: { noloadbalance: false } }) });
    expect(codeOf('/replica', off)).toBe(200);
  });

  // The replica has replayed up to 900; the leader wrote 1000 to the store.
  it.each([
    ['/replica?lag=100', 200],
    ['/replica?lag=99', 503],
    ['/replica?lag=1kB', 200],
    ['/replica?lag=-1', 503],
    ['/replica?lag=', 200],
    ['/replica?lag=much', 200],
    ['/replica?lag=99&lag=1MB', 503],
    ['/async?lag=99', 503],
    ['/async?lag=100', 200],
    ['/read-only?lag=99', 503],
    ['/health?lag=99', 200],
  ])('%s → %i', (url, code) => {
    expect(codeOf(url, replica)).toBe(code);
  });

  it('measures the lag by what the source of its WAL has, too', () => {
    expect(codeOf('/replica?lag=100', stateOf({ latestEndLsn: 1001 }))).toBe(503);
    expect(codeOf('/replica?lag=100', stateOf({ ...DOWN, latestEndLsn: 1000 }))).toBe(200);
    expect(codeOf('/replica?lag=99', stateOf({ ...DOWN, latestEndLsn: 1000 }))).toBe(503);
    expect(codeOf('/replica?lag=0', stateOf(DOWN))).toBe(200);
    expect(codeOf('/read-only?lag=0', leader)).toBe(200);
  });

  it.each([
    ['/replica?replication_state=streaming', 200],
    ['/replica?replication_state=in+archive+recovery', 503],
    ['/replica?replication_state=', 200],
    ['/health?replication_state=no', 200],
  ])('%s → %i', (url, code) => {
    expect(codeOf(url, replica)).toBe(code);
  });

  const tagged = stateOf({
    status: statusOf({ tags: { zone: 'a b', nofailover: true, weight: 5, part: 0.5, none: null } }),
  });
  it.each([
    ['/replica?tag_zone=a%20b', 200],
    ['/replica?tag_zone=a+b', 200],
    ['/replica?tag_zone=b', 503],
    ['/replica?tag_zone=', 200],
    ['/replica?tag_zone=a+b&tag_nofailover=true', 200],
    ['/replica?tag_zone=a+b&tag_nofailover=True', 503],
    ['/replica?tag_weight=5', 200],
    ['/replica?tag_part=0.5', 200],
    ['/replica?tag_none=', 200],
    ['/replica?tag_none=null', 503],
    ['/replica?tag_other=x', 503],
    ['/replica?tag_zone=b&tag_zone=a+b', 503],
    ['/replica?tag_zone=a+b&tag_zone=b', 200],
    ['/health?tag_zone=b', 503],
    ['/primary?tag_zone=b', 503],
  ])('%s → %i', (url, code) => {
    expect(codeOf(url, tagged)).toBe(code);
  });

  it.each(['/primary', '/leader', '/standby-leader', '/read-write'])(
    'of tags %s takes no notice',
    (path) => {
      const state = path === '/standby-leader' ? standbyLeader : leader;
      expect(codeOf(`${path}?tag_zone=b`, state)).toBe(200);
    },
  );

  it('does not know any more what it saw too long ago', () => {
    const outdated = NOW + (SETTINGS.loopWait + 2 * SETTINGS.ttl) * 1000;
    for (const path of ['/replica', '/health', '/read-only', '/async']) {
      expect(codeOf(path, replica, outdated - 1)).toBe(200);
      expect(codeOf(path, replica, outdated)).toBe(503);
    }
  });
});

describe('livenessCode', () => {
  const lively = (state: AgentState, ttls: number, more = 0): number => {
    const now = NOW + (SETTINGS.loopWait + ttls * SETTINGS.ttl) * 1000 + more;
    return livenessCode({ state, now, begun: NOW });
  };

  it('allows a primary one ttl beyond its next tick, a replica two', () => {
    expect(lively(leader, 1, -1)).toBe(200);
    expect(lively(leader, 1)).toBe(503);
    expect(lively(replica, 2, -1)).toBe(200);
    expect(lively(replica, 2)).toBe(503);
    const down = stateOf({ status: primaryStatus({ state: 'stopped' }) });
    expect(lively(down, 1)).toBe(200);
  });

  it('before the first tick counts from the beginning', () => {
    const fresh = stateOf({ tickedAt: undefined });
    expect(lively(fresh, 2, -1)).toBe(200);
    expect(lively(fresh, 2)).toBe(503);
  });

  it('in pause is content with any loop', () => {
    const paused = stateOf({ settings: { ...SETTINGS, pause: true } });
    expect(lively(paused, 100)).toBe(200);
  });
});

describe('readinessCode', () => {
  const ready = (state: AgentState, query?: string, now = NOW): number =>
    readinessCode(query === undefined ? undefined : new URLSearchParams(query), {
      state,
      now,
      begun: NOW,
    });

  it('is 200 for a leader, and for a replica within the lag that a failover allows', () => {
    expect(ready(leader)).toBe(200);
    expect(ready(leader, undefined, LEASE)).toBe(503);
    expect(ready(replica)).toBe(200);
    const limit = { ...SETTINGS, maximumLagOnFailover: 99 };
    expect(ready(stateOf({ settings: limit }))).toBe(503);
  });

  it('takes a limit of its own, and what was written instead of what was replayed', () => {
    expect(ready(replica, 'lag=99')).toBe(503);
    expect(ready(replica, 'lag=100')).toBe(200);
    expect(ready(replica, 'lag=much')).toBe(200);
    expect(ready(replica, 'lag=0&mode=write')).toBe(200);
    expect(ready(replica, 'lag=0&mode=apply')).toBe(503);
  });

  it('is 503 for what does not run, does not stream, or was not seen for long', () => {
    expect(ready(stopped)).toBe(503);
    const { replicationState, ...silent } = statusOf();
    expect(ready(stateOf({ status: silent }))).toBe(503);
    const archive = statusOf({ replicationState: 'in archive recovery' });
    expect(ready(stateOf({ status: archive }))).toBe(503);
    expect(ready(replica, undefined, NOW + 70_000)).toBe(503);
  });

  it('without the store and a position of the leader asks for failsafe mode', () => {
    expect(ready(stateOf(DOWN))).toBe(503);
    expect(ready(stateOf({ ...DOWN, latestEndLsn: 1000 }))).toBe(200);
    const promised = statusOf({ failsafeActive: true });
    expect(ready(stateOf({ ...DOWN, status: promised }))).toBe(200);
  });

  it('does not mind a leader that has never written its position', () => {
    const view = parseSnapshot('demo', documentsOf({ status: undefined }));
    expect(ready(stateOf({ view }), 'lag=0')).toBe(200);
  });
});
