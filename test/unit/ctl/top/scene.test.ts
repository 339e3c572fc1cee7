import { describe, expect, it } from 'vitest';
import { type Scene, sceneOf } from '../../../../src/ctl/top/core/scene.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { memberDocument } from '../documents.ts';
import { leads, lookOf, says, silent, streams, viewOf } from './looks.ts';

const MB = 1024 * 1024;
/** Where the leader is by the documents. */
const WRITTEN = 83886592;

function sceneWith(look: ReturnType<typeof lookOf>, before?: Scene): Scene {
  return sceneOf(look.view, look.heard, before);
}

function memberOf(scene: Scene, name: string) {
  return scene.groups.flatMap(({ members }) => members).find((member) => member.name === name);
}

describe('lags', () => {
  it('are counted between what the members say now', () => {
    const scene = sceneWith(
      lookOf(viewOf(), { pg1: leads(WRITTEN + 5 * MB), pg2: streams(WRITTEN + 4 * MB, WRITTEN) }),
    );
    expect(memberOf(scene, 'pg1')).toMatchObject({
      leads: true,
      replayLag: null,
      lagSeconds: null,
    });
    expect(memberOf(scene, 'pg2')).toMatchObject({ receiveLag: MB, replayLag: 5 * MB });
  });

  it('of a silent member are counted within the store, which is as old', () => {
    const view = viewOf({
      'members/pg3': memberDocument('pg3', { receive_lsn: WRITTEN - 10, replay_lsn: WRITTEN - 20 }),
    });
    const scene = sceneWith(lookOf(view, { pg1: leads(WRITTEN + 5 * MB), pg3: silent() }));
    expect(memberOf(scene, 'pg3')).toMatchObject({
      receiveLag: 10,
      replayLag: 20,
      lagSeconds: null,
      silence: 'connection refused',
      source: 'store',
    });
  });

  it('are unknown while nobody knows where the leader is', () => {
    const scene = sceneWith(lookOf(viewOf({ status: undefined }), { pg2: streams(WRITTEN) }));
    expect(memberOf(scene, 'pg2')).toMatchObject({ receiveLag: null, replayLag: null });
  });

  it('in seconds are the age of the last transaction', () => {
    const behind = says({
      xlog: {
        received_location: 1,
        replayed_location: 1,
        replayed_timestamp: '2026-01-01 11:59:57.500000+00:00',
      },
    });
    const scene = sceneWith(lookOf(viewOf(), { pg2: behind, pg3: streams(WRITTEN) }));
    expect(memberOf(scene, 'pg2')?.lagSeconds).toBe(2.5);
    expect(memberOf(scene, 'pg3')?.lagSeconds).toBe(0);
  });

  it('of members of old versions are their one position', () => {
    const old = memberDocument('pg3', {
      role: 'replica',
      version: '3.0.0',
      replication_state: undefined,
      xlog_location: WRITTEN - 100,
    });
    const scene = sceneWith(lookOf(viewOf({ 'members/pg3': old })));
    expect(memberOf(scene, 'pg3')?.replayLag).toBe(100);
  });

  it('above the limit last until they are within half of it', () => {
    const at = (lag: number, before?: Scene) =>
      sceneWith(lookOf(viewOf(), { pg1: leads(WRITTEN), pg2: streams(WRITTEN - lag) }), before);
    const lagging = (scene: Scene) => memberOf(scene, 'pg2')?.lagging;
    expect(lagging(at(MB))).toBe(false);
    const behind = at(MB + 1);
    expect(lagging(behind)).toBe(true);
    const nearer = at(MB / 2 + 1, behind);
    expect(lagging(nearer)).toBe(true);
    expect(lagging(at(MB / 2, nearer))).toBe(false);
  });
});

describe('what a member says', () => {
  it('counts more than its document', () => {
    const scene = sceneWith(lookOf(viewOf(), { pg2: says({ state: 'starting', timeline: 3 }) }));
    expect(memberOf(scene, 'pg2')).toMatchObject({ state: 'starting', timeline: 3 });
    expect(memberOf(scene, 'pg3')).toMatchObject({ state: 'streaming', source: 'store' });
  });
});

describe('the cluster', () => {
  it('is summed up', () => {
    const view = viewOf({
      config: '{"pause":true,"synchronous_mode":"quorum","maximum_lag_on_failover":77}',
      failover: '{"leader":"pg1","scheduled_at":"2026-02-01T12:00:00+00:00"}',
    });
    expect(sceneWith(lookOf(view)).groups).toMatchObject([
      {
        leader: 'pg1',
        timeline: 2,
        paused: true,
        synchronousMode: 'quorum',
        lagLimit: 77,
        scheduledAt: '2026-02-01T12:00:00+00:00',
      },
    ]);
  });

  it('of Citus has its groups in order, and members of one name are two', () => {
    const documents = [2, 0, 1].flatMap((group) => [
      { group, name: 'leader' as const, value: 'w1', version: '1' },
      { group, name: 'members/w1' as const, value: memberDocument('w1'), version: '1' },
    ]);
    const scene = sceneOf(parseSnapshot('demo', documents), new Map([['1/w1', silent()]]));
    expect(scene.groups.map(({ group }) => group)).toEqual([0, 1, 2]);
    const members = scene.groups.flatMap((group) => group.members);
    expect(members.map(({ key }) => key)).toEqual(['0/w1', '1/w1', '2/w1']);
    expect(members.map(({ silence }) => silence !== undefined)).toEqual([false, true, false]);
  });
});
