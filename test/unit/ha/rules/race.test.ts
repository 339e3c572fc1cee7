import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { BEGUN } from '../../../../src/ha/race/timeline-claim.ts';
import type { Sync } from '../../../../src/model/cluster.ts';
import { clusterOf, member, primarySays, SILENT, says } from '../cluster-of.ts';
import { factsOf, NOW, primary, seesNoLeader, standby } from '../facts-of.ts';
import { acting, asked, planned } from './planned.ts';

const HELD = { lock: { outcome: 'held' } } as const;
const heard = (...reports: ReturnType<typeof says>[]) =>
  reports.map((report, index) => ({ name: `pg${index * 2 + 1}`, report }));
const nobodyElse = heard(SILENT, says());

/** pg2 in a cluster that has lost its leader pg1. */
function racer(change: Parameters<typeof factsOf>[0] = {}): Facts {
  return factsOf({
    dcs: seesNoLeader(),
    ...change,
    memory: { healthyView: clusterOf(), lockFreeSince: NOW, ...change.memory },
  });
}

/** The same in synchronous mode, with this `/sync`. */
function syncRacer(
  mode: 'on' | 'quorum',
  sync: Partial<Sync>,
  change: Parameters<typeof factsOf>[0] = {},
): Facts {
  const sight = seesNoLeader();
  const full = { leader: 'pg1', standbys: [], quorum: 0, version: '4', ...sync };
  const dcs = { ...sight, view: { ...sight.view, sync: full } };
  return racer({ dcs, ...change, settings: { synchronousMode: mode, ...change.settings } });
}

describe('a standby that waits for WAL while the `/sync` cannot be believed', () => {
  const members = ['pg1', 'pg2', 'pg3'].map((name) =>
    member(name, { connUrl: `postgres://${name}:5432/postgres` }),
  );
  const waiting = (change: Parameters<typeof factsOf>[0] = {}): Facts =>
    racer({
      dcs: seesNoLeader({ members }),
      postgres: standby({ state: 'starting', follows: '', followsAddress: undefined }),
      memory: { distrustUntil: NOW - 1, syncDistrusted: true },
      ...change,
    });

  it('asks who has it', () => {
    expect(planned(waiting()).asks).toBe('poll');
  });

  it('follows the one that has most', () => {
    const peers = [
      { name: 'pg1', report: says({ receivedLsn: 900, replayedLsn: 900 }) },
      { name: 'pg3', report: says({ receivedLsn: 1000 }) },
    ];
    const plan = acting(waiting({ answers: { peers } }));
    expect(plan.rule).toBe('race.catch-up');
    expect(plan.do).toMatchObject([{ kind: 'follow', source: { name: 'pg3' } }]);
    expect(plan.do[0]).not.toHaveProperty('source.slot');
  });

  it('waits where nobody runs, and in a race as usual', () => {
    const silent = { peers: [{ name: 'pg1', report: SILENT }] };
    expect(planned(waiting({ answers: silent })).rule).toBe('race.run');
    expect(planned(waiting({ memory: {} })).rule).toBe('race.run');
  });
});

