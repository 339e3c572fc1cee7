import { describe, expect, it } from 'vitest';
import type { Job, JobSpec } from '../../../../src/ha/job.ts';
import { NO_ORDERS } from '../../../../src/ha/orders.ts';
import type { SourceReport } from '../../../../src/model/postgres.ts';
import { member, SILENT, says } from '../cluster-of.ts';
import {
  factsOf,
  leaderFacts,
  NOW,
  primary,
  SYSTEM_ID,
  sees,
  seesNoLeader,
  standby,
  stopped,
} from '../facts-of.ts';
import { acting, planned } from './planned.ts';

const ended = (spec: JobSpec, ok: boolean): Job => ({
  spec,
  startedAt: NOW - 5000,
  outcome: ok ? { ok } : { ok, cancelled: false, failure: 'it broke' },
});
/** What a server does not say before it takes connections. */
const unheard = { receivedLsn: undefined, replayedLsn: undefined, replicationState: undefined };
const running = (spec: JobSpec): Job => ({ spec, startedAt: NOW - 5000, outcome: undefined });
const empty = stopped({ dataDirectory: 'empty', systemId: undefined, timeline: undefined, lsn: 0 });
const withConn = [
  member('pg1', { role: 'primary', connUrl: 'postgres://pg1:5432/postgres' }),
  member('pg2'),
  member('pg3', { connUrl: 'postgres://pg3:5432/postgres', tags: { clonefrom: true } }),
];
const led = (change: object = {}) => sees({ members: withConn, ...change });
const nobody = (initialize?: string) => {
  const { initialize: _, ...view } = seesNoLeader({ members: [] }).view;
  return {
    view: initialize === undefined ? view : { ...view, initialize },
    ownsLock: false,
    revision: 11,
  };
};

/** A node that never was part of a cluster. */
const fresh = (change: Parameters<typeof factsOf>[0] = {}) =>
  factsOf({
    postgres: empty,
    dcs: nobody(),
    ...change,
    self: { bootstrap: { ttl: 30 }, ...change.self },
    memory: { systemId: undefined, ...change.memory },
  });

const source = (change: Partial<SourceReport & { ok: true }> = {}): SourceReport => ({
  ok: true,
  systemId: SYSTEM_ID,
  timeline: 2,
  lsn: 2000,
  inRecovery: false,
  checkpointedSincePromote: true,
  history: [{ timeline: 1, lsn: 1000, reason: '' }],
  ...change,
});

