import { describe, expect, it } from 'vitest';
import { planSync } from '../../../../src/ha/sync/plan-sync.ts';
import type { SyncNames } from '../../../../src/model/postgres.ts';
import { any, factsOf, first, LSN, NOW, type Situation, standby, syncOf } from './sync-facts.ts';

type Mode = 'off' | 'on' | 'quorum';
const OFF: SyncNames = { kind: 'off' };
const V1 = { version: 'v1' };
const PLACEHOLDER = '__patroni_strict_sync_replica_placeholder__';

function plan(mode: Mode, situation: Situation = {}) {
  const settings = { synchronousMode: mode, ...situation.settings };
  return planSync(factsOf({ ...situation, settings }));
}

function write(value: unknown, guard: unknown = V1) {
  return { kind: 'write', document: { name: 'sync', value, guard, asLeader: true } };
}

function doc(standbys: readonly string[], quorum = 0, leader = 'pg1') {
  return { leader, standbys, quorum };
}

const sync2 = standby('pg2', { syncState: 'sync' });
const quorum2 = standby('pg2', { syncState: 'quorum' });
const quorum3 = standby('pg3', { syncState: 'quorum' });

describe('without a safe look nothing is changed', () => {
  const sync = syncOf('pg1', ['pg2']);

  it('when monitoring does not answer: not to see standbys is not to have none (P#3663)', () => {
    const blind = { sync, names: first('pg2'), answering: false };
    expect(plan('on', blind)).toEqual({ do: [] });
  });

  it('when the DCS does not answer, or this is no primary', () => {
    const facts = factsOf({ sync, settings: { synchronousMode: 'on' } });
    expect(planSync({ ...facts, dcs: undefined })).toEqual({ do: [] });
    expect(plan('on', { sync, names: first('pg2'), role: 'standby' })).toEqual({ do: [] });
  });
});

describe('off', () => {
  it('removes /sync first, and then the names (C#5831)', () => {
    const names = first('pg2');
    const removal = plan('off', { sync: syncOf('pg1', ['pg2']), names });
    expect(removal).toEqual({ do: [write(undefined)], wakeAt: NOW });
    const after = [write(undefined, 'absent'), { kind: 'set-sync-names', names: OFF }];
    expect(plan('off', { names })).toEqual({ do: after });
    expect(plan('off')).toEqual({ do: [] });
  });

  it('goes back to the names of the configuration', () => {
    const own: SyncNames = { kind: 'text', text: '2 (x, y)' };
    const back = plan('off', { names: first('pg2'), ownSyncNames: '2 (x, y)' });
    expect(back.do[1]).toEqual({ kind: 'set-sync-names', names: own });
    expect(plan('off', { names: own, ownSyncNames: '2 (x, y)' })).toEqual({ do: [] });
    expect(plan('off', { ownSyncNames: '' })).toEqual({ do: [] });
  });

  it('knows the names of the configuration again, as PostgreSQL tells them', () => {
    const told: SyncNames = { kind: 'first', count: 2, names: ['x', 'y', 'z'] };
    const own = 'FIRST 2 (x, "y", z)';
    expect(plan('off', { names: told, ownSyncNames: own })).toEqual({ do: [] });
    const other = plan('off', { names: told, ownSyncNames: 'FIRST 2 (z, y, x)' });
    expect(other.do).toHaveLength(2);
    expect(plan('off', { names: any(1, 'x', 'y'), ownSyncNames: 'ANY 1 (y, x)' }).do).toEqual([]);
  });
});