describe('a race', () => {
  it('asks all members that are known, also those of the last healthy view', () => {
    const dcs = seesNoLeader({ members: [member('pg2'), member('pg3')] });
    const question = asked(racer({ dcs }));
    expect(question).toMatchObject({ kind: 'poll' });
    expect('members' in question && question.members.map(({ name }) => name)).toEqual([
      'pg1',
      'pg3',
    ]);
  });

  it('does not wait long for a member whose document has expired, unless the store is distrusted', () => {
    const dcs = seesNoLeader({ members: [member('pg2'), member('pg3')] });
    const gone = (change: Parameters<typeof factsOf>[0]) => {
      const question = asked(racer({ dcs, ...change }));
      const peers = 'members' in question ? question.members : [];
      return peers.map(({ name, gone }) => `${name}${gone ? ' gone' : ''}`);
    };
    expect(gone({})).toEqual(['pg1 gone', 'pg3']);
    expect(gone({ memory: { syncDistrusted: true } })).toEqual(['pg1', 'pg3']);
  });

  it('asks for the lock when nobody is ahead', () => {
    expect(asked(racer({ answers: { peers: nobodyElse } }))).toEqual({
      kind: 'acquire',
      ttl: 30,
      sync: 'absent',
    });
  });

  it('promotes with the lock, and remembers that it leads', () => {
    const facts = racer({
      answers: { peers: nobodyElse, ...HELD },
      memory: { leaseUntil: NOW + 30_000 },
    });
    expect(planned(facts)).toEqual({
      rule: 'race.run',
      does: ['set-sync-names', 'write history', 'promote'],
    });
    expect(acting(facts).say).toBe('promoted self to leader by acquiring session lock');
  });

  it.each([['lost'], ['unknown']] as const)('never promotes when the lock is %s', (outcome) => {
    const facts = racer({ answers: { peers: nobodyElse, lock: { outcome } } });
    expect(planned(facts)).toEqual({ rule: 'race.run', does: [] });
  });

  it.each([
    ['a primary is alive', heard(primarySays({ location: 1 }), says())],
    ['another one has more WAL', heard(SILENT, says({ receivedLsn: 1001 }))],
    [
      'another one has the same WAL and a higher priority',
      heard(SILENT, says({ tags: { failover_priority: 2 } })),
    ],
  ])('is left to others when %s', (_, peers) => {
    expect(planned(racer({ answers: { peers } }))).toEqual({ rule: 'race.run', does: [] });
  });

  it('goes to the later timeline before the higher position', () => {
    const later = heard(SILENT, says({ timeline: 2, receivedLsn: 500, replayedLsn: 500 }));
    expect(planned(racer({ answers: { peers: later } })).does).toEqual([]);
    const earlier = heard(says({ timeline: 1, receivedLsn: 5000 }), SILENT);
    const postgres = standby({ timeline: 2 });
    expect(asked(racer({ postgres, answers: { peers: earlier } })).kind).toBe('acquire');
  });

  it('ignores a higher priority of the former leader, and of one with less WAL', () => {
    const tags = { failover_priority: 5 };
    expect(asked(racer({ answers: { peers: heard(says({ tags }), SILENT) } })).kind).toBe(
      'acquire',
    );
    const behind = heard(SILENT, says({ tags, receivedLsn: 999, replayedLsn: 999 }));
    expect(asked(racer({ answers: { peers: behind } })).kind).toBe('acquire');
  });

  it.each([
    [
      'lags too far behind what the leader wrote last',
      {
        postgres: standby({ lsn: 1 }),
        dcs: seesNoLeader({ status: { lastLsn: 2_000_000, slots: {}, retainSlots: [] } }),
      },
    ],
    ['still starts', { postgres: standby({ state: 'starting' }) }],
    ['does not answer', { postgres: standby({ answering: false }) }],
    [
      'has no guard',
      {
        memory: { guardStartedAt: NOW - 1 },
        fence: { guard: 'dead', fenced: false, watchdog: 'off' },
      },
    ],
    [
      'lacks its watchdog',
      {
        self: { watchdog: 'required' },
        fence: { guard: 'alive', fenced: false, watchdog: 'unusable' },
      },
    ],
    ['backs off after a failed promotion', { memory: { raceAfter: NOW + 1 } }],
    [
      'is on an old timeline, with check_timeline',
      { settings: { checkTimeline: true }, memory: { leaderTimeline: 2 } },
    ],
    [
      'is not in the failsafe list',
      { settings: { failsafeMode: true }, dcs: seesNoLeader({ failsafe: { pg1: 'x' } }) },
    ],
  ] as const)('is not for a member that %s', (_, change) => {
    expect(planned(racer(change))).toEqual({ rule: 'race.run', does: [] });
  });

  it('is not for a member with nofailover or priority 0', () => {
    for (const tags of [{ nofailover: true }, { failover_priority: 0 }]) {
      expect(planned(racer({ self: { tags } })).rule).toBe('race.not-allowed');
    }
  });

  it('waits for a leader whose PostgreSQL still streams, with primary_race_backoff (P#3453)', () => {
    const settings = { primaryRaceBackoff: 20 };
    expect(planned(racer({ settings }))).toEqual({ rule: 'race.run', does: [] });
    const later = racer({ settings, memory: { lockFreeSince: NOW - 20_000 } });
    expect(planned(later).asks).toBe('poll');
    const cut = racer({ settings, postgres: standby({ replicationState: undefined }) });
    expect(planned(cut).asks).toBe('poll');
  });

  it('never begins in pause beside a former leader whose PostgreSQL still streams', () => {
    const dcs = seesNoLeader({ failover: { version: '7', candidate: 'pg2' } });
    const streams = racer({ dcs, settings: { pause: true } });
    expect(planned(streams)).toEqual({ rule: 'race.run', does: [] });
    const postgres = standby({ replicationState: undefined });
    expect(planned(racer({ dcs, settings: { pause: true }, postgres })).asks).toBe('poll');
  });

  it('takes a timeline that nobody has used', () => {
    const peers = heard(says({ timeline: 1, receivedLsn: 1, replayedLsn: 1 }), SILENT);
    const dcs = seesNoLeader({ history: [[4, 900, '']] });
    const memory = { leaseUntil: NOW + 30_000 };
    const plan = acting(racer({ dcs, answers: { peers, ...HELD }, memory }));
    expect(plan.do.at(-1)).toEqual({ kind: 'job', job: { kind: 'promote', above: 5 } });
  });

  it('who does not race for want of a place in /failsafe is not waited for', () => {
    const settings = { failsafeMode: true };
    const memory = { startedAt: NOW - 600_000 };
    const failsafe = { pg1: 'http://pg1', pg2: 'http://pg2' };
    const dcs = seesNoLeader({ failsafe });
    const preferred = { tags: { failover_priority: 5 } };
    for (const said of [says(preferred), says({ receivedLsn: 2000 })]) {
      const answers = { peers: [{ name: 'pg3', report: said }] };
      expect(asked(racer({ dcs, settings, memory, answers })).kind).toBe('acquire');
      const without = racer({ dcs, memory, answers });
      expect(planned(without).does).toEqual([]);
    }
    // The others of the quorum have to prove that they have every commit.
    const sync = { standbys: ['pg2', 'pg3', 'pg4'], quorum: 1 };
    const ahead = { name: 'pg3', report: says({ receivedLsn: 2000 }) };
    const quorum = (...peers: { name: string; report: ReturnType<typeof says> }[]) => {
      const facts = syncRacer('quorum', sync, { memory, answers: { peers } });
      const view = { ...facts.dcs?.view, failsafe };
      return planned({
        ...facts,
        dcs: { ...facts.dcs, view },
        settings: { ...facts.settings, failsafeMode: true },
      } as typeof facts);
    };
    expect(quorum(ahead)).toEqual({ rule: 'race.run', does: [] });
    expect(quorum(ahead, { name: 'pg4', report: says() }).asks).toBe('acquire');
  });

  it('claims its number before it promotes, and does not take one that was claimed', () => {
    const written = [
      [1, 900, 'no recovery target specified', '2026-01-01', 'pg1'],
      [2, 950, BEGUN, '2026-01-02', 'pg3'],
    ];
    const memory = { leaseUntil: NOW + 30_000 };
    const answers = { peers: nobodyElse, ...HELD };
    const dcs = seesNoLeader({ history: written });
    const plan = acting(racer({ dcs, answers, memory }));
    expect(plan.do.slice(-2)).toMatchObject([
      {
        kind: 'write',
        document: {
          name: 'history',
          asLeader: true,
          value: [written[0], [3, 1000, BEGUN, expect.any(String), 'pg2']],
        },
      },
      { kind: 'job', job: { kind: 'promote', above: 3 } },
    ]);
    // A claim of which nothing came must not keep everybody from leading.
    const settings = { checkTimeline: true };
    const claimed = seesNoLeader({ history: [[1, 950, BEGUN, '2026-01-02', 'pg3']] });
    expect(planned(racer({ dcs: claimed, settings })).asks).toBe('poll');
  });

  it('does not begin while a failsafe promise holds', () => {
    const failsafePromise = { name: 'pg1', apiUrl: '', connUrl: '', slots: {}, until: NOW + 5000 };
    expect(planned(racer({ memory: { failsafePromise } }))).toEqual({
      rule: 'race.failsafe-promise',
      does: [],
    });
    const over = { ...failsafePromise, until: NOW };
    expect(planned(racer({ memory: { failsafePromise: over } })).asks).toBe('poll');
  });
});

