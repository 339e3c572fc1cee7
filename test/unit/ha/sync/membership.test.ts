import { describe, expect, it } from 'vitest';
import { maySucceed, quorumOf, syncBinds, syncMode } from '../../../../src/ha/sync/membership.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../src/model/settings.ts';
import { factsOf, syncOf } from './sync-facts.ts';

function cluster(settings: Partial<Settings>, standbys?: readonly string[], quorum = 0) {
  const sync = standbys && { sync: syncOf('pg1', standbys, quorum) };
  const { dcs, settings: all } = factsOf({ settings, ...sync });
  if (!dcs) throw new Error('no view');
  return { view: dcs.view, settings: all };
}

const ON = { synchronousMode: 'on' } as const;
const QUORUM = { synchronousMode: 'quorum' } as const;

describe('whether /sync limits who may lead', () => {
  it('does when synchronous mode is asked for and was begun', () => {
    const { view, settings } = cluster(ON, []);
    expect(syncBinds(settings, view.sync)).toBe(true);
    expect(syncBinds(DEFAULT_SETTINGS, view.sync)).toBe(false);
    expect(syncBinds(settings, undefined)).toBe(false);
  });

  it('does not in a standby cluster', () => {
    const { view, settings } = cluster({ ...ON, standbyCluster: true }, ['pg2']);
    expect(syncMode(settings)).toBe('off');
    expect(syncBinds(settings, view.sync)).toBe(false);
    expect(maySucceed(view, settings, 'pg3')).toBe(true);
    expect(quorumOf(view, settings)).toBeUndefined();
  });
});

describe('who may race', () => {
  it('in mode on: who is named in /sync, in whatever case, or was its leader (P#2406)', () => {
    const { view, settings } = cluster(ON, ['pg2']);
    const may = ['PG1', 'Pg2', 'pg3'].filter((name) => maySucceed(view, settings, name));
    expect(may).toEqual(['PG1', 'Pg2']);
  });

  it('in quorum mode: everybody, and the votes decide', () => {
    const { view, settings } = cluster(QUORUM, ['pg2', 'pg3'], 1);
    expect(maySucceed(view, settings, 'pg9')).toBe(true);
  });

  it('without sync mode, or before a leader began it: everybody', () => {
    expect(maySucceed(cluster({}, ['pg2']).view, DEFAULT_SETTINGS, 'pg3')).toBe(true);
    const { view, settings } = cluster(ON);
    expect(maySucceed(view, settings, 'pg3')).toBe(true);
  });
});

describe('the vote', () => {
  it('is among the leader in /sync and its standbys', () => {
    const { view, settings } = cluster(QUORUM, ['pg2', 'pg3'], 1);
    expect(quorumOf(view, settings)).toEqual({ quorum: 1, voters: ['pg1', 'pg2', 'pg3'] });
  });

  it('is not held in mode on, in which each of them has every commit', () => {
    const { view, settings } = cluster(ON, ['pg2', 'pg3']);
    expect(quorumOf(view, settings)).toBeUndefined();
  });

  it('is held in mode on over what quorum mode left behind', () => {
    const { view, settings } = cluster(ON, ['pg2', 'pg3'], 1);
    expect(quorumOf(view, settings)).toEqual({ quorum: 1, voters: ['pg1', 'pg2', 'pg3'] });
    expect(maySucceed(view, settings, 'pg4')).toBe(false);
  });
});
