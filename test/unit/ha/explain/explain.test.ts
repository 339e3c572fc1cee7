import { describe, expect, it } from 'vitest';
import { explain } from '../../../../src/ha/explain/explain.ts';
import { cluster, member } from '../cluster-views.ts';
import { SILENT, scene } from './scene.ts';

type Changes = Parameters<typeof scene>[0];

/** `verdict rule because about` of each member but the leader. */
const outlooks = (changes: Changes): Record<string, string> =>
  Object.fromEntries(
    explain(scene(changes)).members.map(({ name, outlook }) => [
      name,
      [outlook.verdict, outlook.rule?.name, outlook.because, outlook.after]
        .filter((word) => word !== undefined)
        .join(' '),
    ]),
  );

const withMembers = (...standbys: Parameters<typeof member>[]): Changes => {
  const [leader] = cluster().members;
  const members = standbys.map((one) => member(...one));
  return { view: { members: [...(leader ? [leader] : []), ...members] } };
};

const SYNC = { leader: 'pg1', standbys: ['pg2'], quorum: 0, version: '1' };

describe('a cluster that is well', () => {
  it('has a leader with two that would follow it', () => {
    expect(outlooks({})).toEqual({ pg1: 'leads', pg2: 'would race.run', pg3: 'would race.run' });
    expect(explain(scene())).toMatchObject({ leader: 'pg1', paused: false, line: ['pg2', 'pg3'] });
  });

  it('says who streams from whom, how far it is, and its role', () => {
    const { members } = explain(
      scene({ view: { sync: SYNC }, settings: { synchronousMode: 'on' } }),
    );
    expect(members[0]).toMatchObject({ role: 'leader', source: undefined, lagBytes: undefined });
    expect(members[1]).toMatchObject({ role: 'sync_standby', source: 'pg1', lagBytes: 0, rank: 1 });
    expect(members[2]).toMatchObject({ role: 'replica', source: 'pg1', rank: undefined });
  });

  it('knows a cascade from the member that feeds it', () => {
    const replication = [{ applicationName: 'pg3', state: 'streaming', syncState: 'async' }];
    const says = { pg1: { replication: [] }, pg2: { replication } };
    expect(explain(scene({ says })).members[2]).toMatchObject({ source: 'pg2' });
  });

  it('does not take a standby that catches up for one that streams', () => {
    const replication = [{ applicationName: 'pg3', state: 'catchup', syncState: 'async' }];
    expect(explain(scene({ says: { pg1: { replication } } })).members[2]?.source).toBeUndefined();
  });
});