describe('on', () => {
  it('begins with a /sync without standbys, even when there are none', () => {
    expect(plan('on')).toEqual({ do: [write(doc([]), 'absent')], wakeAt: NOW });
  });

  it('names a standby to PostgreSQL, over the very /sync it saw', () => {
    const found = plan('on', { sync: syncOf('pg1', []), standbys: [standby('pg2')] });
    expect(found.do).toEqual([write(doc([])), { kind: 'set-sync-names', names: first('pg2') }]);
    expect(found.wakeAt).toBe(NOW + 1000);
  });

  it('puts it in /sync when it has caught up with what was there by then', () => {
    const named = { sync: syncOf('pg1', []), names: first('pg2'), lsn: 2000 };
    const behind = { ...named, standbys: [{ ...sync2, flushLsn: 1500 }] };
    const look = plan('on', behind);
    expect(look).toEqual({
      do: [],
      memory: { syncNamesSetAt: { lsn: 2000, names: '1: first 1 (pg2)' } },
      wakeAt: NOW + 1000,
    });
    const later = { ...behind, lsn: 3000, memory: look.memory ?? {} };
    expect(plan('on', later).do).toEqual([]);
    const standbys = [{ ...sync2, flushLsn: 2000 }];
    expect(plan('on', { ...later, standbys }).do).toEqual([write(doc(['pg2']))]);
  });

  it('takes a promotion as a change of the names: others have led meanwhile', () => {
    const memory = { syncNamesSetAt: { lsn: 500, names: '1: first 1 (pg2)' } };
    const standbys = [{ ...sync2, flushLsn: 600 }];
    const again = { sync: syncOf('pg1', []), names: first('pg2'), standbys, memory, timeline: 3 };
    expect(plan('on', again).do).toEqual([]);
  });

  it('rests when both are as wanted, and looks again in its own time', () => {
    const steady = { sync: syncOf('PG1', ['PG2']), names: first('Pg2'), standbys: [sync2] };
    const memory = { syncNamesSetAt: { lsn: LSN, names: '1: first 1 (Pg2)' } };
    expect(plan('on', { ...steady, memory })).toEqual({ do: [], memory: {} });
  });

  it('takes a lost standby out of /sync first, and then out of the names (C#5831)', () => {
    const lost = { names: first('pg2') };
    expect(plan('on', { ...lost, sync: syncOf('pg1', ['pg2']) }).do).toEqual([write(doc([]))]);
    const off = [write(doc([])), { kind: 'set-sync-names', names: OFF }];
    expect(plan('on', { ...lost, sync: syncOf('pg1', []) }).do).toEqual(off);
  });

  it('strict: waits for a placeholder when nobody is there (P#3435)', () => {
    const settings = { synchronousModeStrict: true };
    const names = first(PLACEHOLDER);
    const alone = { settings, sync: syncOf('pg1', []) };
    expect(plan('on', { ...alone, names: first('pg2') }).do[1]).toEqual({
      kind: 'set-sync-names',
      names,
    });
    expect(plan('on', { ...alone, names: first('*') }).do[1]).toMatchObject({ names });
    expect(plan('on', { ...alone, names }).do).toEqual([]);
  });

  it('does not take a * in the names for anybody in particular', () => {
    const star = { sync: syncOf('pg1', ['pg2']), names: first('pg2', '*'), standbys: [sync2] };
    expect(plan('on', star).do).toEqual([write(doc([]))]);
  });

  it('rewrites a /sync of another leader', () => {
    const other = { sync: syncOf('pg9', ['pg1', 'pg2']), names: first('pg2'), standbys: [sync2] };
    expect(plan('on', other)).toEqual({ do: [write(doc([]))], wakeAt: NOW });
  });

  it('changes ANY 2 of 2 to FIRST 2 of 2 after quorum mode', () => {
    const settings = { synchronousNodeCount: 2 };
    const standbys = [sync2, standby('pg3', { syncState: 'sync' })];
    const sync = syncOf('pg1', ['pg2', 'pg3']);
    const found = plan('on', { settings, standbys, sync, names: any(2, 'pg2', 'pg3') });
    expect(found.do[1]).toEqual({ kind: 'set-sync-names', names: first('pg2', 'pg3') });
  });
});

describe('quorum', () => {
  const both = [quorum2, quorum3];

  it('names all that can vote, and writes the smallest quorum when they are confirmed', () => {
    const empty = { sync: syncOf('pg1', []), standbys: both };
    const names = any(1, 'pg2', 'pg3');
    expect(plan('quorum', empty).do[1]).toEqual({ kind: 'set-sync-names', names });
    const found = plan('quorum', { ...empty, names });
    expect(found.do).toEqual([write(doc(['pg2', 'pg3'], 1))]);
  });

  it('waits for more of them when synchronous_node_count asks for it', () => {
    const settings = { synchronousNodeCount: 5 };
    const found = plan('quorum', { settings, sync: syncOf('pg1', []), standbys: both });
    expect(found.do[1]).toMatchObject({ names: any(2, 'pg2', 'pg3') });
  });

  it('leaves everything alone for loop_wait after a promotion', () => {
    const lost = { sync: syncOf('pg1', ['pg2'], 0), names: any(1, 'pg2') };
    const soon = { ...lost, memory: { promotedAt: NOW - 4000 } };
    expect(plan('quorum', soon)).toEqual({ do: [], wakeAt: NOW + 6000 });
    const later = { ...lost, memory: { promotedAt: NOW - 10_000 } };
    expect(plan('quorum', later).do).toEqual([write(doc([]))]);
    // Mode on waits for nobody.
    expect(plan('on', { ...soon, names: first('pg2') }).do).toEqual([write(doc([]))]);
  });

  it('inherits a vote that the names in effect still hold, even right after a promotion', () => {
    const other = { sync: syncOf('pg9', ['pg1', 'pg2'], 1), memory: { promotedAt: NOW } };
    const held = plan('quorum', { ...other, names: any(1, 'pg2', 'pg9') });
    expect(held.do).toEqual([write(doc(['pg2', 'pg9'], 1))]);
    expect(plan('quorum', other).do).toEqual([write(doc([]))]);
  });

  it('believes nothing of a /sync with a negative quorum (P#3278)', () => {
    const negative = { sync: syncOf('pg1', [], -1), names: any(1, 'pg2') };
    const behind = { ...negative, standbys: [{ ...quorum2, flushLsn: LSN - 1 }] };
    expect(plan('quorum', behind).do).toEqual([write(doc([]))]);
    const there = { ...negative, sync: syncOf('pg1', ['pg2'], -1), standbys: both };
    expect(plan('quorum', there).do).toEqual([write(doc(['pg2', 'pg3'], 1))]);
  });

  it('looks again soon while commits wait for a standby that has gone', () => {
    const stuck = {
      sync: syncOf('pg1', ['pg2', 'pg3', 'pg4'], 1),
      names: any(2, 'pg2', 'pg3'),
      standbys: [{ ...quorum2, flushLsn: LSN - 1 }],
    };
    expect(plan('quorum', stuck)).toMatchObject({ do: [], wakeAt: NOW + 1000 });
  });
});
