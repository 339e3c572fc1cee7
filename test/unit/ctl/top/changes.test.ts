import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../../src/ctl/top/core/changes.ts';
import { sceneOf } from '../../../../src/ctl/top/core/scene.ts';
import type { Look } from '../../../../src/ctl/top/core/state.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { memberDocument } from '../documents.ts';
import { leads, lookOf, says, silent, streams, viewOf } from './looks.ts';

const WRITTEN = 83886592;

function between(before: Look, after: Look): string[] {
  const scene = sceneOf(before.view, before.heard);
  const next = sceneOf(after.view, after.heard, scene);
  return changesBetween(scene, next).map(({ text }) => text);
}

const replica = (name: string, data: object = {}) =>
  memberDocument(name, {
    role: 'replica',
    replication_state: 'streaming',
    timeline: 2,
    receive_lsn: WRITTEN,
    replay_lsn: WRITTEN,
    ...data,
  });
const STORE: [string, Record<string, string | undefined>, string[]][] = [
  ['nothing', {}, []],
  ['the leader went', { leader: undefined }, ['there is no leader: pg1 has lost the lock']],
  [
    'a switchover',
    {
      leader: 'pg2',
      'members/pg1': replica('pg1', { timeline: 3 }),
      'members/pg2': memberDocument('pg2', { role: 'primary', timeline: 3 }),
    },
    [
      'pg2 is the leader now, it was pg1',
      'timeline 2 is now 3',
      'pg1 was leader, is replica',
      'pg1 was running, is streaming',
      'pg2 was streaming, is running',
    ],
  ],
  ['a pause', { config: '{"pause":true}' }, ['paused: there is no automatic failover']],
  [
    'a schedule',
    { failover: '{"leader":"pg1","scheduled_at":"2026-02-01T12:00:00+00:00"}' },
    ['a switchover is scheduled at 2026-02-01T12:00:00+00:00'],
  ],
  ['a member went', { 'members/pg3': undefined }, ['pg3 is gone from the store']],
  ['a member came', { 'members/pg4': replica('pg4') }, ['pg4 is there now: streaming']],
  [
    'a state',
    { 'members/pg3': memberDocument('pg3', { role: 'replica', state: 'stopped' }) },
    ['pg3 was streaming, is stopped'],
  ],
  [
    'a synchronous standby',
    { config: '{"synchronous_mode":true}', sync: '{"leader":"pg1","sync_standby":"pg2"}' },
    ['pg2 was replica, is sync standby'],
  ],
  [
    'a restart that is needed',
    { 'members/pg3': replica('pg3', { pending_restart: true }) },
    ['pg3 waits for a restart'],
  ],
];

describe('what the store says', () => {
  it.each(STORE)('%s', (_, changes, events) => {
    expect(between(lookOf(), lookOf(viewOf(changes)))).toEqual(events);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['a leader', { leader: 'pg1' }, ['pg1 is the leader now']],
    ['the end of a pause', {}, ['resumed: failover is automatic again']],
  ])('%s again', (_, changes, events) => {
    const before = 'leader' in changes ? { leader: undefined } : { config: '{"pause":true}' };
    expect(between(lookOf(viewOf(before)), lookOf(viewOf(changes)))).toEqual(events);
  });

  it('of a schedule that has gone, and of a restart that was done', () => {
    const before = viewOf({
      failover: '{"leader":"pg1","scheduled_at":"2026-02-01T12:00:00+00:00"}',
      'members/pg3': replica('pg3', { pending_restart: true }),
    });
    expect(between(lookOf(before), lookOf())).toEqual([
      'no switchover is scheduled any more',
      'pg3 waits for no restart any more',
    ]);
  });
});

describe('what members say', () => {
  const well = { pg1: leads(WRITTEN), pg2: streams(WRITTEN), pg3: streams(WRITTEN) };

  it('their first answer is no event', () => {
    const view = viewOf({ 'members/pg3': memberDocument('pg3', { role: 'replica' }) });
    expect(between(lookOf(view), lookOf(view, well))).toEqual([]);
  });

  it('silence, and its end', () => {
    const quiet = lookOf(viewOf(), { ...well, pg3: silent() });
    expect(between(lookOf(viewOf(), well), quiet)).toEqual(['pg3 is silent: connection refused']);
    expect(between(quiet, lookOf(viewOf(), well))).toEqual(['pg3 answers again, it is streaming']);
  });

  it('a state', () => {
    const after = lookOf(viewOf(), { ...well, pg2: says({ state: 'starting', timeline: 2 }) });
    expect(between(lookOf(viewOf(), well), after)).toContain('pg2 was streaming, is starting');
  });

  it('a lag over the limit, and its end', () => {
    const behind = lookOf(viewOf(), { ...well, pg2: streams(WRITTEN - 3 * 1024 * 1024) });
    expect(between(lookOf(viewOf(), well), behind)).toEqual([
      'pg2 lags 3.0 MB, more than maximum_lag_on_failover (1.0 MB)',
    ]);
    expect(between(behind, lookOf(viewOf(), well))).toEqual(['pg2 has caught up']);
  });
});

it('of Citus the group is named', () => {
  const cluster = (leaders: Record<number, string>): Look =>
    lookOf(
      parseSnapshot(
        'demo',
        Object.entries(leaders).map(([group, value]) => ({
          ...{ group: Number(group), name: 'leader' as const, value, version: '1' },
        })),
      ),
    );
  expect(between(cluster({ 0: 'c1', 1: 'w1' }), cluster({ 0: 'c1', 1: 'w2', 2: 'x1' }))).toEqual([
    'group 1: w2 is the leader now, it was w1',
    'group 2: the group is there now',
  ]);
  expect(between(cluster({ 0: 'c1', 1: 'w1' }), cluster({ 0: 'c1' }))).toEqual(['group 1 is gone']);
});
