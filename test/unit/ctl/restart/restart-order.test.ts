import { describe, expect, it } from 'vitest';
import { restartOrder } from '../../../../src/ctl/restart/restart-order.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { demoDocuments, memberDocument } from '../documents.ts';

function order(reason: Record<string, [string, string]>, leader = 'pg1') {
  const pending = Object.fromEntries(
    Object.entries(reason).map(([name, [before, after]]) => [
      name,
      { old_value: before, new_value: after },
    ]),
  );
  const data = { role: 'primary', pending_restart: true, pending_restart_reason: pending };
  const documents = demoDocuments({ leader, 'members/pg1': memberDocument('pg1', data) });
  const view = parseSnapshot(
    'demo',
    Object.entries(documents).map(([name, value]) => ({ name, value, version: '1' })),
  );
  return { view, ...restartOrder(view, [...view.members].reverse()) };
}

describe('restartOrder', () => {
  it('puts replicas first, by name, and the leader last', () => {
    const { order: which, members, why } = order({});
    expect(which).toBe('replicas-first');
    expect(members.map(({ name }) => name)).toEqual(['pg2', 'pg3', 'pg1']);
    expect(why).toBeNull();
  });

  it('keeps to it when a parameter of shared memory grows', () => {
    expect(order({ max_connections: ['100', '200'] }).order).toBe('replicas-first');
    expect(order({ shared_buffers: ['200', '100'] }).order).toBe('replicas-first');
  });

  it('puts the leader first when one becomes smaller, also by number and not by text', () => {
    const { order: which, members, why } = order({ max_connections: ['1000', '200'] });
    expect(which).toBe('leader-first');
    expect(members.map(({ name }) => name)).toEqual(['pg1', 'pg2', 'pg3']);
    expect(why).toBe('The leader is restarted first, because max_connections becomes smaller');
  });

  it('says what it costs when one becomes smaller and another larger', () => {
    const mixed = order({ max_connections: ['200', '100'], max_wal_senders: ['5', '10'] });
    expect(mixed.order).toBe('replicas-first');
    expect(mixed.why).toContain('second restart');
  });

  it('has nothing to say when only one side is restarted', () => {
    const { view } = order({ max_connections: ['200', '100'] });
    const leaders = view.members.filter(({ name }) => name === 'pg1');
    expect(restartOrder(view, leaders)).toEqual({
      order: 'replicas-first',
      members: leaders,
      why: null,
    });
  });
});
