import { describe, expect, it } from 'vitest';
import { prepareSync } from '../../../../src/ha/sync/prepare-sync.ts';
import { any, factsOf, type Situation, syncOf } from './sync-facts.ts';

const OFF = { kind: 'off' };
const PLACEHOLDER = ['__patroni_strict_sync_replica_placeholder__'];

/** What pg2 does after it has won the lock: the document it writes, and the names it sets. */
function prepared(mode: 'off' | 'on' | 'quorum', situation: Situation = {}) {
  const settings = { synchronousMode: mode, ...situation.settings };
  const actions = prepareSync(factsOf({ self: 'pg2', role: 'standby', ...situation, settings }));
  return actions.map((action) => {
    if (action.kind === 'set-sync-names') return action.names;
    if (action.kind !== 'write') throw new Error(action.kind);
    const { name, value, guard, asLeader } = action.document;
    expect({ name, asLeader }).toEqual({ name: 'sync', asLeader: true });
    return { value, guard };
  });
}

const V1 = { version: 'v1' };
const ALONE = { leader: 'pg2', standbys: [], quorum: 0 };

describe('before a promotion', () => {
  it('mode on: nobody is synchronous, over what was seen there', () => {
    const sync = syncOf('pg1', ['pg2']);
    expect(prepared('on', { sync })).toEqual([{ value: ALONE, guard: V1 }, OFF]);
    expect(prepared('on')).toEqual([{ value: ALONE, guard: 'absent' }, OFF]);
  });

  it('strict: commits wait until there is a standby, and * would not do (P#3435)', () => {
    const settings = { synchronousModeStrict: true };
    const names = { kind: 'first', count: 1, names: PLACEHOLDER };
    expect(prepared('on', { settings })).toEqual([{ value: ALONE, guard: 'absent' }, names]);
    const quorum = { ...names, kind: 'any' };
    expect(prepared('quorum', { settings })).toEqual([{ value: ALONE, guard: 'absent' }, quorum]);
  });

  it('off: /sync goes first, then the names of the configuration', () => {
    const situation = { sync: syncOf('pg1', ['pg2']), ownSyncNames: 'x' };
    const text = { kind: 'text', text: 'x' };
    expect(prepared('off', situation)).toEqual([{ value: undefined, guard: V1 }, text]);
    expect(prepared('off')).toEqual([OFF]);
  });

  it('quorum: the former leader takes the place of the winner', () => {
    const sync = syncOf('pg1', ['pg2', 'pg3', 'pg4'], 1);
    const value = { leader: 'pg2', standbys: ['pg3', 'pg4', 'pg1'], quorum: 1 };
    expect(prepared('quorum', { sync })).toEqual([
      { value, guard: V1 },
      any(2, 'pg1', 'pg3', 'pg4'),
    ]);
  });

  it('quorum: a winner from outside has the voters and the former leader behind it', () => {
    const sync = syncOf('pg1', ['pg3', 'pg4'], 1);
    const value = { leader: 'pg2', standbys: ['pg3', 'pg4', 'pg1'], quorum: 1 };
    expect(prepared('quorum', { sync })).toEqual([
      { value, guard: V1 },
      any(2, 'pg1', 'pg3', 'pg4'),
    ]);
  });

  it('quorum: the former leader itself, named in another case', () => {
    const sync = syncOf('PG2', ['pg3', 'pg4'], 1);
    const value = { leader: 'pg2', standbys: ['pg3', 'pg4'], quorum: 1 };
    expect(prepared('quorum', { sync })).toEqual([{ value, guard: V1 }, any(1, 'pg3', 'pg4')]);
  });

  it.each([
    ['there is no /sync', undefined],
    ['the winner is its only member', syncOf('pg2', [])],
    ['its quorum is more than there are', syncOf('pg1', ['pg2', 'pg3'], 2)],
    ['its quorum is negative', syncOf('pg1', ['pg2', 'pg3'], -1)],
  ])('quorum: alone when %s', (_, sync) => {
    const guard = sync ? V1 : 'absent';
    const found = prepared('quorum', sync ? { sync } : {});
    expect(found).toEqual([{ value: ALONE, guard }, OFF]);
  });

  it('switched from on to quorum: all that were synchronous are waited for', () => {
    const value = { leader: 'pg2', standbys: ['pg3', 'pg1'], quorum: 0 };
    const found = prepared('quorum', { sync: syncOf('pg1', ['pg2', 'pg3']) });
    expect(found).toEqual([{ value, guard: V1 }, any(2, 'pg1', 'pg3')]);
  });

  it('switched from quorum to on: alone', () => {
    const found = prepared('on', { sync: syncOf('pg1', ['pg2', 'pg3'], 1) });
    expect(found).toEqual([{ value: ALONE, guard: V1 }, OFF]);
  });

  it('in a standby cluster nothing is synchronous', () => {
    const sync = syncOf('pg1', ['pg2']);
    const settings = { standbyCluster: true };
    expect(prepared('on', { sync, settings })).toEqual([{ value: undefined, guard: V1 }, OFF]);
  });

  it('is a mistake of ours without a view', () => {
    const settings = { synchronousMode: 'on' } as const;
    expect(() => prepareSync({ ...factsOf({ settings }), dcs: undefined })).toThrow(
      /view of the DCS/,
    );
  });
});