describe('a node without data', () => {
  it('makes the cluster when nobody has begun one', () => {
    expect(planned(fresh())).toEqual({
      rule: 'startup.bootstrap',
      does: ['write initialize', 'bootstrap'],
    });
  });

  it.each([
    ['another one has claimed it', { dcs: nobody('') }],
    ['it may not lead', { self: { tags: { nofailover: true } } }],
    [
      'a member runs that knows better than the store',
      { dcs: { ...nobody(), view: { ...nobody().view, members: withConn } } },
    ],
    [
      'a member that is down has the data, and the store was wiped in pause',
      {
        dcs: {
          ...nobody(),
          view: {
            ...nobody().view,
            members: withConn.map((one) => ({ ...one, state: 'crashed', role: 'demoted' })),
          },
        },
      },
    ],
    ['it has been part of a cluster, which the store forgot', { memory: { systemId: SYSTEM_ID } }],
    ['the last attempt has just failed', { memory: { retryAfter: NOW + 1 } }],
  ])('waits when %s', (_, change) => {
    expect(planned(fresh(change))).toEqual({ rule: 'startup.wait', does: [] });
  });

  it('takes the lock before the new cluster takes writes', () => {
    const postgres = stopped({
      dataDirectory: 'unfinished',
      role: 'primary',
      controlState: 'shut down',
    });
    const job = ended({ kind: 'bootstrap' }, true);
    const made = { postgres, job, dcs: nobody('') };
    expect(planned(fresh({ ...made, memory: { bootstrapping: true } }))).toEqual({
      rule: 'startup.bootstrapped',
      asks: 'acquire',
    });
    const memory = { bootstrapping: true, leaseUntil: NOW + 20_000 };
    const held = fresh({ ...made, memory, answers: { lock: { outcome: 'held' } } });
    expect(planned(held).does).toEqual([
      'write initialize',
      'finish-bootstrap',
      'start as primary',
    ]);
  });

  it('is not the maker of a cluster for having wanted to be: its claim may have been late', () => {
    const postgres = stopped({ dataDirectory: 'unfinished', systemId: undefined });
    const dcs = nobody('');
    expect(acting(fresh()).memory?.bootstrapping).toBe(false);
    expect(planned(fresh({ postgres, dcs, memory: { bootstrapping: true } })).rule).toBe(
      'startup.wait',
    );
  });

  it('gives way when its claim was lost, and unclaims when it failed (S9)', () => {
    const job = running({ kind: 'bootstrap' });
    const lost = fresh({ job, dcs: nobody(SYSTEM_ID), memory: { bootstrapping: true } });
    expect(planned(lost)).toEqual({ rule: 'busy.bootstrap-claim-lost', does: ['cancel-job'] });
    const failed = fresh({ job: ended({ kind: 'bootstrap' }, false), dcs: nobody('') });
    expect(planned(failed)).toEqual({
      rule: 'startup.bootstrap-failed',
      does: ['remove initialize'],
    });
  });

  it('that gave the cluster its name before it died finishes its bootstrap (S9)', () => {
    const postgres = stopped({ dataDirectory: 'unfinished', role: 'primary' });
    const facts = fresh({ postgres, dcs: nobody(SYSTEM_ID) });
    expect(planned(facts)).toEqual({
      rule: 'startup.finish-bootstrap',
      does: ['finish-bootstrap'],
    });
    const other = fresh({ postgres, dcs: nobody('7999999999999999999') });
    expect(planned(other).rule).toBe('startup.wait');
  });

  it('copies a member that offers itself before the leader', () => {
    const facts = factsOf({ postgres: empty, dcs: led() });
    expect(planned(facts)).toEqual({ rule: 'startup.clone', does: ['clone'] });
    expect(acting(facts).say).toBe("trying to bootstrap from replica 'pg3'");
  });

  it('tries a failed copy again, later each time', () => {
    const job = ended({ kind: 'clone', from: undefined }, false);
    const plan = acting(factsOf({ postgres: empty, dcs: led(), job, memory: { failures: 2 } }));
    expect(plan).toMatchObject({ rule: 'startup.clone-failed', memory: { failures: 3 } });
    expect(plan.memory?.retryAfter).toBe(NOW + 8000);
  });

  it('does not keep a lock', () => {
    expect(planned(leaderFacts({ postgres: empty })).does).toEqual(['disarm', 'release']);
  });

  it('never joins a cluster with another system identifier (S7)', () => {
    const postgres = standby({ systemId: '7999999999999999999' });
    expect(planned(factsOf({ postgres }))).toEqual({
      rule: 'startup.foreign-data',
      does: ['exit'],
    });
  });

  it('leaves data alone that are no cluster (S6)', () => {
    const postgres = stopped({ dataDirectory: 'invalid', systemId: undefined });
    expect(planned(factsOf({ postgres, dcs: led() }))).toEqual({
      rule: 'startup.invalid-data',
      does: [],
    });
  });

  it('does not start data in which pg_rewind died (P#3652)', () => {
    const postgres = stopped({ dataDirectory: 'half-rewound' });
    expect(planned(factsOf({ postgres, dcs: led() }))).toEqual({
      rule: 'startup.half-rewound',
      does: [],
    });
    const self = { removeDataDirectoryOnRewindFailure: true };
    expect(planned(factsOf({ postgres, dcs: led(), self })).does).toEqual(['disarm', 'clone']);
  });

  it('data from before the cluster give it their identifier, if they are a primary’s', () => {
    const memory = { systemId: undefined };
    const adopting = factsOf({ dcs: nobody(), postgres: primary(), memory });
    expect(planned(adopting)).toEqual({ rule: 'startup.adopt', does: ['write initialize'] });
    const replica = factsOf({ dcs: nobody(), memory });
    expect(planned(replica)).toEqual({ rule: 'startup.primary-first', does: [] });
    // Who races must be able to hear how far it has got.
    const down = factsOf({ dcs: nobody(), postgres: stopped({ role: 'standby' }), memory });
    expect(planned(down).rule).toBe('down.start-standby');
  });
});

