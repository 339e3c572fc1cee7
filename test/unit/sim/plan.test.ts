import { describe, expect, it } from 'vitest';
import { isNoFailover } from '../../../src/model/member.ts';
import { parseSettings } from '../../../src/wire/settings.ts';
import { castDeed } from '../../sim/cast.ts';
import { drawPlan } from '../../sim/plan.ts';

// What is simulated is known before it starts, is legal, and leaves time to recover.

const PLANS = Array.from({ length: 300 }, (_, seed) => drawPlan(seed));

describe('drawPlan', () => {
  it('draws the same plan for a seed, and others for others', () => {
    expect(PLANS.map(({ seed }) => drawPlan(seed))).toEqual(PLANS);
    expect(new Set(PLANS.map(({ deeds }) => JSON.stringify(deeds))).size).toBe(PLANS.length);
  });

  it('draws settings that Patroni takes', () => {
    for (const { config } of PLANS) {
      const { ttl, loopWait, retryTimeout } = parseSettings(config);
      expect(ttl).toBeGreaterThanOrEqual(Math.max(20, loopWait + 2 * retryTimeout));
    }
  });

  it('leaves somebody who may lead, and draws every mode', () => {
    for (const { nodes, tags } of PLANS) {
      const barred = Object.values(tags).filter(isNoFailover).length;
      expect(barred).toBeLessThan(nodes);
    }
    const modes = new Set(PLANS.map(({ config }) => parseSettings(config).synchronousMode));
    expect([...modes].sort()).toEqual(['off', 'on', 'quorum']);
  });

  it('ends every fault before the cluster is to recover, about half an hour in all', () => {
    for (const { deeds, healAt, endAt } of PLANS) {
      expect(endAt).toBeGreaterThanOrEqual(26 * 60_000);
      expect(endAt - healAt).toBeGreaterThanOrEqual(9 * 60_000);
      for (const [at, deed] of deeds) {
        const lasts = 'ms' in deed && deed.kind !== 'step-clock' && deed.kind !== 'slow-start';
        expect(at + (lasts ? deed.ms : 0)).toBeLessThan(healAt);
      }
    }
  });

  it('favours the kind that a profile is named after', () => {
    const { deeds } = drawPlan(1, 'postgres');
    const postgres = ['kill-postgres', 'slow-start', 'fail-next', 'disk-full', 'hang-monitoring'];
    const own = deeds.filter(([, { kind }]) => postgres.includes(kind)).length;
    expect(own / deeds.length).toBeGreaterThan(0.5);
  });
});

describe('castDeed', () => {
  const view = { scope: 'sim', leader: 'pg2', members: [], workers: new Map(), warnings: [] };
  const status = { lastLsn: 0, slots: {}, retainSlots: [] };
  const hosts = ['pg1', 'pg2', 'pg3'].map((name) => ({
    name,
    acceptsWrites: () => name === 'pg3',
  }));
  const kill = (host: string) => ({ kind: 'kill-postgres', host }) as const;

  it('puts the leader, or else the primary, in its place', () => {
    const led = { view: { ...view, status }, hosts, turn: 0 };
    expect(castDeed(kill('@leader'), led)).toEqual(kill('pg2'));
    const { leader: _, ...free } = led.view;
    expect(castDeed(kill('@leader'), { ...led, view: free })).toEqual(kill('pg3'));
    expect(castDeed(kill('pg1'), led)).toEqual(kill('pg1'));
  });

  it('takes the standbys in turn', () => {
    const names = [0, 1, 2].map((turn) =>
      castDeed(kill('@standby'), { view: { ...view, status }, hosts, turn }),
    );
    expect(names).toEqual([kill('pg1'), kill('pg3'), kill('pg1')]);
  });
});
