import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/ha/candidates.ts';
import {
  candidateNames,
  checkSwitchover,
  type TakeoverRequest,
} from '../../../src/ha/switchover.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import { clusterOf, member } from './cluster-of.ts';

const NOW = 1_000_000;

function candidate(name: string, can: boolean): Candidate {
  const reasons = can ? [] : [{ code: 'watchdog-failed', blocks: true } as const];
  const known = { state: 'streaming', timeline: 1, lagBytes: 0, lagSeconds: 0 };
  return { name, can, reasons, ...known, synchronous: null, priority: 1 };
}

const refusalOf = (
  request: TakeoverRequest,
  view = clusterOf(),
  candidates?: readonly Candidate[],
) => {
  const verdict = checkSwitchover(view, request, {
    nowMs: NOW,
    ...(candidates ? { candidates } : {}),
  });
  return 'refuse' in verdict ? verdict.refuse.code : undefined;
};

describe('checkSwitchover', () => {
  it('gives an order that names the leader in a switchover only', () => {
    expect(
      checkSwitchover(clusterOf(), { action: 'switchover', candidate: 'pg2' }, { nowMs: NOW }),
    ).toEqual({ ok: { action: 'switchover', leader: 'pg1', candidate: 'pg2' } });
    expect(checkSwitchover(clusterOf(), { action: 'switchover' }, { nowMs: NOW })).toEqual({
      ok: { action: 'switchover', leader: 'pg1' },
    });
    expect(
      checkSwitchover(clusterOf(), { action: 'failover', candidate: 'pg2' }, { nowMs: NOW }),
    ).toEqual({ ok: { action: 'failover', candidate: 'pg2' } });
  });

  const { leader: _, ...leaderless } = clusterOf();
  const paused = clusterOf({ settings: { pause: true } });
  const tagged = clusterOf({
    members: [member('pg1'), member('pg2', { tags: { nofailover: true } }), member('pg3')],
  });
  const alone = clusterOf({ members: [member('pg1')] });

  it.each([
    ['no-leader', { action: 'switchover' }, leaderless],
    ['not-the-leader', { action: 'switchover', leader: 'pg2' }, clusterOf()],
    ['no-candidates', { action: 'switchover' }, alone],
    ['no-candidates', { action: 'failover', candidate: 'pg9' }, alone],
    ['candidate-missing', { action: 'failover' }, clusterOf()],
    ['candidate-missing', { action: 'failover', candidate: '' }, clusterOf()],
    ['candidate-is-leader', { action: 'switchover', candidate: 'pg1' }, clusterOf()],
    ['unknown-candidate', { action: 'switchover', candidate: 'pg9' }, clusterOf()],
    ['unknown-candidate', { action: 'switchover', candidate: 'PG2' }, clusterOf()],
    ['candidate-nofailover', { action: 'failover', candidate: 'pg2' }, tagged],
    [
      'failover-scheduled',
      { action: 'failover', candidate: 'pg2', scheduledAtMs: 2e6 },
      leaderless,
    ],
    ['schedule-in-pause', { action: 'switchover', candidate: 'pg2', scheduledAtMs: 2e6 }, paused],
    ['schedule-in-past', { action: 'switchover', scheduledAtMs: NOW - 1 }, clusterOf()],
    ['candidate-missing-in-pause', { action: 'switchover' }, paused],
  ] as const)('refuses: %s', (code, request, view) => {
    expect(refusalOf(request, view)).toBe(code);
  });

  it('allows a failover without a leader', () => {
    expect(refusalOf({ action: 'failover', candidate: 'pg2' }, leaderless)).toBeUndefined();
  });

  it('refuses a candidate that cannot take over, unless it is for later', () => {
    const candidates = [candidate('pg2', false), candidate('pg3', true)];
    const request = { action: 'switchover', candidate: 'pg2' } as const;
    expect(refusalOf(request, clusterOf(), candidates)).toBe('candidate-cannot');
    expect(refusalOf({ ...request, candidate: 'pg3' }, clusterOf(), candidates)).toBeUndefined();
    const later = { ...request, scheduledAtMs: NOW + 1 };
    expect(refusalOf(later, clusterOf(), candidates)).toBeUndefined();
  });

  it('refuses when no candidate is named and nobody can take over', () => {
    const nobody = [candidate('pg2', false), candidate('pg3', false)];
    expect(refusalOf({ action: 'switchover' }, clusterOf(), nobody)).toBe('nobody-can');
    const one = [candidate('pg2', false), candidate('pg3', true)];
    expect(refusalOf({ action: 'switchover' }, clusterOf(), one)).toBeUndefined();
  });

  it('is total, and orders only what names members of the cluster', () => {
    const name = fc.constantFrom('pg1', 'pg2', 'pg9', '', '__proto__');
    const maybe = fc.option(name, { nil: undefined });
    const request = fc.record({
      action: fc.constantFrom('switchover' as const, 'failover' as const),
      leader: maybe,
      candidate: maybe,
      scheduledAtMs: fc.option(fc.constantFrom(0, NOW, 2 * NOW), { nil: undefined }),
    });
    const view = fc
      .tuple(maybe, fc.boolean(), fc.subarray(['pg1', 'pg2', 'pg3', '__proto__']))
      .map(([leader, pause, names]): ClusterView => {
        const { leader: _, ...rest } = clusterOf({
          members: names.map((one) => member(one)),
          settings: { pause },
        });
        return leader ? { ...rest, leader } : rest;
      });
    fc.assert(
      fc.property(view, request, (cluster, asked) => {
        const verdict = checkSwitchover(cluster, asked, { nowMs: NOW });
        if ('refuse' in verdict) {
          expect(verdict.refuse.code).toMatch(/^[a-z-]+$/);
          return;
        }
        const { action, leader, candidate: chosen } = verdict.ok;
        expect(leader).toBe(action === 'switchover' ? cluster.leader : undefined);
        if (chosen !== undefined) expect(candidateNames(cluster)).toContain(chosen);
        if (action === 'failover') expect(chosen).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });
});
