import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { planSlots } from '../../../../src/ha/slots/plan-slots.ts';
import { member } from '../cluster-of.ts';
import { factsOf, leaderFacts, NOW, primary, sees, seesNoLeader, standby } from '../facts-of.ts';
import { logical, physical } from './slot-views.ts';
import { ACTIVE, advance, create, drop, IN_USE, settingsOf, statusOf } from './slot-words.ts';

/** pg3 streams from pg2, and has received up to 900. */
const CASCADE = [
  member('pg1', { role: 'primary' }),
  member('pg2'),
  member('pg3', { tags: { replicatefrom: 'pg2' }, xlogLocation: 900 }),
];

describe('slots of members', () => {
  it('are made for all others, on the leader and on every standby that may lead', () => {
    expect(planSlots(leaderFacts())).toEqual([create('pg2'), create('pg3')]);
    expect(planSlots(factsOf())).toEqual([create('pg1'), create('pg3')]);
    expect(planSlots(leaderFacts({ postgres: primary({ slots: IN_USE }) }))).toEqual([]);
  });

  it('are not made where slots are switched off, and those that are there go', () => {
    const change = {
      ...settingsOf({ useSlots: false }),
      postgres: standby({ slots: [physical('pg3')] }),
    };
    expect(planSlots(factsOf(change))).toEqual([drop('pg3')]);
  });

  it('are not made for members that do not stream', () => {
    const members = [member('pg1'), member('pg3', { tags: { nostream: true } })];
    expect(planSlots(leaderFacts({ dcs: sees({ members, ownsLock: true }) }))).toEqual([]);
  });

  it.each([
    ['slots of members are not retained', settingsOf({ memberSlotsTtl: 0 }), 150_000],
    ['PostgreSQL is older than 11', {}, 100_023],
  ])('are only where they are used when %s', (_, change, serverVersion) => {
    const dcs = sees({ members: CASCADE });
    expect(
      planSlots(leaderFacts({ ...change, dcs, postgres: primary({ serverVersion }) })),
    ).toEqual([create('pg2')]);
    expect(planSlots(factsOf({ ...change, dcs, postgres: standby({ serverVersion }) }))).toEqual([
      create('pg3'),
    ]);
    const absent = CASCADE.filter(({ name }) => name !== 'pg2');
    const alone = {
      ...change,
      dcs: sees({ members: absent }),
      postgres: primary({ serverVersion }),
    };
    expect(planSlots(leaderFacts(alone))).toEqual([create('pg3')]);
  });

  it('are only for its own followers on a node that never leads', () => {
    const facts = factsOf({
      self: { tags: { nofailover: true } },
      dcs: sees({ members: CASCADE }),
    });
    expect(planSlots(facts)).toEqual([create('pg3')]);
  });

  it('follow their consumers on a standby, never past what was received there', () => {
    const slots = [physical('pg1'), physical('pg3')];
    const dcs = sees({ members: CASCADE, status: statusOf({ pg1: 800, pg3: 10 }) });
    const plan = (replayedLsn: number, self = {}) =>
      planSlots(factsOf({ dcs, self, postgres: standby({ slots, replayedLsn }) }));
    // pg3 streams from here: its slot is moved by itself.
    expect(plan(1000)).toEqual([advance('pg1', 800)]);
    expect(plan(700)).toEqual([advance('pg1', 700)]);
    expect(plan(500)).toEqual([]);
  });

  it('follow a cascading member on the leader by what the member says', () => {
    const slots = [physical('pg2', ACTIVE), physical('pg3')];
    const facts = leaderFacts({
      dcs: sees({ members: CASCADE, ownsLock: true, status: statusOf({ pg3: 500 }) }),
      postgres: primary({ slots }),
    });
    expect(planSlots(facts)).toEqual([advance('pg3', 900)]);
  });

  it('follow the members’ word where a leader before Patroni 4 publishes no slots', () => {
    const members = [member('pg1', { version: '3.3.2' }), member('pg3', { xlogLocation: 900 })];
    const change = {
      dcs: sees({ members }),
      postgres: standby({ slots: [physical('pg1'), physical('pg3')] }),
    };
    expect(planSlots(factsOf(change))).toContainEqual(advance('pg3', 900));
  });
});