describe('a server that is down, under another leader', () => {
  const down = (change: Parameters<typeof factsOf>[0] = {}) =>
    factsOf({ dcs: led(), postgres: stopped(), settings: { usePgRewind: true }, ...change });
  const former = (lsn: number, controlState = 'shut down') =>
    stopped({ role: 'primary', controlState, lsn });

  it('asks the leader for its timelines, and starts when its data fit', () => {
    expect(planned(down()).asks).toBe('inspect');
    expect(planned(down({ answers: { source: source() } })).does).toEqual([
      'disarm',
      'start as standby',
    ]);
  });

  it('is rewound when it has WAL that the leader has not (S5)', () => {
    const facts = down({ postgres: former(1001), answers: { source: source() } });
    expect(planned(facts)).toEqual({ rule: 'down.rejoin', does: ['disarm', 'rewind'] });
  });

  it('waits for the checkpoint of the new leader first (P#2073)', () => {
    const answers = { source: source({ checkpointedSincePromote: false }) };
    expect(planned(down({ postgres: former(1001), answers })).does).toEqual([]);
  });

  it('ends its own WAL before a rewind, but never with a backup_label (P#3577)', () => {
    const postgres = former(1001, 'in production');
    expect(planned(down({ postgres })).does).toEqual(['disarm', 'crash-recovery']);
    const labelled = { ...postgres, backupLabel: true };
    const answers = { source: source() };
    expect(planned(down({ postgres: labelled, answers })).does).toEqual([
      'disarm',
      'start as standby',
    ]);
  });

  it('throws nothing away for a leader that is no primary, or of a store that went back (S8)', () => {
    const self = { removeDataDirectoryOnDivergedTimelines: true };
    const postgres = former(1001);
    const answers = { source: source() };
    const settings = { usePgRewind: false };
    expect(planned(down({ postgres, answers, self, settings })).does).toContain('clone');
    const standing = { source: source({ inRecovery: true }) };
    expect(planned(down({ postgres, answers: standing, self, settings })).does).toEqual([]);
    const memory = { distrustUntil: NOW + 1 };
    const distrusted = down({ postgres, answers, self, settings, memory });
    expect(planned(distrusted).does).toEqual(['disarm', 'start as standby']);
  });

  it('sees a fork with equal timeline numbers (A#1161)', () => {
    const answers = { source: source({ timeline: 1, history: [] }) };
    const self = { removeDataDirectoryOnDivergedTimelines: true };
    expect(planned(down({ postgres: former(1000), answers, self })).does).toEqual([
      'disarm',
      'clone',
    ]);
  });

  it('never makes a new copy unless it is told that it may (S6)', () => {
    const answers = { source: source() };
    const facts = down({ postgres: former(1001), answers, settings: { usePgRewind: false } });
    expect(acting(facts)).toMatchObject({ do: [], memory: { rewind: 'failed' } });
  });

  it('backs off after a failed start, and after a failed rewind', () => {
    const start = ended({ kind: 'start', as: 'standby', from: undefined }, false);
    expect(acting(down({ job: start })).memory).toMatchObject({
      failures: 1,
      retryAfter: NOW + 2000,
    });
    const from = { name: 'pg1', connUrl: '' };
    const rewound = ended({ kind: 'rewind', from }, false);
    expect(acting(down({ job: rewound })).memory).toMatchObject({ failures: 1, rewind: 'needed' });
    expect(planned(down({ memory: { retryAfter: NOW + 1 } }))).toEqual({
      rule: 'down.backing-off',
      does: [],
    });
  });

  it('after a handover waits for the successor, but not for ever', () => {
    const dcs = seesNoLeader();
    const waiting = down({ dcs, memory: { releasedAt: NOW - 1000 } });
    expect(planned(waiting)).toEqual({ rule: 'down.wait-for-successor', does: [] });
    const over = down({ dcs, memory: { releasedAt: NOW - 10_000 } });
    expect(planned(over).does).toEqual(['disarm', 'start as standby']);
  });

  it('is disarmed first when the guard has stopped it', () => {
    const fence = { guard: 'alive', fenced: true, watchdog: 'off' } as const;
    expect(planned(down({ fence }))).toEqual({ rule: 'unreachable.fenced', does: ['disarm'] });
  });
});