describe('a store that went back or forgot', () => {
  it('stops races until every lease from before has ended', () => {
    const facts = racer({ memory: { revision: 11 } });
    const plan = acting(facts);
    expect(plan.rule).toBe('race.distrusted');
    expect(plan.memory?.distrustUntil).toBe(NOW + 37_500);
  });

  it('is another one than before, whatever its revision', () => {
    const dcs = { ...seesNoLeader(), identity: 'restored' };
    const plan = acting(racer({ dcs, memory: { storeIdentity: 'first' } }));
    expect(plan.rule).toBe('race.distrusted');
    expect(planned(racer({ dcs, memory: { storeIdentity: 'restored' } })).asks).toBe('poll');
  });

  it('in synchronous mode the next race must hear every other standby', () => {
    const memory = { distrustUntil: NOW - 1, syncDistrusted: true };
    const sync = { standbys: ['pg2'] };
    const deaf = syncRacer('on', sync, { memory, answers: { peers: heard(SILENT, SILENT) } });
    expect(planned(deaf)).toEqual({ rule: 'race.run', does: [] });
    const peers = heard(SILENT, says({ receivedLsn: 1001 }));
    expect(planned(syncRacer('on', sync, { memory, answers: { peers } })).does).toEqual([]);
    // What the former leader acknowledged alone, nobody else has; in strict mode it does not.
    const without = syncRacer('on', sync, { memory, answers: { peers: nobodyElse } });
    expect(planned(without).does).toEqual([]);
    const settings = { synchronousModeStrict: true };
    const strict = syncRacer('on', sync, { memory, settings, answers: { peers: nobodyElse } });
    expect(asked(strict).kind).toBe('acquire');
  });

  it('a wiped store is not a reason for a replica to lead before the primary may come back (P#2970)', () => {
    const { initialize: _, ...view } = seesNoLeader().view;
    const dcs = { view, ownsLock: false, revision: 11 };
    expect(planned(racer({ dcs })).rule).toBe('startup.primary-first');
  });
});

