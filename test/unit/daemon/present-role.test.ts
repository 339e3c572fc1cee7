import { describe, expect, it } from 'vitest';
import { type StateSources, States } from '../../../src/agent/state.ts';
import { presentRole } from '../../../src/daemon/present-role.ts';
import type { Facts } from '../../../src/ha/facts.ts';
import { factsOf, NODE, NOW, primary, standby } from '../ha/facts-of.ts';

function roleOf(last: Facts, change: Partial<StateSources> = {}): string | undefined {
  const state = new States().of(
    {
      node: NODE,
      scope: 'demo',
      last,
      memory: last.memory,
      job: last.job,
      orders: last.orders,
      postgres: last.postgres,
      known: last.dcs?.view,
      settings: last.settings,
      dcsSeenAt: 0,
      ...change,
    },
    NOW,
  );
  return presentRole(state, NOW);
}

describe('presentRole', () => {
  const leading = { memory: { leaseUntil: NOW + 1000 } };

  it('is nothing before the first tick, and of a server that does not run', () => {
    const facts = factsOf({ postgres: standby() });
    expect(roleOf(facts, { last: undefined })).toBeUndefined();
    expect(roleOf(factsOf({ postgres: standby({ state: 'starting' }) }))).toBeUndefined();
    expect(roleOf(factsOf({ postgres: standby({ answering: false }) }))).toBeUndefined();
  });

  it('of a standby is what it is', () => {
    expect(roleOf(factsOf({ postgres: standby() }))).toBe('replica');
  });

  it('of a primary is nothing before the lock is ours', () => {
    expect(roleOf(factsOf({ postgres: primary() }))).toBeUndefined();
    const expired = { memory: { leaseUntil: NOW } };
    expect(roleOf(factsOf({ postgres: primary(), ...expired }))).toBeUndefined();
    expect(roleOf(factsOf({ postgres: primary(), ...leading }))).toBe('primary');
    expect(roleOf(factsOf({ postgres: primary(), settings: { pause: true } }))).toBe('primary');
  });
});