describe('a standby', () => {
  it('follows', () => {
    expect(acting(factsOf()).say).toBe(
      'no action. I am (pg2), a secondary, and following a leader (pg1)',
    );
  });

  it('connects again when the slot to use has changed', () => {
    const dcs = led();
    expect(planned(factsOf({ dcs })).rule).toBe('following.steady');
    const settings = { useSlots: false };
    expect(planned(factsOf({ dcs, settings })).does).toEqual(['follow']);
  });

  it('changes its source with the leader, and with replicatefrom', () => {
    const dcs = led({ leader: 'pg3' });
    expect(planned(factsOf({ dcs }))).toEqual({ rule: 'following.retarget', does: ['follow'] });
    const cascading = factsOf({ dcs: led(), self: { tags: { replicatefrom: 'pg3' } } });
    expect(acting(cascading).do).toMatchObject([{ kind: 'follow', source: { name: 'pg3' } }]);
    const gone = factsOf({ dcs: led(), self: { tags: { replicatefrom: 'pg9' } } });
    expect(planned(gone).rule).toBe('following.steady');
  });

  it('that is still starting changes its source, too (P#3654)', () => {
    const starting = { state: 'starting', ...unheard } as const;
    const dcs = led({ leader: 'pg3' });
    const waits = factsOf({ dcs, postgres: standby(starting) });
    expect(planned(waits)).toEqual({ rule: 'following.retarget', does: ['follow'] });
    const job = running({ kind: 'start', as: 'standby', from: undefined });
    expect(planned({ ...waits, job })).toEqual({ rule: 'busy.retarget', does: ['follow'] });
    const restart = running({ kind: 'restart', from: undefined });
    expect(planned({ ...waits, job: restart }).rule).toBe('busy.retarget');
    const told = { ...starting, follows: 'pg3', followsAddress: { host: 'pg3', port: 5432 } };
    expect(planned(factsOf({ dcs, job, postgres: standby(told) })).rule).toBe('busy.wait');
    // One that is to become a primary follows nobody.
    const primaryJob = running({ kind: 'start', as: 'primary', from: undefined });
    expect(planned({ ...waits, job: primaryJob }).rule).not.toBe('busy.retarget');
  });

  it('that has just started is looked at again until it streams the timeline of the leader', () => {
    const spec = { kind: 'start', as: 'standby', from: undefined } as const;
    const job = { spec, startedAt: NOW, outcome: { ok: true } } as const;
    const memory = { rewind: 'clear' } as const;
    const dcs = sees({ members: [member('pg1', { timeline: 2 }), member('pg2')] });
    const streams = standby({ timeline: 2 });
    const fine = acting(factsOf({ dcs, job, memory, postgres: streams }));
    expect(fine).toMatchObject({ rule: 'following.steady' });
    expect(fine.wakeAt).toBeUndefined();
    const answers = { source: source({ timeline: 2 }) };
    for (const change of [{ replicationState: undefined }, { timeline: 1 }]) {
      const postgres = { ...streams, ...change };
      const plan = acting(factsOf({ dcs, job, memory, answers, postgres }));
      expect(plan).toMatchObject({ rule: 'following.steady', wakeAt: NOW + 1000 });
    }
  });

  it('that is still starting looks at the timelines, and stops when it waits in vain', () => {
    const postgres = standby({ state: 'starting', ...unheard, lsn: 1001 });
    expect(planned(factsOf({ dcs: led(), postgres })).asks).toBe('inspect');
    const answers = { source: source() };
    const settings = { usePgRewind: true };
    const curable = { dcs: led(), answers, settings };
    expect(acting(factsOf({ ...curable, postgres }))).toMatchObject({
      rule: 'following.timelines',
      memory: { rewind: 'needed' },
    });
    const fine = acting(factsOf({ ...curable, postgres: { ...postgres, lsn: 1000 } }));
    expect(fine.rule).toBe('following.steady');
    expect(fine.memory).not.toHaveProperty('rewind', 'clear');
    const copy = factsOf({ ...curable, postgres: { ...postgres, backupLabel: true } });
    expect(planned(copy).rule).toBe('following.steady');
  });

  it('of another member looks again when that has sent what the leader does not have', () => {
    const connUrl = 'postgres://pg1:5432/postgres';
    const pg1 = member('pg1', { role: 'primary', timeline: 2, connUrl });
    const dcs = sees({ members: [pg1, member('pg2')] });
    const memory = { rewind: 'clear', leaderTimeline: 2, healthyView: dcs.view } as const;
    const postgres = standby({ replicationState: undefined, timeline: 1, replayedLsn: 1001 });
    const waits = factsOf({ dcs, memory, postgres });
    expect(planned(waits)).toMatchObject({ asks: 'inspect' });
    const history = [{ timeline: 1, lsn: 1000, reason: '' }];
    const answers = { source: source({ timeline: 2, history }) };
    const settings = { usePgRewind: true };
    expect(
      acting({ ...waits, answers, settings: { ...waits.settings, ...settings } }),
    ).toMatchObject({ rule: 'following.timelines', memory: { rewind: 'needed' } });
    // Nothing wakes it again as long as there is nothing to be done.
    const behind = standby({ replicationState: undefined, timeline: 1, replayedLsn: 999 });
    const fine = acting({ ...waits, postgres: behind, answers });
    expect(fine).toMatchObject({ rule: 'following.steady' });
    const there = standby({ replicationState: undefined, timeline: 2 });
    expect(planned({ ...waits, postgres: there }).rule).toBe('following.steady');
  });

  it('that gets no WAL for a minute says so, unless it goes on replaying or streams', () => {
    const dcs = led();
    const memory = {
      ...({ rewind: 'clear', healthyView: dcs.view, leaderTimeline: 1 } as const),
      stuck: { since: NOW - 60_000, lsn: 1000 },
    };
    const waits = standby({ replicationState: undefined, replayedLsn: 1000 });
    const answers = { source: source() };
    const plan = acting(factsOf({ dcs, memory, answers, postgres: waits }));
    expect(plan).toMatchObject({ rule: 'following.stuck', do: [] });
    expect(plan.say).toContain('get no WAL from pg1');
    const starts = standby({ state: 'starting', ...unheard, lsn: 1000, backupLabel: true });
    expect(planned(factsOf({ dcs, memory, postgres: starts })).rule).toBe('following.stuck');
    const nearly = { ...memory, stuck: { since: NOW - 59_999, lsn: 1000 } };
    for (const facts of [
      { dcs, memory: nearly, postgres: waits },
      { dcs, memory, postgres: { ...waits, replayedLsn: 1001 } },
      { dcs, memory, postgres: standby({ replayedLsn: 1000 }) },
    ]) {
      expect(acting(factsOf({ ...facts, answers })).rule).not.toBe('following.stuck');
    }
  });

  it('notices a source that has moved under its name, and no other spelling of the same', () => {
    const at = (connUrl: string) =>
      factsOf({ dcs: led({ members: [member('pg1', { role: 'primary', connUrl })] }) });
    expect(planned(at('postgres://pg1.example:5432/postgres')).does).toEqual(['follow']);
    expect(planned(at('postgres://pg1:5433/postgres')).does).toEqual(['follow']);
    for (const same of ['postgres://PG1/postgres', 'postgres://user@pg1:5432/x?sslmode=require']) {
      expect(planned(at(same)).rule).toBe('following.steady');
    }
    // What names no host is no place to go to.
    expect(planned(at('postgres:///postgres')).rule).toBe('following.steady');
  });

  it('is restarted for another source before PostgreSQL 13', () => {
    const dcs = led({ leader: 'pg3' });
    const old = factsOf({ dcs, postgres: standby({ serverVersion: 120_022 }) });
    expect(acting(old)).toMatchObject({
      rule: 'following.retarget',
      do: [{ kind: 'job', job: { kind: 'restart', from: { name: 'pg3' } } }],
    });
    const starts = standby({ serverVersion: 120_022, state: 'starting', ...unheard });
    const job = running({ kind: 'start', as: 'standby', from: undefined });
    expect(planned(factsOf({ dcs, job, postgres: starts })).rule).toBe('busy.wait');
  });

  it('a standby that replays no further for its parameters is restarted, but not in pause', () => {
    const dcs = led();
    const postgres = standby({ replayPaused: true, replayNeedsRestart: true });
    const plan = planned(factsOf({ dcs, postgres }));
    expect(plan).toEqual({ rule: 'following.parameters', does: ['restart'] });
    const paused = factsOf({ dcs, postgres, settings: { pause: true } });
    expect(planned(paused).does).not.toContain('restart');
    const byHand = factsOf({ dcs, postgres: standby({ replayPaused: true }) });
    expect(planned(byHand).rule).toBe('following.steady');
  });

  it('with nostream follows nobody', () => {
    const self = { tags: { nostream: true } };
    expect(acting(factsOf({ dcs: led(), self })).do).toMatchObject([
      { kind: 'follow', source: undefined },
    ]);
  });

  it('that cannot stream looks at the timelines, and stops only when a cure is at hand', () => {
    const postgres = standby({ replicationState: undefined, replayedLsn: 1001 });
    expect(planned(factsOf({ dcs: led(), postgres })).asks).toBe('inspect');
    const answers = { source: source() };
    const curable = factsOf({ dcs: led(), postgres, answers, settings: { usePgRewind: true } });
    expect(acting(curable)).toMatchObject({
      rule: 'following.timelines',
      memory: { rewind: 'needed' },
    });
    const not = factsOf({ dcs: led(), postgres, answers });
    expect(acting(not)).toMatchObject({ do: [], memory: { rewind: 'failed' } });
  });

  it('that has diverged and gets the rest of the old timeline has diverged all the same', () => {
    const pg1 = member('pg1', { role: 'primary', timeline: 2 });
    const dcs = sees({ members: [pg1, member('pg2')] });
    const memory = { rewind: 'failed', leaderTimeline: 2, healthyView: dcs.view } as const;
    const rest = factsOf({ dcs, memory, postgres: standby({ timeline: 1 }) });
    expect(acting(rest).memory).not.toHaveProperty('rewind');
    const cured = factsOf({ dcs, memory, postgres: standby({ timeline: 2 }) });
    expect(acting(cured).memory).toMatchObject({ rewind: 'clear' });
    // A leader that does not say its timeline now has said it before.
    const { timeline: _, ...silent } = pg1;
    const before = sees({ members: [silent, member('pg2')] });
    expect(acting({ ...rest, dcs: before }).memory).not.toHaveProperty('rewind');
    expect(acting({ ...cured, dcs: before }).memory).toMatchObject({ rewind: 'clear' });
  });

  it('does not take a leader that is still being promoted for the truth', () => {
    const postgres = standby({ replicationState: undefined });
    const answers = { source: source({ inRecovery: true, timeline: 1, history: [] }) };
    const plan = acting(factsOf({ dcs: led(), postgres, answers }));
    expect(plan.memory).not.toHaveProperty('rewind', 'clear');
  });
});

