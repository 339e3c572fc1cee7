import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessCandidates, likelyCandidates } from '../../../src/ha/candidates.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import type { Member } from '../../../src/model/member.ts';
import type { MemberReport } from '../../../src/model/node-status.ts';
import { clusterOf, member, primarySays, SILENT, says } from './cluster-of.ts';

const MB = 1_048_576;
const HEALTHY = { pg1: primarySays(), pg2: says(), pg3: says() };

function assess(
  view: ClusterView,
  reports: Record<string, MemberReport>,
  action: 'switchover' | 'failover' = 'switchover',
) {
  const nowMs = Date.UTC(2026, 0, 1, 12);
  const all = assessCandidates({
    view,
    reports: new Map(Object.entries(reports)),
    action,
    nowMs,
  });
  return Object.fromEntries(all.map((candidate) => [candidate.name, candidate]));
}

const codes = (candidate: { reasons: readonly { code: string }[] } | undefined) =>
  candidate?.reasons.map(({ code }) => code);

describe('assessCandidates', () => {
  it('lists every member but the leader, by name, and lets healthy replicas take over', () => {
    const members = [member('pg3'), member('pg1'), member('pg2')];
    const all = assess(clusterOf({ members }), HEALTHY);
    expect(Object.keys(all)).toEqual(['pg2', 'pg3']);
    expect(all.pg2).toEqual({
      name: 'pg2',
      can: true,
      reasons: [],
      state: 'streaming',
      timeline: 1,
      lagBytes: 0,
      lagSeconds: 0,
      synchronous: null,
      priority: 1,
    });
  });

  it('lets nobody take over who is tagged nofailover, here or there, or has priority 0', () => {
    const members = [
      member('pg1'),
      member('pg2', { tags: { nofailover: true } }),
      member('pg3', { tags: { failover_priority: '0' } }),
      member('pg4'),
    ];
    const reports = { ...HEALTHY, pg4: says({ tags: { nofailover: true } }) };
    const all = assess(clusterOf({ members }), reports, 'failover');
    for (const name of ['pg2', 'pg3', 'pg4']) {
      expect(codes(all[name])).toContain('nofailover');
      expect(all[name]?.can).toBe(false);
    }
  });

  it.each([
    ['watchdog-failed', says({ watchdogFailed: true })],
    ['not-running', says({ state: 'starting' })],
    ['is-primary', says({ role: 'primary' })],
    ['unreachable', SILENT],
  ])('%s blocks a switchover and a failover from a leader that works', (code, report) => {
    for (const action of ['switchover', 'failover'] as const) {
      const { pg2 } = assess(clusterOf(), { ...HEALTHY, pg2: report }, action);
      expect(codes(pg2)).toContain(code);
      expect(pg2?.can).toBe(false);
    }
  });

  it.each([
    ['replay-paused', says({ replayPaused: true })],
    ['not-streaming', says({ replicationState: 'in archive recovery' })],
    ['nosync', says({ tags: { nosync: true } })],
    ['nostream', says({ tags: { nostream: true } })],
  ])('%s only warns', (code, report) => {
    const { pg2 } = assess(clusterOf(), { ...HEALTHY, pg2: report });
    expect(codes(pg2)).toEqual([code]);
    expect(pg2?.can).toBe(true);
  });

  describe('lag', () => {
    const view = clusterOf({ status: { lastLsn: 5 * MB, slots: {}, retainSlots: [] } });
    const late = says({ receivedLsn: 3 * MB, replayedLsn: 2 * MB });

    it('beyond maximum_lag_on_failover blocks', () => {
      const { pg2 } = assess(view, { ...HEALTHY, pg2: late });
      expect(pg2?.can).toBe(false);
      expect(pg2?.reasons).toContainEqual({ code: 'lag', blocks: true, bytes: 2 * MB, limit: MB });
      expect(pg2?.lagBytes).toBe(2 * MB);
    });

    it('at the limit does not', () => {
      const report = says({ receivedLsn: 4 * MB, replayedLsn: 0 });
      expect(assess(view, { ...HEALTHY, pg2: report }).pg2?.can).toBe(true);
    });

    it('only warns when the leader wrote much since it last published its position', () => {
      const reports = { ...HEALTHY, pg1: primarySays({ location: 9 * MB }) };
      const pg2 = says({ receivedLsn: 5 * MB, replayedLsn: 5 * MB });
      const all = assess(view, { ...reports, pg2 });
      expect(all.pg2).toMatchObject({ can: true, lagBytes: 4 * MB });
      expect(codes(all.pg2)).toEqual(['lag']);
    });

    it('only warns in a failover without a leader that answers', () => {
      const reports = { pg1: SILENT, pg2: late, pg3: says() };
      expect(assess(view, reports, 'failover').pg2?.can).toBe(true);
      expect(codes(assess(view, reports, 'failover').pg2)).toEqual(['lag']);
      expect(assess(view, reports, 'switchover').pg2?.can).toBe(false);
    });

    it('in seconds is the age of what was replayed last', () => {
      const report = says({
        receivedLsn: 4 * MB,
        replayedLsn: 4 * MB,
        replayedAt: '2026-01-01 11:59:30.500000+00:00',
      });
      expect(assess(view, { ...HEALTHY, pg2: report }).pg2?.lagSeconds).toBe(29.5);
    });

    it('is taken from the DCS when the member is silent', () => {
      const members = [member('pg1'), member('pg2', { xlogLocation: 2 * MB })];
      const all = assess({ ...view, members }, { pg1: SILENT, pg2: SILENT }, 'failover');
      expect(all.pg2?.lagBytes).toBe(3 * MB);
    });

    it('unknown everywhere is said, and no refusal', () => {
      const { xlogLocation: _, ...unknown } = member('pg2');
      const all = assess({ ...view, members: [unknown] }, { pg2: SILENT }, 'failover');
      expect(all.pg2).toMatchObject({ can: true, lagBytes: null, lagSeconds: null });
      expect(codes(all.pg2)).toContain('lag-unknown');
    });
  });

  describe('silence', () => {
    it('of everybody says nothing about the members: this machine may be cut off', () => {
      const all = assess(clusterOf(), { pg1: SILENT, pg2: SILENT, pg3: SILENT });
      expect(all.pg2).toMatchObject({ can: true });
      expect(codes(all.pg2)).toEqual(['unreachable']);
    });

    it('is no refusal in a failover when the leader does not answer either', () => {
      const reports = { pg1: SILENT, pg2: SILENT, pg3: says() };
      expect(assess(clusterOf(), reports, 'failover').pg2?.can).toBe(true);
      expect(assess(clusterOf(), reports, 'switchover').pg2?.can).toBe(false);
    });
  });

  describe('timeline', () => {
    const behind = { ...HEALTHY, pg1: primarySays({ timeline: 2 }) };

    it('behind the leader blocks', () => {
      expect(assess(clusterOf(), behind).pg2?.can).toBe(false);
      expect(assess(clusterOf(), behind, 'failover').pg2?.can).toBe(false);
    });

    it('behind only warns in a failover without a leader', () => {
      const view = clusterOf({ members: [member('pg1', { timeline: 2 }), member('pg2')] });
      const all = assess(view, { pg1: SILENT, pg2: says() }, 'failover');
      expect(all.pg2?.can).toBe(true);
      expect(codes(all.pg2)).toEqual(['timeline']);
    });

    it('ahead warns', () => {
      const all = assess(clusterOf(), { ...HEALTHY, pg2: says({ timeline: 5 }) });
      expect(all.pg2?.can).toBe(true);
      expect(codes(all.pg2)).toEqual(['timeline']);
    });
  });

  describe('synchronous mode', () => {
    const on = { settings: { synchronousMode: 'on' }, standbys: ['PG2'] } as const;

    it('a switchover is for synchronous standbys only, whatever the case of their names', () => {
      const all = assess(clusterOf(on), HEALTHY);
      expect(all.pg2).toMatchObject({ can: true, synchronous: true });
      expect(all.pg3).toMatchObject({ can: false, synchronous: false });
      expect(codes(all.pg3)).toEqual(['not-synchronous']);
    });

    it('a failover to another one is allowed, with a warning', () => {
      const all = assess(clusterOf(on), HEALTHY, 'failover');
      expect(all.pg3).toMatchObject({ can: true, synchronous: false });
      expect(codes(all.pg3)).toEqual(['not-synchronous']);
    });

    it('nobody is synchronous before the leader has written /sync; quorum mode waits', () => {
      const settings = (synchronousMode: 'on' | 'quorum') => ({ settings: { synchronousMode } });
      expect(assess(clusterOf(settings('on')), HEALTHY).pg2?.can).toBe(false);
      expect(assess(clusterOf(settings('quorum')), HEALTHY).pg2?.can).toBe(true);
      const quorum = { ...settings('quorum'), standbys: ['pg3'] };
      expect(assess(clusterOf(quorum), HEALTHY).pg2?.can).toBe(false);
    });

    it('does not count in a standby cluster', () => {
      const settings = { synchronousMode: 'on', standbyCluster: true } as const;
      const all = assess(clusterOf({ settings }), HEALTHY);
      expect(all.pg2).toMatchObject({ can: true, synchronous: null });
    });
  });

  it('knows what Patroni would choose: priority first, then the least lag', () => {
    const view = clusterOf({
      status: { lastLsn: 1000, slots: {}, retainSlots: [] },
      members: ['pg1', 'pg2', 'pg3', 'pg4', 'pg5'].map((name) => member(name)),
    });
    const all = assess(view, {
      ...HEALTHY,
      pg2: says({ receivedLsn: 900, replayedLsn: 900 }),
      pg4: says({ tags: { failover_priority: 5 }, receivedLsn: 800, replayedLsn: 800 }),
      pg5: SILENT,
    });
    const names = likelyCandidates(Object.values(all)).map(({ name }) => name);
    expect(names).toEqual(['pg4', 'pg3', 'pg2']);
  });

  it('is total, and a member can take over exactly when nothing blocks it', () => {
    const lsn = fc.option(fc.nat(4 * MB), { nil: undefined });
    const status = fc.record(
      {
        state: fc.constantFrom('running', 'stopped', ''),
        role: fc.constantFrom('replica', 'primary', 'junk'),
        tags: fc.dictionary(fc.constantFrom('nofailover', 'failover_priority'), fc.jsonValue()),
        replayedAt: fc.constantFrom('junk', '2026-01-01 00:00:00+00'),
        timeline: fc.nat(3),
        watchdogFailed: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const report = fc.oneof(
      fc.constant(SILENT),
      fc
        .tuple(status, lsn)
        .map(([change, receivedLsn]) =>
          says({ ...change, ...(receivedLsn === undefined ? {} : { receivedLsn }) }),
        ),
    );
    const name = fc.constantFrom('pg1', 'pg2', 'pg3', '__proto__');
    const members = fc.uniqueArray(
      name.map((text): Member => member(text)),
      { selector: (one) => one.name },
    );
    const leader = fc.option(name, { nil: undefined });
    const action = fc.constantFrom('switchover' as const, 'failover' as const);
    fc.assert(
      fc.property(members, leader, action, fc.array(report), (all, lead, verb, answers) => {
        const { leader: _, ...rest } = clusterOf({ members: all });
        const view = lead === undefined ? rest : { ...rest, leader: lead };
        const reports = new Map(all.map((one, index) => [one.name, answers[index] ?? SILENT]));
        const result = assessCandidates({ view, reports, action: verb, nowMs: 0 });
        const others = all.map((one) => one.name).filter((one) => one !== lead);
        expect(result.map((one) => one.name)).toEqual(others.sort());
        for (const { can, reasons } of result) {
          expect(can).toBe(reasons.every(({ blocks }) => !blocks));
        }
      }),
    );
  });
});
