import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { planSlots, slotsToCopy } from '../../../../src/ha/slots/plan-slots.ts';
import type { Status } from '../../../../src/model/cluster.ts';
import type { Settings } from '../../../../src/model/settings.ts';
import { member } from '../cluster-of.ts';
import { factsOf, leaderFacts, primary, sees, seesNoLeader, standby } from '../facts-of.ts';
import { logical, physical } from './slot-views.ts';
import { advance, create, drop, IN_USE, settingsOf, statusOf } from './slot-words.ts';

const LOGICAL = { type: 'logical', database: 'app', plugin: 'pgoutput' } as const;

describe('permanent slots', () => {
  const permanent = settingsOf({ permanentSlots: { app: LOGICAL, dr: { type: 'physical' } } });

  it('are made on the primary; logical ones nowhere else', () => {
    expect(planSlots(leaderFacts({ ...permanent, postgres: primary({ slots: IN_USE }) }))).toEqual([
      { kind: 'create', name: 'app', ...LOGICAL, reserve: true },
      create('dr'),
    ]);
    const slots = [physical('pg1'), physical('pg3')];
    expect(planSlots(factsOf({ ...permanent, postgres: standby({ slots }) }))).toEqual([
      create('dr'),
    ]);
  });

  it('are only in the kind of cluster that they are for, and never logical in a standby cluster', () => {
    const slots = {
      a: { type: 'physical', clusterType: 'standby' },
      b: { type: 'physical', clusterType: 'primary' },
      c: LOGICAL,
    } as const;
    const names = (standbyCluster: boolean) =>
      planSlots(
        leaderFacts({
          settings: { permanentSlots: slots, standbyCluster },
          postgres: primary({ slots: IN_USE }),
        }),
      ).map((change) => change.name);
    expect(names(true)).toEqual(['a']);
    expect(names(false)).toEqual(['b', 'c']);
  });

  it('give way to the slot of a member, and none is made for this node itself', () => {
    const change = settingsOf({ permanentSlots: { pg2: LOGICAL, pg1: { type: 'physical' } } });
    expect(planSlots(leaderFacts({ ...change, postgres: primary({ slots: IN_USE }) }))).toEqual([]);
  });

  it('are not on nodes that never lead, nor logical ones where no feedback comes from', () => {
    const names = (self: Facts['self']['tags'], tags = {}) =>
      slotsToCopy(
        factsOf({
          ...permanent,
          self: { tags: self },
          dcs: sees({
            status: statusOf({ app: 700 }),
            members: [member('pg1'), member('pg2', { tags: self }), member('pg3', { tags })],
          }),
        }),
      );
    expect(names({})).toEqual(['app']);
    expect(names({ nofailover: true })).toEqual([]);
    expect(names({ nostream: true })).toEqual([]);
    expect(names({ replicatefrom: 'pg3' })).toEqual(['app']);
    expect(names({ replicatefrom: 'pg3' }, { nostream: true })).toEqual([]);
    expect(names({ replicatefrom: 'pg3' }, { replicatefrom: 'pg2' })).toEqual([]);
  });

  it('physical, move with their consumer on standbys', () => {
    const slots = [physical('pg1'), physical('pg3'), physical('dr')];
    const dcs = sees({ status: statusOf({ dr: 650 }) });
    const change = settingsOf({ permanentSlots: { dr: { type: 'physical' } } });
    expect(planSlots(factsOf({ ...change, dcs, postgres: standby({ slots }) }))).toEqual([
      advance('dr', 650),
    ]);
  });

  it.each([
    ['plugin', { plugin: 'wal2json' }],
    ['database', { database: 'other' }],
    ['WAL, which PostgreSQL had to remove', { restartLsn: undefined }],
  ])('logical, go when they have another %s', (_, change) => {
    const slots = [...IN_USE, logical('app', change)];
    const plan = (more: Partial<Settings> = {}) =>
      planSlots(
        leaderFacts({
          settings: { permanentSlots: { app: LOGICAL }, ...more },
          postgres: primary({ slots }),
        }),
      );
    expect(plan()).toEqual([drop('app')]);
    expect(plan({ ignoreSlots: [{ name: 'app' }] })).toEqual([]);
  });
});

describe('logical slots on a standby', () => {
  const permanent = { permanentSlots: { app: LOGICAL } };
  const others = [physical('pg1'), physical('pg3')];
  const facts = (confirmed: number, at: number, replayedLsn = 1000) =>
    factsOf({
      settings: permanent,
      dcs: sees({ status: statusOf({ app: confirmed }) }),
      postgres: standby({
        slots: [...others, logical('app', { confirmedFlushLsn: at })],
        replayedLsn,
      }),
    });

  it('move to what the consumer confirmed on the leader, and not past what is replayed (S11)', () => {
    expect(planSlots(facts(700, 500))).toEqual([{ ...advance('app', 700), database: 'app' }]);
    expect(planSlots(facts(700, 500, 600))).toEqual([{ ...advance('app', 600), database: 'app' }]);
    expect(planSlots(facts(700, 700))).toEqual([]);
    expect(planSlots(facts(700, 800))).toEqual([]);
    expect(planSlots(facts(0, 500))).toEqual([]);
  });

  it('stay where they are on the primary, whatever the DCS says', () => {
    const slots = [...IN_USE, logical('app')];
    const dcs = sees({ ownsLock: true, status: statusOf({ app: 900 }) });
    expect(
      planSlots(leaderFacts({ settings: permanent, dcs, postgres: primary({ slots }) })),
    ).toEqual([]);
  });

  it('are copied once the leader has them', () => {
    const lacking = (slots: Status['slots'], change = {}) =>
      slotsToCopy(
        factsOf({ settings: permanent, dcs: sees({ status: statusOf(slots) }), ...change }),
      );
    expect(lacking({ app: 700 })).toEqual(['app']);
    expect(lacking({})).toEqual([]);
    expect(lacking({ app: 700 }, { dcs: undefined })).toEqual([]);
    expect(
      lacking({ app: 700 }, { dcs: seesNoLeader({ status: statusOf({ app: 700 }) }) }),
    ).toEqual([]);
    expect(lacking({ app: 700 }, { postgres: standby({ slots: [logical('app')] }) })).toEqual([]);
    expect(lacking({ app: 700 }, { postgres: primary() })).toEqual([]);
  });
});