describe('slots that nobody wants', () => {
  const stray = (
    change: Parameters<typeof factsOf>[0] & object = {},
    slots = [physical('stray')],
  ) => planSlots(leaderFacts({ ...change, postgres: primary({ slots: [...IN_USE, ...slots] }) }));

  it('are dropped, unless somebody uses them', () => {
    expect(stray()).toEqual([drop('stray')]);
    expect(stray({}, [physical('stray', ACTIVE)])).toEqual([]);
  });

  it('stay in pause', () => {
    expect(stray(settingsOf({ pause: true }))).toEqual([]);
  });

  it('stay while the store is not to be believed', () => {
    expect(stray({ memory: { distrustUntil: NOW + 1 } })).toEqual([]);
    expect(stray({ memory: { distrustUntil: NOW } })).toEqual([drop('stray')]);
  });

  it.each([
    [{ name: 'stray' }, []],
    [{ type: 'logical', database: 'app', plugin: 'pgoutput' }, []],
    [{}, []],
    [{ name: 'stray', plugin: 'wal2json' }, [drop('stray')]],
    [{ type: 'physical' }, [drop('stray')]],
  ] as const)('stay when ignore_slots says %j', (matcher, wanted) => {
    expect(stray(settingsOf({ ignoreSlots: [matcher] }), [logical('stray')])).toEqual(wanted);
  });

  it('stay without a configuration, which might want them', () => {
    const sight = sees({ ownsLock: true });
    const { config: _, ...view } = sight.view;
    expect(stray({ dcs: { ...sight, view } })).toEqual([]);
  });
});

describe('slots of members that are gone', () => {
  it('stay on the nodes that may lead while the leader says so, and are not moved', () => {
    const slots = [physical('pg1', ACTIVE), physical('pg3', ACTIVE), physical('pg9')];
    const dcs = sees({ status: statusOf({ pg9: 900 }, ['pg2', 'pg9']) });
    expect(planSlots(factsOf({ dcs, postgres: standby({ slots }) }))).toEqual([]);
    expect(
      planSlots(
        factsOf({ dcs, self: { tags: { nofailover: true } }, postgres: standby({ slots }) }),
      ),
    ).toEqual([drop('pg9')]);
  });

  it('keep what holds back vacuum too: their consumer would lose its WAL', () => {
    const slots = [...IN_USE, physical('pg9', { holdsXmin: true })];
    const dcs = sees({ ownsLock: true, status: statusOf({}, ['pg9']) });
    expect(planSlots(leaderFacts({ dcs, postgres: primary({ slots }) }))).toEqual([]);
  });
});

describe('a slot that nobody will use', () => {
  const pinned = [physical('pg1', ACTIVE), physical('pg3', { holdsXmin: true })];

  it('is made anew when it holds back vacuum (P#3148, C#4811)', () => {
    const facts = factsOf({ postgres: standby({ slots: pinned }) });
    expect(planSlots(facts)).toEqual([drop('pg3'), create('pg3')]);
  });

  it.each([
    [
      'nobody leads, and it may be used in a moment',
      factsOf({ dcs: seesNoLeader(), postgres: standby({ slots: pinned }) }),
    ],
    [
      'this node leads, and is not yet a primary',
      leaderFacts({
        postgres: standby({ slots: [...IN_USE, physical('p', { holdsXmin: true })] }),
        settings: { permanentSlots: { p: { type: 'physical' } } },
      }),
    ],
    [
      'its consumer belongs here',
      leaderFacts({
        postgres: primary({
          slots: [physical('pg2', ACTIVE), physical('pg3', { holdsXmin: true })],
        }),
      }),
    ],
    [
      'it is in use',
      factsOf({
        postgres: standby({
          slots: [physical('pg1', ACTIVE), physical('pg3', { holdsXmin: true, ...ACTIVE })],
        }),
      }),
    ],
  ])('is left alone when %s', (_, facts) => {
    expect(planSlots(facts)).toEqual([]);
  });

  it('is made anew when it reserves no WAL, and so could not be moved', () => {
    const slots = [physical('pg1', ACTIVE), physical('pg3', { restartLsn: undefined })];
    expect(planSlots(factsOf({ postgres: standby({ slots }) }))).toEqual([
      drop('pg3'),
      create('pg3'),
    ]);
  });
});

describe('without the DCS', () => {
  const healthyView = sees({ status: statusOf({ pg3: 600 }) }).view;
  const slots = [physical('pg1'), physical('pg3'), physical('pg9')];
  const cutOff = (memory: Partial<Facts['memory']>, failsafeMode = true) =>
    planSlots(
      factsOf({
        dcs: undefined,
        settings: { failsafeMode },
        memory: { healthyView, ...memory },
        postgres: standby({ slots }),
      }),
    );
  const failsafePromise = {
    name: 'pg1',
    apiUrl: '',
    connUrl: '',
    slots: { pg3: 800 },
    until: NOW + 1,
  };

  it('no slot is touched', () => {
    expect(cutOff({})).toEqual([]);
    expect(cutOff({ failsafePromise }, false)).toEqual([]);
    expect(cutOff({ failsafePromise: { ...failsafePromise, until: NOW } })).toEqual([]);
  });

  it('slots go on by what the leader said, in failsafe mode', () => {
    expect(cutOff({ failsafePromise })).toEqual([drop('pg9'), advance('pg3', 800)]);
    expect(cutOff({ failsafeActive: true })).toEqual([drop('pg9'), advance('pg3', 600)]);
  });
});
