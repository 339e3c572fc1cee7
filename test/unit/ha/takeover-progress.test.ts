import { describe, expect, it } from 'vitest';
import {
  type Before,
  isComplete,
  type Sight,
  takeoverProgress,
} from '../../../src/ha/takeover-progress.ts';
import type { MemberReport, NodeStatus } from '../../../src/model/node-status.ts';
import { clusterOf, member, primarySays, says } from './cluster-of.ts';

const BEFORE: Before = {
  action: 'switchover',
  leader: 'pg1',
  candidate: 'pg2',
  running: new Set(['pg1', 'pg2', 'pg3']),
  streamingIsTold: true,
};
const NEW = primarySays({ timeline: 2 });
const STANDBY_LEADER = says({ role: 'standby_leader' });
const FOLLOWS = says({ timeline: 2 });

function sight(leader: string, reports: Record<string, MemberReport>): Sight {
  const statuses = new Map<string, NodeStatus>();
  for (const [name, report] of Object.entries(reports)) {
    if (report.ok) statuses.set(name, report.status);
  }
  return { view: clusterOf({ leader }), statuses };
}

describe('takeoverProgress', () => {
  it('is complete when the new leader works and all others follow it', () => {
    const progress = takeoverProgress(
      BEFORE,
      sight('pg2', { pg1: FOLLOWS, pg2: NEW, pg3: FOLLOWS }),
    );
    expect(progress).toEqual({
      newLeader: 'pg2',
      promoted: true,
      timeline: 2,
      oldLeaderRejoined: true,
      notFollowing: [],
      locked: true,
      requested: false,
    });
    expect(isComplete(progress)).toBe(true);
  });

  it.each([
    ['the old one leads', 'pg1', { pg1: primarySays() }],
    ['the new leader is still a replica', 'pg2', { pg1: FOLLOWS, pg2: FOLLOWS, pg3: FOLLOWS }],
    ['the old leader is on the old timeline', 'pg2', { pg1: says(), pg2: NEW, pg3: FOLLOWS }],
    ['the old leader runs as a primary', 'pg2', { pg1: NEW, pg2: NEW, pg3: FOLLOWS }],
    [
      'the old leader is starting',
      'pg2',
      { pg1: says({ timeline: 2, state: 'starting' }), pg2: NEW, pg3: FOLLOWS },
    ],
    ['another member is on the old timeline', 'pg2', { pg1: FOLLOWS, pg2: NEW, pg3: says() }],
    [
      'the old standby leader still calls itself one',
      'pg2',
      { pg1: STANDBY_LEADER, pg2: STANDBY_LEADER, pg3: says() },
    ],
  ])('is not complete while %s', (_, leader, reports) => {
    expect(isComplete(takeoverProgress(BEFORE, sight(leader, reports)))).toBe(false);
  });

  it('wants the old leader to stream, where members say whether they do', () => {
    const { replicationState: _, ...quiet } = (FOLLOWS as { status: NodeStatus }).status;
    const reports = { pg1: { ok: true, status: quiet } as const, pg2: NEW, pg3: FOLLOWS };
    expect(takeoverProgress(BEFORE, sight('pg2', reports)).oldLeaderRejoined).toBe(false);
    const old = { ...BEFORE, streamingIsTold: false };
    expect(takeoverProgress(old, sight('pg2', reports)).oldLeaderRejoined).toBe(true);
  });

  it('does not wait for members that did not run before', () => {
    const before = { ...BEFORE, running: new Set(['pg2']) };
    const progress = takeoverProgress(before, sight('pg2', { pg2: NEW }));
    expect(progress).toMatchObject({ oldLeaderRejoined: null, notFollowing: [] });
    expect(isComplete(progress)).toBe(true);
  });

  it('takes a standby leader for what it is', () => {
    const leader = says({ role: 'standby_leader' });
    const progress = takeoverProgress(
      BEFORE,
      sight('pg2', { pg1: says(), pg2: leader, pg3: says() }),
    );
    expect(isComplete(progress)).toBe(true);
  });

  it('reads the DCS for members that are silent', () => {
    const members = [
      member('pg1', { timeline: 2, replicationState: 'streaming' }),
      member('pg2', { role: 'primary', timeline: 2 }),
      member('pg3', { timeline: 2 }),
    ];
    const view = clusterOf({ leader: 'pg2', members });
    expect(isComplete(takeoverProgress(BEFORE, { view, statuses: new Map() }))).toBe(true);
  });

  it('is as before while the DCS has not answered', () => {
    const progress = takeoverProgress(BEFORE, { view: undefined, statuses: new Map() });
    expect(progress).toMatchObject({ newLeader: null, locked: true, requested: false });
  });

  it('sees the request, and a free lock', () => {
    const { leader: _, ...free } = clusterOf({ failover: { candidate: 'pg2', version: '9' } });
    const progress = takeoverProgress(BEFORE, { view: free, statuses: new Map() });
    expect(progress).toMatchObject({ requested: true, locked: false, newLeader: null });
  });
});
