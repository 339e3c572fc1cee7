import { describe, expect, it } from 'vitest';
import type { SyncNames } from '../../../src/model/postgres.ts';
import { parseConfig } from '../../../src/wire/config.ts';
import { parseSnapshot, type SnapshotDocument } from '../../../src/wire/snapshot.ts';
import { boundedLoss } from '../../sim/checkers/bounded-loss.ts';
import type { HostSight, Position, Sight } from '../../sim/checkers/checker.ts';
import { claim } from '../../sim/checkers/claim.ts';
import { data } from '../../sim/checkers/data.ts';
import { documents } from '../../sim/checkers/documents.ts';
import { durability } from '../../sim/checkers/durability.ts';
import { flapping } from '../../sim/checkers/flapping.ts';
import { forbidden } from '../../sim/checkers/forbidden.ts';
import { liveness } from '../../sim/checkers/liveness.ts';
import { released } from '../../sim/checkers/released.ts';
import { singlePrimary } from '../../sim/checkers/single-primary.ts';
import { strict } from '../../sim/checkers/strict.ts';
import { syncOrder } from '../../sim/checkers/sync-order.ts';
import { timelines } from '../../sim/checkers/timelines.ts';

// Each checker sees the one wrong that it is for, and lets what is right pass.

interface Fake {
  name: string;
  writable: boolean;
  agentSince: number | undefined;
  guardSince: number | undefined;
  commits: number[];
  lsn: number;
  timeline: number;
  names: SyncNames;
  tags: Readonly<Record<string, unknown>>;
  losses: string[];
  operations: Record<string, number>;
  paused: boolean;
  session: string | undefined;
}

function fake(name: string, changes: Partial<Fake> = {}): Fake {
  return {
    name,
    writable: false,
    agentSince: 0,
    guardSince: 0,
    commits: [],
    lsn: 1000,
    timeline: 1,
    names: { kind: 'off' },
    tags: {},
    losses: [],
    operations: {},
    paused: false,
    session: undefined,
    ...changes,
  };
}

function sightOf(host: Fake): HostSight {
  const position = (): Position => ({
    running: true,
    waitsForWal: false,
    inRecovery: !host.writable,
    streaming: !host.writable,
    timeline: host.timeline,
    lsn: host.lsn,
    systemId: '7',
  });
  return {
    name: host.name,
    get tags() {
      return host.tags;
    },
    agentSince: () => host.agentSince,
    guardSince: () => host.guardSince,
    session: () => host.session,
    believesInPause: () => host.paused,
    acceptsWrites: () => host.writable,
    has: (commit) => host.commits.includes(commit),
    position,
    isBehind: (other) => host.commits.every((commit) => other.has(commit)),
    syncNames: () => host.names,
    dataLosses: () => host.losses,
    operations: () => host.operations,
  };
}

/** A world that is what its parts are made to be. */
function makeWorld(fence: Sight['fence'] = 'required') {
  const fakes = [fake('pg1', { writable: true }), fake('pg2'), fake('pg3')] as const;
  const store: Record<string, string> = { leader: 'pg1' };
  const time = { now: 100_000 };
  const documents = (): SnapshotDocument[] =>
    Object.entries(store).map(([name, value]) => ({ name, value, version: '1' }));
  const sight: Sight = {
    get now() {
      return time.now;
    },
    fence,
    hosts: fakes.map(sightOf),
    view: () => parseSnapshot('sim', documents()),
    sync: () => parseSnapshot('sim', documents()).sync,
    settings: () => parseConfig(store.config ?? '{}', '1').config.settings,
  };
  const [one, two, three] = sight.hosts as [HostSight, HostSight, HostSight];
  return { sight, store, time, fakes, hosts: [one, two, three] as const };
}