describe('a running primary without a lock', () => {
  const orphan = (change: Parameters<typeof factsOf>[0] = {}) =>
    racer({ postgres: primary(), ...change });

  it('takes the free lock back when nobody is newer', () => {
    expect(planned(orphan())).toEqual({ rule: 'race.running-primary', asks: 'poll' });
    expect(asked(orphan({ answers: { peers: nobodyElse } })).kind).toBe('acquire');
  });

  it('stops when its timeline is old: it was starved while another one led (P#2787)', () => {
    const dcs = seesNoLeader({ history: [[1, 1000, 'no recovery target specified']] });
    expect(planned(orphan({ dcs })).does).toEqual(['stop immediate']);
  });

  it('stops when another one is a primary, and when the lock is lost', () => {
    const peers = heard(primarySays(), says());
    expect(planned(orphan({ answers: { peers } })).does).toEqual(['stop immediate']);
    const lost = orphan({ answers: { peers: nobodyElse, lock: { outcome: 'unknown' } } });
    expect(planned(lost).does).toEqual(['stop immediate']);
  });

  it('stops in synchronous mode when /sync does not know it', () => {
    const facts = syncRacer('on', { leader: 'pg9' }, { postgres: primary() });
    expect(planned(facts).does).toEqual(['stop immediate']);
  });
});

describe('in synchronous mode', () => {
  it('only those in /sync race (P#2406)', () => {
    expect(planned(syncRacer('on', { standbys: ['pg3'] }))).toEqual({ rule: 'race.run', does: [] });
    expect(planned(syncRacer('on', { standbys: ['PG2'] })).asks).toBe('poll');
  });

  it('the lock is taken only if /sync is still as it was judged', () => {
    const facts = syncRacer('on', { standbys: ['pg2'] }, { answers: { peers: nobodyElse } });
    expect(asked(facts)).toEqual({ kind: 'acquire', ttl: 30, sync: '4' });
  });

  it('a /sync that is there and names nobody is not taken for none', () => {
    const sight = seesNoLeader();
    const dcs = { ...sight, view: { ...sight.view, syncVersion: '9' } };
    expect(asked(racer({ dcs, answers: { peers: nobodyElse } }))).toMatchObject({ sync: '9' });
  });

  it('a former leader that is ahead does not count (P#1054)', () => {
    const peers = heard(says({ receivedLsn: 2000 }), SILENT);
    expect(asked(syncRacer('on', { standbys: ['pg2'] }, { answers: { peers } })).kind).toBe(
      'acquire',
    );
  });

  it('/sync is written before the promotion', () => {
    const answers = { peers: nobodyElse, ...HELD };
    const facts = syncRacer(
      'on',
      { standbys: ['pg2'] },
      { answers, memory: { leaseUntil: NOW + 30_000 } },
    );
    expect(planned(facts).does).toEqual([
      'write sync',
      'set-sync-names',
      'write history',
      'promote',
    ]);
  });

  it('a quorum is counted', () => {
    const sync = { standbys: ['pg2', 'pg3', 'pg4'], quorum: 2 };
    const one = [{ name: 'pg3', report: says() }];
    expect(planned(syncRacer('quorum', sync, { answers: { peers: one } })).does).toEqual([]);
    const two = [...one, { name: 'pg4', report: says() }];
    expect(asked(syncRacer('quorum', sync, { answers: { peers: two } })).kind).toBe('acquire');
    const outside = { ...sync, standbys: ['pg3', 'pg4', 'pg5'] };
    expect(planned(syncRacer('quorum', outside, { answers: { peers: two } })).does).toEqual([]);
  });
});