describe('who could not lead, and by which rule', () => {
  it.each<[string, Changes]>([
    ['cannot race.not-allowed', withMembers(['pg2', { tags: { nofailover: true } }])],
    ['cannot race.not-allowed', withMembers(['pg2', { tags: { failover_priority: 0 } }])],
    ['would race.run', withMembers(['pg2', { tags: { nofailover: false } }])],
    ['cannot race.run no-watchdog', { says: { pg2: { watchdogFailed: true } } }],
    ['cannot race.run starting', { says: { pg2: { state: 'starting' } } }],
    ['cannot not-running', { says: { pg2: { state: 'stopped' } } }],
    ['cannot not-running', { says: { pg2: { state: 'creating replica' } } }],
    ['cannot paused.wait', { settings: { pause: true } }],
    ['cannot following.demote is-primary', { says: { pg2: { role: 'primary', location: 1000 } } }],
    ['cannot startup.foreign-data', { says: { pg2: { systemId: '7000000000000000009' } } }],
  ])('%s', (expected, changes) => {
    expect(outlooks(changes).pg2).toBe(expected);
  });

  it.each([
    [1_048_576, 'would race.run'],
    [1_048_577, 'cannot race.run lag'],
  ])('lag of %d against maximum_lag_on_failover', (lag, expected) => {
    const lastLsn = 10_000_000;
    const receivedLsn = lastLsn - lag;
    const both = { receivedLsn, replayedLsn: receivedLsn };
    const status = { lastLsn, slots: {}, retainSlots: [] };
    const says = { pg1: { location: lastLsn }, pg2: both, pg3: both };
    expect(outlooks({ view: { status }, says }).pg2).toBe(expected);
  });

  it('synchronous mode: only who is in /sync', () => {
    const changes = { view: { sync: SYNC }, settings: { synchronousMode: 'on' } as const };
    expect(outlooks(changes)).toMatchObject({
      pg2: 'would race.run',
      pg3: 'cannot race.run not-synchronous',
    });
  });

  it('quorum mode: enough of the voters must answer', () => {
    const sync = { ...SYNC, standbys: ['pg2', 'pg3'], quorum: 1 };
    const settings = { synchronousMode: 'quorum' } as const;
    expect(outlooks({ view: { sync }, settings }).pg2).toBe('would race.run');
    const alone = { view: { sync }, settings, says: { pg3: undefined } };
    expect(outlooks(alone).pg2).toBe('cannot race.run no-quorum');
  });

  it('failsafe mode: only who is on the list', () => {
    const failsafe = { pg1: 'http://pg1:8008/patroni', pg2: 'http://pg2:8008/patroni' };
    const changes = { view: { failsafe }, settings: { failsafeMode: true } };
    expect(outlooks(changes)).toMatchObject({
      pg2: 'would race.run',
      pg3: 'cannot race.run not-in-failsafe',
    });
  });

  it('check_timeline: not who is behind', () => {
    const says = { pg1: { timeline: 2 }, pg2: { timeline: 2 }, pg3: { timeline: 1 } };
    const settings = { checkTimeline: true };
    expect(outlooks({ says, settings }).pg3).toBe('cannot race.run timeline');
  });
});

describe('who could lead, but after another one', () => {
  it('has less WAL', () => {
    const changes = { says: { pg3: { receivedLsn: 900, replayedLsn: 900 } } };
    expect(outlooks(changes).pg3).toBe('could race.run behind pg2');
    expect(explain(scene(changes)).line).toEqual(['pg2', 'pg3']);
  });

  it('has the lower priority', () => {
    const changes = withMembers(
      ['pg2', { tags: { failover_priority: 1 } }],
      ['pg3', { tags: { failover_priority: 5 } }],
    );
    expect(outlooks(changes).pg2).toBe('could race.run lower-priority pg3');
    expect(explain(scene(changes)).line).toEqual(['pg3', 'pg2']);
  });
});

describe('a member that does not answer', () => {
  it('is not known to be able, and its reason is told', () => {
    const { members, line } = explain(scene({ says: { pg2: undefined } }));
    expect(members[1]).toMatchObject({ failure: 'connection refused', rank: undefined });
    expect(members[1]?.outlook).toMatchObject({ verdict: 'unknown', because: 'unreachable' });
    expect(line).toEqual(['pg3']);
  });

  it('cannot where its document says so already', () => {
    const { reports, view, nowMs } = scene(withMembers(['pg2', { tags: { nofailover: true } }]));
    const silent = new Map(reports).set('pg2', SILENT);
    const { members } = explain({ view, nowMs, reports: silent });
    expect(members[1]?.outlook).toMatchObject({ verdict: 'cannot' });
  });
});

describe('without a leader', () => {
  it('the standbys would take the lock', () => {
    const says = { pg1: undefined };
    expect(outlooks({ leaderless: true, says })).toMatchObject({
      pg1: 'unknown race.running-primary unreachable',
      pg2: 'would race.run',
    });
  });

  it('a primary that runs keeps them from it, and takes it itself', () => {
    expect(outlooks({ leaderless: true })).toMatchObject({
      pg1: 'would race.running-primary',
      pg2: 'cannot race.run primary-alive pg1',
    });
  });
});
