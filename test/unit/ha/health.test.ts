import { describe, expect, it } from 'vitest';
import { findings } from '../../../src/ha/health.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import type { Member } from '../../../src/model/member.ts';
import { cluster, member } from './cluster-views.ts';

const codes = (view: ClusterView): string[] =>
  findings(view, new Map()).map(({ severity, code, member }) =>
    [severity, code, ...(member ? [member] : [])].join(' '),
  );

/** The healthy cluster with `pg2` changed. */
const withStandby = (changes: Partial<Member>): ClusterView => {
  const view = cluster();
  const [leader, , pg3] = view.members;
  return cluster({ members: [leader, member('pg2', changes), pg3].flatMap((one) => one ?? []) });
};

describe('health of a cluster', () => {
  it('finds nothing where all is well', () => {
    expect(codes(cluster())).toEqual([]);
  });

  it('misses a leader', () => {
    const { leader: _, ...view } = cluster();
    expect(codes(view)).toContain('error no-leader');
  });

  it('misses the document of the leader', () => {
    expect(codes(cluster({ leader: 'pg9' }))).toContain('error leader-unknown');
  });

  it('tells a cluster that is not there from one that is being made', () => {
    const { initialize: _, ...never } = cluster();
    expect(codes(never)).toContain('error uninitialized');
    expect(codes(cluster({ initialize: '' }))).toContain('error uninitialized');
  });

  it.each<[string, Partial<Member>]>([
    ['error not-running pg2', { state: 'stopped' }],
    ['error not-running pg2', { state: '' }],
    ['error not-streaming pg2', { replicationState: 'in archive recovery' }],
    ['error other-timeline pg2', { timeline: 2 }],
    ['warning pending-restart pg2', { pendingRestart: true }],
    ['warning mixed-versions', { version: '4.0.7' }],
  ])('says "%s"', (expected, changes) => {
    expect(codes(withStandby(changes))).toEqual([expected]);
  });

  it('lets a standby that is meant to read the archive be', () => {
    const changes = { replicationState: 'in archive recovery', tags: { nostream: true } };
    expect(codes(withStandby(changes))).toEqual([]);
  });

  it.each([
    [undefined, ['error not-streaming pg1']],
    ['streaming', []],
    ['in archive recovery', []],
  ])('wants the standby leader to replicate from the primary cluster: %s', (state, expected) => {
    const { replicationState: _, ...cutOff } = member('pg1', { role: 'standby_leader' });
    const leader = state === undefined ? cutOff : { ...cutOff, replicationState: state };
    expect(codes(cluster({ members: [leader, member('pg2')] }))).toEqual(expected);
  });

  it('takes the word of Patroni before 3.1, which does not publish the state', () => {
    const { replicationState: _, ...old } = member('pg2', { version: '3.0.2' });
    const view = cluster();
    const members = [view.members[0], old].flatMap((one) => one ?? []);
    expect(codes({ ...view, members })).toEqual(['warning mixed-versions']);
  });

  it('holds lag against maximum_lag_on_failover', () => {
    const late = cluster({ status: { lastLsn: 2_000_000, slots: {}, retainSlots: [] } });
    expect(codes(late)).toEqual(['error no-standby', 'error lag pg2', 'error lag pg3']);
  });

  it('needs one standby that may take over', () => {
    const [leader] = cluster().members;
    const tagged = [leader, member('pg2', { tags: { nofailover: true } })];
    const view = cluster({ members: tagged.flatMap((one) => one ?? []) });
    expect(codes(view)).toEqual(['error no-standby']);
  });

  it('needs a synchronous standby in synchronous mode', () => {
    expect(codes(cluster({}, { synchronousMode: 'on' }))).toEqual(['error no-sync-standby']);
    const sync = { leader: 'pg1', standbys: ['pg2'], quorum: 0, version: '1' };
    expect(codes(cluster({ sync }, { synchronousMode: 'on' }))).toEqual([]);
  });

  it('mentions a pause and a scheduled switchover', () => {
    const failover = { scheduledAt: '2026-01-01T00:00:00+00:00', version: '1' };
    expect(codes(cluster({ failover }, { pause: true }))).toEqual([
      'warning paused',
      'warning switchover-scheduled',
    ]);
  });

  it('names a member whose REST API is silent, and why', () => {
    const silent = new Map([['pg3', 'connection refused']]);
    expect(findings(cluster(), silent)).toEqual([
      {
        severity: 'error',
        code: 'unreachable',
        member: 'pg3',
        message: 'its REST API does not answer: connection refused',
      },
    ]);
  });
});