describe('a request for a candidate, while nobody leads', () => {
  const request = (failover: object) => seesNoLeader({ failover: { version: '7', ...failover } });

  it('keeps the others out while the candidate is able', () => {
    const dcs = request({ leader: 'pg1', candidate: 'pg3' });
    expect(planned(racer({ dcs }))).toEqual({ rule: 'race.run', asks: 'poll' });
    expect(planned(racer({ dcs, answers: { peers: nobodyElse } })).does).toEqual([]);
    const dead = heard(SILENT, SILENT);
    expect(asked(racer({ dcs, answers: { peers: dead } })).kind).toBe('acquire');
  });

  it('nobody stands aside for a candidate that may never lead, by either tag', () => {
    const dcs = request({ leader: 'pg1', candidate: 'pg3' });
    for (const tags of [{ nofailover: true }, { failover_priority: 0 }]) {
      const peers = heard(SILENT, says({ tags }));
      expect(asked(racer({ dcs, answers: { peers } })).kind).toBe('acquire');
    }
  });

  it('holds when its scheduled time has come, and not before', () => {
    const at = (time: string) => request({ leader: 'pg1', candidate: 'pg3', scheduledAt: time });
    const due = racer({ dcs: at('2026-01-01T00:00:00+00:00'), answers: { peers: nobodyElse } });
    expect(planned(due).does).toEqual([]);
    const later = racer({ dcs: at('2026-01-01T00:00:01+00:00'), answers: { peers: nobodyElse } });
    expect(asked(later).kind).toBe('acquire');
  });

  it('does not keep them out for ever', () => {
    const dcs = request({ leader: 'pg1', candidate: 'pg3' });
    const memory = { lockFreeSince: NOW - 30_000 };
    expect(asked(racer({ dcs, memory, answers: { peers: nobodyElse } })).kind).toBe('acquire');
  });

  it('a manual failover goes to the candidate even if it lacks WAL, but never beside a primary (S10)', () => {
    const dcs = request({ candidate: 'pg2' });
    const behind = heard(SILENT, says({ receivedLsn: 5000 }));
    expect(asked(racer({ dcs, answers: { peers: behind } })).kind).toBe('acquire');
    const alive = heard(primarySays(), SILENT);
    expect(planned(racer({ dcs, answers: { peers: alive } })).does).toEqual([]);
  });

  it('in synchronous mode a switchover never goes to an asynchronous candidate', () => {
    const sight = request({ leader: 'pg1', candidate: 'pg2' });
    const sync = { leader: 'pg1', standbys: ['pg3'], quorum: 0, version: '4' };
    const dcs = { ...sight, view: { ...sight.view, sync } };
    const facts = racer({ dcs, settings: { synchronousMode: 'on' } });
    expect(planned(facts)).toEqual({ rule: 'race.run', does: [] });
  });

  it('the former leader leads again only when nobody else can', () => {
    const dcs = request({ leader: 'pg2' });
    expect(planned(racer({ dcs, answers: { peers: nobodyElse } })).does).toEqual([]);
    expect(asked(racer({ dcs, answers: { peers: heard(SILENT, SILENT) } })).kind).toBe('acquire');
  });
});
