import { describe, expect, it } from 'vitest';
import { memberDocument } from '../../../../src/ha/housekeeping/member-document.ts';
import { NO_ORDERS } from '../../../../src/ha/orders.ts';
import { factsOf, leaderFacts, NOW, sees, seesNoLeader } from '../facts-of.ts';
import { acting } from '../rules/planned.ts';

const order = { id: 1, onlyIfPending: false };
const orders = { ...NO_ORDERS, restart: order };
const settings = { synchronousMode: 'on' } as const;
const asked = { orders, settings, dcs: sees({ standbys: ['PG2'] }) };

const begins = (facts: Parameters<typeof acting>[0]): boolean =>
  acting(facts).do.some(({ kind }) => kind === 'job');

describe('the restart of a synchronous standby', () => {
  it('waits for the primary to choose another one, and says so to it', () => {
    const waits = acting(factsOf(asked));
    expect(waits).toMatchObject({
      ...{ rule: 'orders.restart', do: [], wakeAt: NOW + 2000 },
      memory: { leavingSyncSince: NOW },
    });
    const memory = { leavingSyncSince: NOW };
    const tags = { nosync: true, sync_priority: 0 };
    expect(memberDocument(factsOf({ ...asked, memory })).tags).toEqual(tags);
    expect(memberDocument(factsOf(asked)).tags).toEqual({});
    const released = sees({ standbys: ['pg3'] });
    const restarts = acting(factsOf({ ...asked, memory, dcs: released }));
    expect(restarts).toMatchObject({ do: [{ job: { kind: 'restart' } }] });
    // It is no synchronous standby as long as it is away.
    expect(restarts.memory).toMatchObject({ leavingSyncSince: NOW });
  });

  it('waits for two cycles and no longer', () => {
    const since = (ms: number) => factsOf({ ...asked, memory: { leavingSyncSince: NOW - ms } });
    expect(begins(since(19_999))).toBe(false);
    expect(acting(since(19_999)).wakeAt).toBe(NOW + 1);
    expect(begins(since(20_000))).toBe(true);
  });

  it('waits for nothing where nobody waits for it', () => {
    for (const change of [
      { ...asked, settings: {} },
      { ...asked, settings: { ...settings, standbyCluster: true } },
      { ...asked, self: { tags: { nosync: true } } },
      { ...asked, dcs: sees() },
      { ...asked, dcs: sees({ leader: 'pg3', standbys: ['PG2'] }) },
      { ...asked, dcs: seesNoLeader({ standbys: ['PG2'] }) },
    ]) {
      expect(begins(factsOf(change))).toBe(true);
    }
    expect(begins(leaderFacts({ orders, settings, answers: { lock: { outcome: 'held' } } }))).toBe(
      true,
    );
  });

  it('that was scheduled is not late because it waits', () => {
    const scheduledRestart = {
      ...order,
      at: Date.UTC(2026, 0, 1) - 20_000,
      postmasterStart: undefined,
    };
    const late = { ...asked, orders: { ...NO_ORDERS, scheduledRestart } };
    expect(acting(factsOf(late)).do).toMatchObject([{ kind: 'answer', ok: false }]);
    const memory = { leavingSyncSince: NOW - 20_000 };
    expect(begins(factsOf({ ...late, memory }))).toBe(true);
  });

  it('is over when it has been done, or is not wanted any more', () => {
    const memory = { leavingSyncSince: NOW - 1000 };
    const dcs = asked.dcs;
    expect(acting(factsOf({ dcs, settings, memory })).memory).toMatchObject({
      leavingSyncSince: undefined,
    });
    const at = Date.UTC(2026, 0, 2);
    const later = { ...NO_ORDERS, scheduledRestart: { ...order, at, postmasterStart: undefined } };
    const waits = factsOf({ dcs, settings, memory, orders: later });
    expect(acting(waits).memory).toMatchObject({ leavingSyncSince: undefined });
    const job = { spec: { kind: 'restart', from: undefined }, startedAt: NOW, outcome: undefined };
    const runs = factsOf({ dcs, settings, memory, job: job as NonNullable<typeof waits.job> });
    expect(acting(runs).memory).toMatchObject({ leavingSyncSince: NOW - 1000 });
  });
});