describe('without the DCS', () => {
  const cut = { dcs: undefined };
  const unknown = { lock: { outcome: 'unknown' } } as const;

  it('a leader tries to renew all the same, then keeps on while its lease holds', () => {
    expect(planned(leaderFacts(cut))).toEqual({ rule: 'unreachable.renew', asks: 'renew' });
    expect(planned(leaderFacts({ ...cut, answers: unknown })).does).toEqual([]);
    const late = leaderFacts({ ...cut, memory: { leaseUntil: NOW + 6000 } });
    expect(planned(late)).toEqual({ rule: 'unreachable.keep-or-stop', does: ['stop fast'] });
  });

  it('wakes before the lease is used up', () => {
    const facts = leaderFacts({ ...cut, answers: unknown, memory: { leaseUntil: NOW + 6100 } });
    expect(acting(facts).wakeAt).toBe(NOW + 100);
  });

  it('in failsafe mode asks all members, and goes on only when all agree (L3)', () => {
    const healthyView = sees({ failsafe: { pg1: 'a', pg2: 'b' } }).view;
    const change = { ...cut, settings: { failsafeMode: true } };
    const memory = { leaseUntil: NOW + 6100, healthyView };
    const asks = leaderFacts({ ...change, memory, answers: unknown });
    expect(planned(asks).asks).toBe('failsafe');
    const yes = leaderFacts({ ...change, memory, answers: { ...unknown, failsafe: 'accepted' } });
    expect(acting(yes).say).toContain('failsafe mode is enabled and all members are accessible');
    const late = { leaseUntil: NOW + 6000, healthyView };
    const no = leaderFacts({
      ...change,
      memory: late,
      answers: { ...unknown, failsafe: 'refused' },
    });
    expect(planned(no).does).toEqual(['stop fast']);
  });

  it('in pause nothing is stopped', () => {
    expect(
      planned(leaderFacts({ ...cut, settings: { pause: true }, memory: { leaseUntil: 0 } })).rule,
    ).toBe('unreachable.paused');
  });

  it('a standby goes on, and a stopped server is started read-only', () => {
    expect(planned(factsOf(cut))).toEqual({ rule: 'unreachable.wait', does: [] });
    const facts = factsOf({
      ...cut,
      postgres: stopped({ role: 'primary', controlState: 'shut down' }),
    });
    expect(planned(facts).does).toEqual(['disarm', 'start as standby']);
  });

  it('a primary without a known lease stops', () => {
    expect(planned(factsOf({ ...cut, postgres: primary() })).does).toEqual(['stop fast']);
  });
});

