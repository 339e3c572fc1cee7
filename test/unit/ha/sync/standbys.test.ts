import { describe, expect, it } from 'vitest';
import { confirmedStandbys, pickStandbys } from '../../../../src/ha/sync/standbys.ts';
import { factsOf, LSN, member, type Situation, standby } from './sync-facts.ts';

function picked(mode: 'on' | 'quorum', situation: Situation): readonly string[] {
  return pickStandbys(factsOf(situation), mode);
}

const THREE = [standby('pg2'), standby('pg3'), standby('pg4')];
const two = { synchronousNodeCount: 2 };

describe('who can be synchronous', () => {
  it('in mode on as many as are needed, in quorum mode all', () => {
    expect(picked('on', { standbys: THREE })).toEqual(['pg2']);
    expect(picked('on', { standbys: THREE, settings: two })).toEqual(['pg2', 'pg3']);
    expect(picked('quorum', { standbys: THREE })).toEqual(['pg2', 'pg3', 'pg4']);
  });

  it('never this node itself (P#3112)', () => {
    expect(picked('quorum', { standbys: [standby('PG1'), standby('pg2')] })).toEqual(['pg2']);
  });

  it('compares names without case, and writes them as the member does (P#1359)', () => {
    expect(picked('on', { standbys: [standby('pg-a')], members: [member('PG-A')] })).toEqual([
      'PG-A',
    ]);
  });

  it.each([
    ['does not run', { standbys: [standby('pg2')], members: [member('pg2', {}, 'stopped')] }],
    ['does not stream yet', { standbys: [standby('pg2', { state: 'catchup' })] }],
    ['is a base backup', { standbys: [standby('pg2', { state: 'backup' })] }],
    ['nosync', { standbys: [standby('pg2')], members: [member('pg2', { nosync: true })] }],
    [
      'has a name that PostgreSQL does not show as it is',
      { standbys: [standby('zürich')], members: [member('zürich')] },
    ],
    [
      'sync_priority 0',
      { standbys: [standby('pg2')], members: [member('pg2', { sync_priority: 0 })] },
    ],
    ['nostream', { standbys: [standby('pg2')], members: [member('pg2', { nostream: true })] }],
  ])('not who %s', (_, situation) => {
    expect(picked('quorum', situation)).toEqual([]);
  });

  it('not an unknown walreceiver', () => {
    const { standbys, dcs, ...facts } = { ...factsOf({}), standbys: [standby('pg_receivewal')] };
    const postgres = { ...facts.postgres, standbys };
    expect(pickStandbys({ ...facts, dcs, postgres }, 'quorum')).toEqual([]);
  });

  it('not who is to stream from a standby that streams from here', () => {
    const members = [
      member('pg3', { replicatefrom: 'pg2' }),
      member('pg4', { replicatefrom: 'pg3' }),
    ];
    expect(picked('quorum', { standbys: THREE, members })).toEqual(['pg2']);
  });

  it('but who streams from here since its source is away', () => {
    const members = [member('pg3', { replicatefrom: 'pg2' })];
    expect(picked('quorum', { standbys: [standby('pg3')], members })).toEqual(['pg3']);
  });

  it('and members that are to stream from each other', () => {
    const members = [
      member('pg2', { replicatefrom: 'pg3' }),
      member('pg3', { replicatefrom: 'pg2' }),
    ];
    expect(picked('quorum', { standbys: THREE, members })).toEqual(['pg4', 'pg2', 'pg3']);
  });
});

describe('who comes first', () => {
  it('who may lead, before priority, before being synchronous, before WAL', () => {
    const standbys = [
      standby('pg2', { flushLsn: 900 }),
      standby('pg3', { flushLsn: 1000 }),
      standby('pg4', { flushLsn: 100, syncState: 'sync' }),
      standby('pg5', { flushLsn: 50 }),
      standby('pg6', { flushLsn: 1000, syncState: 'sync' }),
    ];
    const members = [
      member('pg5', { sync_priority: 2 }),
      member('pg6', { nofailover: true, sync_priority: 9 }),
    ];
    const settings = { synchronousNodeCount: 5 };
    const order = ['pg5', 'pg4', 'pg3', 'pg2', 'pg6'];
    expect(picked('on', { standbys, members, settings })).toEqual(order);
  });

  it('in quorum mode a member that may not lead only fills a gap', () => {
    const members = [member('pg2', { nofailover: true })];
    expect(picked('quorum', { standbys: THREE, members })).toEqual(['pg3', 'pg4']);
    const settings = { synchronousNodeCount: 3 };
    expect(picked('quorum', { standbys: THREE, members, settings })).toEqual(['pg3', 'pg4', 'pg2']);
  });
});

describe('maximum_lag_on_syncnode', () => {
  const lag = { maximumLagOnSyncnode: 100 };
  const slow = standby('pg2', { syncState: 'sync', flushLsn: 850 });

  it('drops who is behind the best standby', () => {
    const standbys = [slow, standby('pg3', { flushLsn: 960 })];
    expect(picked('on', { standbys, settings: lag })).toEqual(['pg3']);
  });

  it('drops nobody when all hang', () => {
    const standbys = [slow, standby('pg3', { flushLsn: 860 })];
    expect(picked('on', { standbys, settings: lag })).toEqual(['pg2']);
  });

  it('compares a lone standby with the primary', () => {
    expect(picked('on', { standbys: [slow], settings: lag })).toEqual([]);
    expect(picked('on', { standbys: [slow], settings: { maximumLagOnSyncnode: 0 } })).toEqual([
      'pg2',
    ]);
  });
});

describe('who is confirmed', () => {
  it('is counted by PostgreSQL, and has what was there when the names changed', () => {
    const facts = factsOf({
      standbys: [
        standby('PG2', { syncState: 'sync' }),
        standby('pg3', { syncState: 'quorum' }),
        standby('pg4', { syncState: 'potential' }),
        standby('pg5', { syncState: 'sync', flushLsn: LSN - 1 }),
        standby('pg6', { syncState: 'sync', state: 'catchup' }),
        standby('pg7', { syncState: 'sync' }),
      ],
    });
    const names = ['pg2', 'pg3', 'pg4', 'pg5', 'pg6', 'pg8'];
    expect(confirmedStandbys(facts, names, LSN)).toEqual(['pg2', 'pg3']);
  });

  it('goes by the slower of two connections of one name', () => {
    const old = standby('pg2', { syncState: 'sync', flushLsn: LSN });
    const anew = standby('pg2', { syncState: 'sync', flushLsn: LSN - 500 });
    expect(confirmedStandbys(factsOf({ standbys: [old, anew] }), ['pg2'], LSN)).toEqual([]);
    expect(confirmedStandbys(factsOf({ standbys: [anew, old] }), ['pg2'], LSN)).toEqual([]);
  });
});