describe('single-primary', () => {
  it('sees two servers that accept writes', () => {
    const { sight, fakes } = makeWorld();
    const checker = singlePrimary(sight);
    expect(checker.afterEvent?.()).toBeUndefined();
    fakes[1].writable = true;
    expect(checker.afterEvent?.()).toContain('pg1 and pg2');
  });

  it('allows a moment after a pause of the host, and no more', () => {
    const { sight, fakes, time } = makeWorld();
    const checker = singlePrimary(sight);
    fakes[1].writable = true;
    Object.assign(fakes[0], { guardSince: time.now - 50, agentSince: time.now - 50 });
    expect(checker.afterEvent?.()).toBeUndefined();
    time.now += 60;
    expect(checker.afterEvent?.()).toContain('both');
  });

  it('allows a primary that was left alone in pause', () => {
    const { sight, fakes, time } = makeWorld();
    const checker = singlePrimary(sight);
    fakes[1].writable = true;
    Object.assign(fakes[0], { paused: true, agentSince: undefined });
    expect(checker.afterEvent?.()).toBeUndefined();
    // Its agent has learned that the pause is over, and stops it.
    Object.assign(fakes[0], { paused: false, agentSince: 0 });
    expect(checker.afterEvent?.()).toBeUndefined();
    time.now += 15_000;
    expect(checker.afterEvent?.()).toContain('both');
  });

  it('sees a second primary begin in pause, unless an operator ordered it', () => {
    const { sight, store, fakes, hosts } = makeWorld();
    store.config = '{"pause":true}';
    fakes[1].writable = true;
    for (const each of fakes) each.paused = true;
    const checker = singlePrimary(sight);
    expect(checker.rise?.(hosts[1])).toContain('in pause');
    store.failover = '{"member":"pg2"}';
    checker.written?.({ name: 'leader', value: 'pg2', by: 'pg2' });
    expect(checker.rise?.(hosts[1])).toBeUndefined();
  });

  it('takes a frozen agent for no excuse where a guard is required', () => {
    const { sight, fakes } = makeWorld('required');
    fakes[1].writable = true;
    fakes[0].agentSince = undefined;
    expect(singlePrimary(sight).afterEvent?.()).toContain('both');
  });

  it('takes it for one where there is no guard', () => {
    const { sight, fakes } = makeWorld('off');
    fakes[1].writable = true;
    Object.assign(fakes[0], { guardSince: undefined, agentSince: undefined });
    expect(singlePrimary(sight).afterEvent?.()).toBeUndefined();
    fakes[0].agentSince = 0;
    expect(singlePrimary(sight).afterEvent?.()).toContain('both');
  });
});

describe('durability', () => {
  function promised() {
    const world = makeWorld();
    world.store.config = '{"synchronous_mode":true}';
    world.store.sync = '{"leader":"pg1","sync_standby":"pg2","quorum":0}';
    world.fakes[0].commits.push(5);
    const checker = durability(world.sight);
    checker.acked?.({ commit: 5, host: world.hosts[0] });
    return { ...world, checker };
  }

  it('sees a primary without an acknowledged commit', () => {
    const { checker, hosts, fakes } = promised();
    expect(checker.rise?.(hosts[1])).toContain('pg2 is primary without 1');
    fakes[1].commits.push(5);
    expect(checker.rise?.(hosts[1])).toBeUndefined();
  });

  it('forgets what was promised when the operator turns the mode off', () => {
    const { checker, hosts, store } = promised();
    store.config = '{}';
    checker.written?.({ name: 'config', value: '{}', by: 'operator' });
    expect(checker.rise?.(hosts[1])).toBeUndefined();
  });

  it('lets a manual failover lose, and a switchover not', () => {
    for (const [failover, loses] of [
      ['{"member":"pg3"}', false],
      ['{"leader":"pg1","member":"pg3"}', true],
    ] as const) {
      const { checker, hosts, store } = promised();
      store.failover = failover;
      checker.written?.({ name: 'leader', value: 'pg3', by: 'pg3' });
      expect(checker.rise?.(hosts[2]) !== undefined).toBe(loses);
    }
  });
});

describe('bounded-loss', () => {
  it('sees who takes the lock too far behind', () => {
    const { sight, store, fakes, time } = makeWorld();
    store.status = '{"optime":1101,"retain_slots":["pg1"]}';
    const checker = boundedLoss(sight);
    store.config = '{"maximum_lag_on_failover":100}';
    checker.written?.({ name: 'config', value: store.config, by: 'operator' });
    const taken = { name: 'leader', value: 'pg2', by: 'pg2' };
    expect(checker.written?.(taken), 'its race may have begun before').toBeUndefined();
    time.now += 10_000;
    expect(checker.written?.(taken)).toContain('101 bytes behind');
    fakes[1].lsn = 1001;
    expect(checker.written?.(taken)).toBeUndefined();
  });
});

describe('strict', () => {
  it('sees a commit that only its primary has, once the leader must know the mode', () => {
    const { sight, store, fakes, hosts, time } = makeWorld();
    store.config = '{"synchronous_mode":true,"synchronous_mode_strict":true}';
    const checker = strict(sight);
    checker.written?.({ name: 'config', value: store.config, by: 'operator' });
    expect(checker.acked?.({ commit: 1, host: hosts[0] })).toBeUndefined();
    time.now += 60_000;
    expect(checker.acked?.({ commit: 1, host: hosts[0] })).toContain('only pg1');
    fakes[2].commits.push(1);
    expect(checker.acked?.({ commit: 1, host: hosts[0] })).toBeUndefined();
  });
});