describe('while a long operation runs', () => {
  const restart = running({ kind: 'restart', from: undefined });

  it('the lock is kept', () => {
    expect(planned(leaderFacts({ job: restart }))).toEqual({ rule: 'busy.renew', asks: 'renew' });
  });

  it('losing it ends a promotion, a start and a restart of a primary', () => {
    const answers = { lock: { outcome: 'lost' } } as const;
    const memory = { leaseUntil: undefined };
    for (const spec of [
      { kind: 'promote', above: 0 },
      { kind: 'start', as: 'primary', from: undefined },
    ] as const) {
      const facts = leaderFacts({ job: running(spec), postgres: standby(), answers, memory });
      expect(planned(facts)).toEqual({ rule: 'busy.lost-lock', does: ['stop immediate'] });
    }
    const down = stopped({ role: 'primary', controlState: 'shut down' });
    const facts = leaderFacts({ job: restart, postgres: down, answers, memory });
    expect(planned(facts).does).toEqual(['stop immediate']);
  });

  it('a start that takes too long is ended when another one can lead', () => {
    const job = running({ kind: 'start', as: 'primary', from: undefined });
    const settings = { primaryStartTimeout: 4 };
    const answers = {
      lock: { outcome: 'held' },
      peers: [{ name: 'pg2', report: says() }],
    } as const;
    expect(planned(leaderFacts({ job, settings, answers }))).toEqual({
      rule: 'busy.overdue',
      does: ['stop immediate'],
    });
    const alone = { ...answers, peers: [{ name: 'pg2', report: SILENT }] };
    expect(planned(leaderFacts({ job, settings, answers: alone })).does).toEqual([]);
  });

  it('a slow archive does not hold up the successor (P#2067)', () => {
    const job = running({ kind: 'stop', mode: 'fast', checkpoint: true, limit: undefined });
    const down = { state: 'stopping', controlState: 'shut down' } as const;
    const postgres = primary({ ...down, checkpointLsn: 880, lsn: 1000 });
    const memory = { steppingDown: 'switchover' } as const;
    const answers = {
      lock: { outcome: 'held' },
      peers: [{ name: 'pg2', report: says() }],
    } as const;
    expect(planned(leaderFacts({ job, postgres, memory, answers }))).toEqual({
      rule: 'busy.archiving',
      does: ['disarm', 'release'],
    });
    expect(acting(leaderFacts({ job, postgres, memory, answers })).do).toContainEqual({
      kind: 'release',
      lsn: 880,
    });
    // The standby lacks the last record; or where that ends is not known.
    for (const change of [{ lsn: 1001 }, { checkpointLsn: 1000 }]) {
      const behind = { ...postgres, ...change };
      const plan = planned(leaderFacts({ job, postgres: behind, memory, answers }));
      expect(plan.rule).toBe('busy.wait');
    }
  });
});

