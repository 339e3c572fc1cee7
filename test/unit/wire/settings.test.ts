import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WholeFloat } from '../../../src/model/json.ts';
import { DEFAULT_SETTINGS } from '../../../src/model/settings.ts';
import { lenientSeconds } from '../../../src/wire/numbers.ts';
import { parseSettings } from '../../../src/wire/settings.ts';

describe('parseSettings', () => {
  it('takes the defaults for what is absent or makes no sense', () => {
    expect(parseSettings({})).toEqual(DEFAULT_SETTINGS);
    const junk = Object.fromEntries(
      ['ttl', 'loop_wait', 'member_slots_ttl', 'slots', 'ignore_slots', 'standby_cluster'].map(
        (name) => [name, 'junk'],
      ),
    );
    expect(parseSettings({ ...junk, postgresql: [], synchronous_mode: 'junk' })).toEqual(
      DEFAULT_SETTINGS,
    );
  });

  it('means what Patroni takes it to mean', () => {
    expect(
      parseSettings({
        ttl: '40',
        loop_wait: new WholeFloat(5),
        retry_timeout: 'soon',
        primary_race_backoff: 2,
        maximum_lag_on_failover: '1MB',
        maximum_lag_on_syncnode: 7,
        max_timelines_history: 3,
        primary_start_timeout: 0,
        primary_stop_timeout: '20',
        pause: 'ON',
        synchronous_mode: 'Quorum',
        synchronous_mode_strict: 'yes',
        synchronous_node_count: 2,
        failsafe_mode: 2,
        check_timeline: '1',
        standby_cluster: { create_replica_methods: ['basebackup'] },
        member_slots_ttl: '1h',
        postgresql: { use_slots: false, use_pg_rewind: true },
      }),
    ).toEqual({
      ttl: 40,
      loopWait: 5,
      retryTimeout: 10,
      primaryRaceBackoff: 2,
      maximumLagOnFailover: 1048576,
      maximumLagOnSyncnode: 7,
      maxTimelinesHistory: 3,
      primaryStartTimeout: 0,
      primaryStopTimeout: 20,
      pause: true,
      synchronousMode: 'quorum',
      synchronousModeStrict: true,
      synchronousNodeCount: 2,
      failsafeMode: false,
      checkTimeline: true,
      standbyCluster: false,
      remotePrimary: undefined,
      memberSlotsTtl: 3600,
      permanentSlots: {},
      ignoreSlots: [],
      useSlots: false,
      usePgRewind: true,
    });
    expect(parseSettings({ synchronous_mode: true }).synchronousMode).toBe('on');
  });

  it('wants at least one synchronous standby, strict or not', () => {
    expect(parseSettings({ synchronous_node_count: 0 }).synchronousNodeCount).toBe(1);
  });

  it('takes the old names of the time-outs only where the new ones are absent', () => {
    const old = { master_start_timeout: 10, master_stop_timeout: 20 };
    expect(parseSettings(old)).toMatchObject({ primaryStartTimeout: 10, primaryStopTimeout: 20 });
    const both = { ...old, primary_start_timeout: 'x', primary_stop_timeout: 5 };
    expect(parseSettings(both)).toMatchObject({ primaryStartTimeout: 300, primaryStopTimeout: 5 });
  });

  it.each([
    [{ ttl: 30, loop_wait: 20, retry_timeout: 10 }, [30, 10, 10]],
    [{ ttl: 20, loop_wait: 5, retry_timeout: 30 }, [20, 1, 9]],
    [{ ttl: 5, loop_wait: 0, retry_timeout: 1 }, [20, 1, 3]],
  ])('adjusts the times of %j as the daemon does', (data, wanted) => {
    const { ttl, loopWait, retryTimeout } = parseSettings(data);
    expect([ttl, loopWait, retryTimeout]).toEqual(wanted);
  });

  it('leaves a leader the time to ask the DCS twice, whatever is written', () => {
    const time = fc.integer({ min: -10, max: 1000 });
    fc.assert(
      fc.property(time, time, time, (ttl, loop_wait, retry_timeout) => {
        const settings = parseSettings({ ttl, loop_wait, retry_timeout });
        expect(settings.loopWait + 2 * settings.retryTimeout).toBeLessThanOrEqual(settings.ttl);
        expect(settings.loopWait).toBeGreaterThanOrEqual(1);
        expect(settings.retryTimeout).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  it.each([
    [{ host: 'x', port: '5433', primary_slot_name: 's' }, true],
    [{ restore_command: 'cp' }, true],
    [{ create_replica_methods: ['basebackup'] }, false],
  ])('%j is a standby cluster: %s', (section, standbyCluster) => {
    expect(parseSettings({ standby_cluster: section }).standbyCluster).toBe(standbyCluster);
  });

  it('knows the remote primary, where there is one', () => {
    const remote = (section: unknown) => parseSettings({ standby_cluster: section }).remotePrimary;
    expect(remote({ host: 'a,b', port: '5433', primary_slot_name: 's' })).toEqual({
      host: 'a,b',
      port: 5433,
      primarySlotName: 's',
    });
    expect(remote({ restore_command: 'cp' })).toBeUndefined();
  });
});

describe('permanent slots', () => {
  const parse = (section: unknown) => parseSettings({ slots: section }).permanentSlots;

  it('are physical or logical by what they name', () => {
    const logical = { database: 'd', plugin: 'p' };
    const section = {
      a: null,
      b: { type: 'physical', cluster_type: 'standby' },
      c: logical,
      d: { ...logical, type: 'logical', cluster_type: 'both' },
      e: { type: 'physical', ...logical },
    };
    expect(parse(section)).toEqual({
      a: { type: 'physical' },
      b: { type: 'physical', clusterType: 'standby' },
      c: { type: 'logical', ...logical },
      d: { type: 'logical', ...logical },
      e: { type: 'physical' },
    });
  });

  it('are left out when PostgreSQL could not have them', () => {
    const section = { 'A-b': null, a: 'physical', b: { type: 'logical' }, c: { type: 'x' } };
    expect(parse(section)).toEqual({});
  });

  it('are under the first name that says something', () => {
    const data = { permanent_replication_slots: {}, permanent_slots: { a: {} }, slots: { b: {} } };
    expect(Object.keys(parseSettings(data).permanentSlots)).toEqual(['a']);
  });
});

describe('ignored slots', () => {
  const parse = (list: unknown) => parseSettings({ ignore_slots: list }).ignoreSlots;

  it('are matched by what is given', () => {
    expect(
      parse([{ name: 'a' }, { name: null, plugin: 'p', type: 'logical', database: '' }]),
    ).toEqual([{ name: 'a' }, { plugin: 'p', type: 'logical' }]);
    expect(parse([{}])).toEqual([{}]);
  });

  it('are not all slots because a matcher makes no sense', () => {
    expect(parse([{ type: 'x' }, { name: 5 }, 'a', null])).toEqual([]);
  });
});

describe('lenientSeconds', () => {
  it.each([
    [1800, 1800],
    ['1800', 1800],
    ['30min', 1800],
    [' 1.5 min ', 90],
    ['1500ms', 2],
    ['1d', 86_400],
    ['0.02d', 0],
    ['-1', -1],
    ['30 MIN', undefined],
    ['min', undefined],
    ['5MB', undefined],
    [null, undefined],
  ])('%s → %s', (given, wanted) => {
    expect(lenientSeconds(given)).toBe(wanted);
  });
});