describe('sync-order', () => {
  it.each([
    [{ kind: 'off' }, 0, 'nobody'],
    [{ kind: 'first', count: 1, names: ['pg2'] }, 0, undefined],
    [{ kind: 'first', count: 1, names: ['pg2', 'pg3'] }, 0, 'first 1'],
    [{ kind: 'any', count: 1, names: ['pg2', 'pg3'] }, 1, undefined],
    [{ kind: 'any', count: 1, names: ['pg2', 'pg3'] }, 0, 'any 1'],
    [{ kind: 'any', count: 1, names: ['PG2'] }, -1, 'a quorum of -1'],
  ] as const)('%o with a quorum of %i', (names, quorum, complaint) => {
    const { sight, store, fakes } = makeWorld();
    store.sync = JSON.stringify({ leader: 'pg1', sync_standby: 'pg2', quorum });
    fakes[0].names = names;
    const found = syncOrder(sight).afterEvent?.();
    if (complaint === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(complaint);
  });
});

describe('forbidden', () => {
  const taken = { name: 'leader', value: 'pg2', by: 'pg2' };

  it('sees a member with nofailover lead', () => {
    const { sight, hosts, fakes } = makeWorld();
    const checker = forbidden(sight);
    expect(checker.written?.(taken)).toBeUndefined();
    expect(checker.rise?.(hosts[1])).toBeUndefined();
    fakes[1].tags = { failover_priority: 0 };
    expect(checker.written?.(taken)).toContain('nofailover');
    expect(checker.rise?.(hosts[1])).toContain('nofailover');
  });

  it('sees a member outside of /sync lead, unless a person named it', () => {
    const { sight, store } = makeWorld();
    store.config = '{"synchronous_mode":true}';
    store.sync = '{"leader":"pg1","sync_standby":"pg3","quorum":0}';
    expect(forbidden(sight).written?.(taken)).toContain('/sync');
    store.failover = '{"member":"pg2"}';
    expect(forbidden(sight).written?.(taken)).toBeUndefined();
  });

  it('lets no /sync bind that a restored store brought back, until a while after it was written', () => {
    const { sight, store, time } = makeWorld();
    store.config = '{"synchronous_mode":true}';
    store.sync = '{"leader":"pg1","sync_standby":"pg3","quorum":0}';
    const checker = forbidden(sight);
    checker.written?.({ name: 'sync', value: store.sync, by: 'store' });
    time.now += 999_000;
    expect(checker.written?.(taken)).toBeUndefined();
    checker.written?.({ name: 'sync', value: store.sync, by: 'pg1' });
    expect(checker.written?.(taken)).toBeUndefined();
    checker.written?.({ name: 'leader', value: undefined, by: 'store' });
    time.now += 999_000;
    expect(checker.written?.(taken)).toBeUndefined();
    checker.written?.({ name: 'sync', value: store.sync, by: 'pg1' });
    time.now += 300_000;
    expect(checker.written?.(taken)).toContain('/sync');
  });

  it('sees a member outside of /failsafe lead', () => {
    const { sight, store } = makeWorld();
    store.config = '{"failsafe_mode":true}';
    store.failsafe = '{"pg1":"http://pg1:8008/patroni"}';
    expect(forbidden(sight).written?.(taken)).toContain('/failsafe');
  });
});

describe('released', () => {
  it('sees a lock that a program gives away under an agent that goes by it', () => {
    const { sight, fakes } = makeWorld();
    const checker = released(sight);
    const written = { name: 'leader', value: undefined, by: 'release of pg1', boundTo: 'pg1#1' };
    expect(checker.written?.(written)).toBeUndefined();
    fakes[0].session = 'pg1#2';
    expect(checker.written?.(written)).toBeUndefined();
    fakes[0].session = 'pg1#1';
    expect(checker.written?.({ ...written, by: 'pg1' })).toBeUndefined();
    expect(checker.written?.(written)).toContain('of pg1 was given away under its living agent');
  });
});

describe('timelines, data and documents', () => {
  it('sees the history go back, unless the store did', () => {
    const { sight, fakes } = makeWorld();
    const checker = timelines(sight);
    const written = { name: 'history', value: '', by: 'pg1' };
    fakes[0].timeline = 3;
    expect(checker.written?.(written)).toBeUndefined();
    fakes[0].timeline = 2;
    expect(checker.written?.(written)).toContain('of timeline 2');
    checker.done?.({ kind: 'store-wipe' });
    expect(checker.written?.(written)).toBeUndefined();
  });

  it('sees a claim of a number that somebody has', () => {
    const { sight, store, fakes } = makeWorld();
    const checker = timelines(sight);
    const written = { name: 'history', value: '', by: 'pg1' };
    fakes[0].timeline = 3;
    checker.written?.(written);
    fakes[0].timeline = 1;
    store.history = '[[3,100,"promotion begun"]]';
    expect(checker.written?.(written)).toBeUndefined();
    store.history = '[[2,100,"promotion begun"]]';
    expect(checker.written?.(written)).toContain('timeline 3 is claimed');
  });

  it('lets a failover to an older member take the history back', () => {
    const { sight, store } = makeWorld();
    const checker = timelines(sight);
    store.history = '[[1,100,"x"],[2,200,"x"]]';
    checker.written?.({ name: 'history', value: '', by: 'pg1' });
    store.failover = '{"member":"pg2"}';
    checker.written?.({ name: 'leader', value: 'pg2', by: 'pg2' });
    store.history = '[[1,100,"x"]]';
    expect(checker.written?.({ name: 'history', value: '', by: 'pg2' })).toBeUndefined();
  });

  it('sees a data directory that is lost', () => {
    const { sight, fakes } = makeWorld();
    expect(data(sight).atEnd?.()).toBeUndefined();
    fakes[2].losses.push('removed');
    expect(data(sight).atEnd?.()).toContain('pg3: removed');
  });

  it('sees a document that does not read as it was written', () => {
    const checker = documents();
    const write = (name: string, value: string) => checker.written?.({ name, value, by: 'pg1' });
    expect(write('sync', '{"leader":"pg1","quorum":0,"sync_standby":"pg2"}')).toBeUndefined();
    expect(write('sync', '{"leader": "pg1"}')).toContain('which reads');
    expect(write('nonsense', '{}')).toContain('nobody knows');
  });
});

describe('liveness', () => {
  it('sees a cluster without a leader, a member that fell behind, and clients that wait', () => {
    const { sight, store, fakes, hosts } = makeWorld();
    const checker = liveness(sight);
    expect(checker.recovered?.()).toContain('no client');
    checker.acked?.({ commit: 1, host: hosts[0] });
    expect(checker.recovered?.()).toBeUndefined();
    fakes[1].commits.push(9);
    expect(checker.recovered?.()).toContain('pg2 is not on the branch');
    delete store.leader;
    expect(checker.recovered?.()).toContain('nobody holds the lock');
  });
});

describe('flapping', () => {
  const tick = (rule: string) => ({ rule, say: 'no action', asked: [], did: [] });

  it('sees an internal error', () => {
    const { sight, hosts } = makeWorld();
    const ticked = flapping(sight).ticked;
    expect(ticked?.(hosts[0], tick('a'))).toBeUndefined();
    expect(ticked?.(hosts[0], { ...tick('a'), problem: 'TypeError' })).toContain('TypeError');
  });

  it('sees rules that alternate in peace', () => {
    const { sight, hosts } = makeWorld();
    const checker = flapping(sight);
    const swing = (): (string | undefined)[] =>
      Array.from({ length: 20 }, (_, n) => checker.ticked?.(hosts[0], tick(n % 2 ? 'a' : 'b')));
    expect(swing().some((found) => found !== undefined)).toBe(false);
    checker.recovered?.();
    expect(swing().some((found) => found !== undefined)).toBe(true);
  });

  it('sees endless work, and any work in peace', () => {
    const { sight, fakes } = makeWorld();
    const checker = flapping(sight);
    fakes[1].operations.rewind = 1;
    expect(checker.recovered?.()).toBeUndefined();
    fakes[1].operations.clone = 1;
    expect(checker.atEnd?.()).toContain('in peace');
    fakes[1].operations.rewind = 100;
    expect(flapping(sight).recovered?.()).toContain('100 times rewind');
  });
});

describe('claim', () => {
  const claims = (...writes: (readonly [string | undefined, string])[]) => {
    const checker = claim();
    return writes.map(([value, by]) => checker.written?.({ name: 'initialize', value, by }));
  };

  it('one node claims, gives up, and another one claims and makes the cluster', () => {
    const said = claims(['', 'pg1'], [undefined, 'store'], ['', 'pg2'], ['7', 'pg2']);
    expect(said).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('a claim over that of another node, or on a cluster that is there', () => {
    expect(claims(['', 'pg1'], ['', 'pg2'])[1]).toBe('pg2 wrote its claim over that of pg1');
    expect(claims(['7', 'pg1'], ['', 'pg2'])[1]).toContain('on the cluster 7');
  });

  it('what befalls the store itself is nobody’s claim', () => {
    expect(claims(['7', 'pg1'], ['', 'store'])[1]).toBeUndefined();
  });
});