describe('orders', () => {
  const order = { id: 1, onlyIfPending: false };
  const restart = (more: object = {}) => ({ ...NO_ORDERS, restart: { ...order, ...more } });

  it('a restart is done at once', () => {
    expect(planned(factsOf({ orders: restart() }))).toEqual({
      rule: 'orders.restart',
      does: ['restart'],
    });
  });

  it.each([
    ['role', { role: 'primary' }],
    ['version', { postgresVersion: '15.2' }],
    ['pending', { onlyIfPending: true }],
  ])('a restart whose condition does not hold is turned down: %s', (_, more) => {
    expect(planned(factsOf({ orders: restart(more) })).does).toEqual(['answer']);
  });

  it('whoever asked is told how it ended', () => {
    const job = ended({ kind: 'restart', from: undefined }, true);
    expect(acting(factsOf({ orders: restart(), job })).do).toEqual([
      { kind: 'answer', order: 1, ok: true, text: 'restarted successfully' },
    ]);
  });

  it('a scheduled restart waits, is done, is void after another restart, or was missed', () => {
    const at = Date.UTC(2026, 0, 1);
    const scheduled = (more: object = {}) => ({
      ...NO_ORDERS,
      scheduledRestart: { ...order, at, postmasterStart: standby().postmasterStart, ...more },
    });
    expect(planned(factsOf({ orders: scheduled({ at: at + 1 }) })).rule).toBe('following.steady');
    expect(planned(factsOf({ orders: scheduled() })).does).toEqual(['restart']);
    expect(planned(factsOf({ orders: scheduled({ postmasterStart: 'before' }) })).does).toEqual([
      'answer',
    ]);
    expect(planned(factsOf({ orders: scheduled({ at: at - 16_000 }) })).does).toEqual(['answer']);
    const paused = factsOf({ orders: scheduled(), settings: { pause: true } });
    expect(planned(paused).does).not.toContain('restart');
  });

  it('a restart starts no server that is down, and no primary without the lock', () => {
    for (const postgres of [stopped(), primary()]) {
      expect(planned(factsOf({ orders: restart(), postgres })).does).toEqual(['answer']);
      const scheduledRestart = { ...order, at: Date.UTC(2026, 0, 1), postmasterStart: undefined };
      const orders = { ...NO_ORDERS, scheduledRestart };
      expect(planned(factsOf({ orders, postgres })).does).toEqual(['answer']);
    }
  });

  it('a restart that was overtaken by a stop is not begun again', () => {
    const memory = { steppingDown: 'start-timeout' } as const;
    const facts = leaderFacts({ orders: restart(), memory, postgres: stopped() });
    expect(planned(facts)).toEqual({ rule: 'orders.overtaken', does: ['answer'] });
  });

  it('a restart that was asked for is not overdue with primary_start_timeout 0', () => {
    const job = running({ kind: 'restart', from: undefined });
    const answers = { lock: { outcome: 'held' } } as const;
    const facts = leaderFacts({ job, settings: { primaryStartTimeout: 0 }, answers });
    expect(planned(facts).rule).toBe('busy.wait');
  });

  it('a new copy is made by order, never of the leader, and not over a running job (P#1215)', () => {
    const reinitialize = { id: 1, force: false, fromLeader: false };
    const orders = { ...NO_ORDERS, reinitialize };
    expect(planned(factsOf({ orders, dcs: led() })).does).toEqual(['disarm', 'clone', 'answer']);
    // It may fail, and leave the data that are there.
    expect(acting(factsOf({ orders, dcs: led() })).memory?.rewind).toBe('check');
    expect(planned(factsOf({ orders, dcs: seesNoLeader() })).does).toEqual(['answer']);
    expect(planned(leaderFacts({ orders })).does).toEqual(['answer']);
    const job = running({ kind: 'rewind', from: { name: 'pg1', connUrl: '' } });
    expect(planned(factsOf({ orders, job, dcs: led() })).rule).toBe('busy.wait');
    const force = { ...NO_ORDERS, reinitialize: { ...reinitialize, force: true } };
    expect(planned(factsOf({ orders: force, job, dcs: led() })).does).toContain('clone');
  });

  it('the first start of a new cluster is no start after a failure', () => {
    const answers = { lock: { outcome: 'held' } } as const;
    const job = running({ kind: 'start', as: 'primary', from: undefined, first: true });
    expect(acting(leaderFacts({ job, answers })).say).toBe(
      'updated leader lock during post_bootstrap',
    );
    const again = running({ kind: 'start', as: 'primary', from: undefined });
    expect(acting(leaderFacts({ job: again, answers })).say).toBe(
      'updated leader lock during starting primary after failure',
    );
  });

  it('a new copy of the leader is a base backup, whatever way is configured', () => {
    const order = { id: 1, force: false, fromLeader: true };
    const orders = { ...NO_ORDERS, reinitialize: order };
    const job = { kind: 'clone', from: { name: 'pg1' }, method: 'basebackup' };
    expect(acting(factsOf({ orders, dcs: led() })).do).toMatchObject([{}, { job }, {}]);
    const any = { ...NO_ORDERS, reinitialize: { ...order, fromLeader: false } };
    const [, made] = acting(factsOf({ orders: any, dcs: led() })).do;
    expect(made).not.toHaveProperty('job.method');
  });

  it('primary_stop_timeout limits a stop in synchronous mode only, at the end as in a switchover', () => {
    const orders = { ...NO_ORDERS, shutdown: true };
    const stop = (settings: object) =>
      acting(leaderFacts({ orders, settings: { primaryStopTimeout: 7, ...settings } })).do;
    const limited = (limit: number | undefined) => [{ kind: 'job', job: { kind: 'stop', limit } }];
    expect(stop({})).toMatchObject(limited(undefined));
    expect(stop({ synchronousMode: 'on' })).toMatchObject(limited(7));
  });

  it('at the end PostgreSQL is stopped before the lock is released', () => {
    const orders = { ...NO_ORDERS, shutdown: true };
    expect(planned(leaderFacts({ orders })).does).toEqual(['stop fast']);
    const down = stopped({ role: 'primary', controlState: 'shut down' });
    expect(planned(leaderFacts({ orders, postgres: down })).does).toEqual([
      'disarm',
      'release',
      'exit',
    ]);
    expect(planned(leaderFacts({ orders, settings: { pause: true } })).does).toEqual([
      'disarm',
      'exit',
    ]);
  });
});

describe('in pause', () => {
  const settings = { pause: true };

  it('a server that was stopped stays stopped, and gives up its lock', () => {
    expect(planned(factsOf({ settings, postgres: stopped() }))).toEqual({
      rule: 'paused.stopped',
      does: [],
    });
    expect(planned(leaderFacts({ settings, postgres: stopped() })).does).toEqual(['release']);
  });

  it('a primary without the lock goes on, and takes the lock when it is free', () => {
    expect(planned(factsOf({ settings, postgres: primary() })).rule).toBe(
      'paused.primary-beside-leader',
    );
    const free = factsOf({ settings, postgres: primary(), dcs: seesNoLeader() });
    expect(planned(free)).toEqual({ rule: 'paused.primary-without-lock', asks: 'acquire' });
    // Another one has led since: those who follow it would lose what it wrote.
    const dcs = seesNoLeader({ history: [[7, 900, 'no recovery target specified']] });
    expect(planned(factsOf({ settings, postgres: primary(), dcs }))).toEqual({
      rule: 'paused.primary-without-lock',
      does: ['disarm'],
    });
  });

  it('a standby does not race, but for a failover to itself', () => {
    expect(planned(factsOf({ settings, dcs: seesNoLeader() })).rule).toBe('paused.wait');
    const dcs = seesNoLeader({ failover: { version: '7', candidate: 'pg2' } });
    const postgres = standby({ replicationState: undefined });
    expect(planned(factsOf({ settings, dcs, postgres })).asks).toBe('poll');
  });

  it('losing the lock stops nobody', () => {
    const facts = leaderFacts({
      settings,
      answers: { lock: { outcome: 'unknown' } },
      memory: { leaseUntil: undefined },
    });
    expect(planned(facts)).toEqual({ rule: 'paused.lost-lock', does: ['disarm'] });
  });

  it('a primary of another cluster gives up the lock (S7)', () => {
    const postgres = primary({ systemId: '7999999999999999999' });
    expect(planned(leaderFacts({ settings, postgres })).does).toEqual(['release']);
  });
});

describe('a standby cluster', () => {
  const settings = { standbyCluster: true, remotePrimary: { host: 'far', port: 5433 } };
  const held = { lock: { outcome: 'held' } } as const;

  it('its leader follows the remote primary', () => {
    const facts = leaderFacts({ settings, answers: held, postgres: standby({ follows: 'pg3' }) });
    expect(acting(facts)).toMatchObject({
      rule: 'leading.standby-leader',
      say: 'no action. I am (pg1), the standby leader with the lock',
      do: [{ kind: 'follow', source: { name: '', connUrl: 'postgres://far:5433/postgres' } }],
    });
  });

  it('its winner of a race is not promoted', () => {
    const facts = factsOf({
      dcs: seesNoLeader(),
      settings,
      answers: { ...held, peers: [] },
      memory: { leaseUntil: NOW + 20_000 },
    });
    expect(acting(facts)).toMatchObject({
      do: [],
      say: 'promoted self to a standby leader by acquiring session lock',
    });
  });

  it('is promoted when it becomes a cluster of its own', () => {
    const facts = leaderFacts({ answers: held, postgres: standby({ follows: '' }) });
    expect(planned(facts).rule).toBe('leading.promote');
  });
});
