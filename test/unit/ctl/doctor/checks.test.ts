import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../../src/ctl/doctor/checks.ts';
import type { CertificateSight, DoctorFacts } from '../../../../src/ctl/doctor/facts.ts';
import { DAY, factsOf, NOW } from './doctor-facts.ts';

type Changes = Parameters<typeof factsOf>[0];

/** `severity id member` of each finding; that fences cannot be seen is left out. */
const found = (changes: Changes): string[] =>
  diagnose(factsOf(changes))
    .filter(({ id }) => id !== 'fence-not-checked')
    .map(({ severity, id, member }) => [severity, id, member].filter(Boolean).join(' '));

const evidenceOf = (changes: Changes, id: string): string | undefined =>
  diagnose(factsOf(changes)).find((one) => one.id === id)?.evidence;

/** The usual members with one of them changed. */
const withMember = (
  name: string,
  change: Partial<DoctorFacts['view']['members'][number]>,
): { view: Partial<DoctorFacts['view']> } => ({
  view: {
    members: factsOf().view.members.map((one) => (one.name === name ? { ...one, ...change } : one)),
  },
});

it('finds nothing in a cluster that is well', () => {
  expect(found({})).toEqual([]);
});

it('tells the worst first', () => {
  const severities = diagnose(
    factsOf({
      says: { pg2: undefined, pg3: { pendingRestart: true } },
      settings: { failsafeMode: false },
    }),
  ).map(({ severity }) => severity);
  expect(new Set(severities)).toEqual(new Set(['error', 'warning', 'info']));
  expect(severities).toEqual([...severities].sort((a, b) => RANK.indexOf(a) - RANK.indexOf(b)));
});
const RANK = ['error', 'warning', 'info'];

describe('health', () => {
  it.each<[string[], Changes]>([
    [['error unreachable pg2'], { says: { pg2: undefined } }],
    [['error not-running pg2'], { says: { pg2: { state: 'stopped' } } }],
    [['warning paused'], { settings: { pause: true } }],
  ])('%j', (expected, changes) => {
    expect(found(changes)).toEqual(expect.arrayContaining(expected));
  });

  it('says nothing twice', () => {
    const says = { pg2: { pendingRestart: true, version: '4.0.7' } };
    expect(found({ says }).sort()).toEqual([
      'warning mixed-agent-versions',
      'warning pending-restart pg2',
    ]);
  });
});

describe('configuration', () => {
  it('hands on what edit-config would say, and knows the timing rule', () => {
    const configuration = [
      { severity: 'error', path: 'ttl', message: 'loop_wait 10 + … is more than ttl 20' },
      { severity: 'warning', path: 'postgresql.x', message: 'x is nothing' },
      { severity: 'note', path: 'postgresql.pg_hba', message: 'taken for granted' },
    ] as const;
    expect(found({ configuration })).toEqual([
      'error timing',
      'warning configuration',
      'info configuration',
    ]);
  });

  it('says that there is none', () => {
    const facts = factsOf();
    const { config: _, ...view } = facts.view;
    expect(diagnose({ ...facts, view }).map(({ id }) => id)).toContain('configuration-not-checked');
  });

  it.each([
    [0, ['warning lag-limit-zero']],
    [1, []],
  ])('maximum_lag_on_failover %d', (maximumLagOnFailover, expected) => {
    const status = { lastLsn: 1000, slots: { pg1: 1000 }, retainSlots: [] };
    expect(found({ settings: { maximumLagOnFailover }, view: { status } })).toEqual(expected);
  });

  it('failsafe mode that is off, but not in a standby cluster', () => {
    expect(found({ settings: { failsafeMode: false } })).toEqual(['info failsafe-off']);
    const standby = { failsafeMode: false, standbyCluster: true };
    expect(found({ settings: standby })).toEqual([]);
  });

  it('a member that the failsafe list leaves out', () => {
    const failsafe = { pg1: 'u', pg2: 'u' };
    expect(found({ view: { failsafe } })).toEqual(['warning not-in-failsafe pg3']);
    expect(found({ view: { failsafe: { ...failsafe, pg3: 'u' } } })).toEqual([]);
  });
});

describe('redundancy', () => {
  const sync = { leader: 'pg1', standbys: ['pg2'], quorum: 0, version: '1' };
  const settings = { synchronousMode: 'on' } as const;
  const nosync = withMember('pg3', { tags: { nosync: true } }).view;

  it('one standby that can be synchronous is one too few', () => {
    expect(found({ view: { sync }, settings })).toEqual([]);
    expect(found({ view: { ...nosync, sync }, settings })).toEqual(['warning single-sync-standby']);
  });

  it('so are two where two are wanted', () => {
    const wanted = { ...settings, synchronousNodeCount: 2, synchronousModeStrict: true };
    expect(found({ view: { sync }, settings: wanted })).toEqual(['warning single-sync-standby']);
    expect(evidenceOf({ view: { sync }, settings: wanted }, 'single-sync-standby')).toBe(
      'synchronous_node_count is 2, and only pg2, pg3 can be synchronous; ' +
        'synchronous_mode_strict is on',
    );
  });

  it('does not matter without synchronous mode', () => {
    expect(found({ view: nosync })).toEqual([]);
  });
});

describe('WAL that is held', () => {
  const GB = 1024 ** 3;
  const MB = 1024 ** 2;
  const position = 100 * GB;
  const says = Object.fromEntries(
    ['pg1', 'pg2', 'pg3'].map((name) => [
      name,
      name === 'pg1' ? { location: position } : { receivedLsn: position, replayedLsn: position },
    ]),
  );
  const slots = (held: Record<string, number>): Changes => {
    const at = Object.entries(held).map(([name, bytes]) => [name, position - bytes]);
    return {
      says,
      view: { status: { lastLsn: position, slots: Object.fromEntries(at), retainSlots: [] } },
    };
  };

  it.each<[string[], Record<string, number>]>([
    [[], { pg2: GB }],
    [['warning slot-holds-wal'], { pg2: GB + 1 }],
    [[], { gone: 16 * MB }],
    [['warning orphan-slot'], { gone: 16 * MB + 1 }],
  ])('%j', (expected, held) => {
    expect(found(slots(held))).toEqual(expected);
  });

  it('knows a member whose name is another one as a slot, and permanent slots', () => {
    const permanentSlots = { audit: { type: 'physical' } as const };
    const changes = { ...slots({ audit: 20 * MB }), settings: { permanentSlots } };
    expect(found(changes)).toEqual([]);
    const member = withMember('pg3', { name: 'pg-3' }).view;
    const renamed = { ...slots({ pg_3: 20 * MB }), says: {} };
    expect(found({ ...renamed, view: { ...renamed.view, ...member } })).not.toContain(
      'warning orphan-slot',
    );
  });

  it('is not known where no positions are published', () => {
    const status = { lastLsn: 1000, slots: {}, retainSlots: [] };
    expect(found({ view: { status } })).toEqual(['info slots-not-checked']);
  });
});

describe('versions', () => {
  it.each<[string[], Changes]>([
    [['warning mixed-postgresql-versions'], { says: { pg2: { serverVersion: 150_021 } } }],
    [['error mixed-postgresql-versions'], { says: { pg2: { serverVersion: 160_020 } } }],
    [['warning mixed-agent-versions'], { says: { pg2: { version: '4.1.6' } } }],
  ])('%j', (expected, changes) => {
    expect(found(changes)).toEqual(expected);
  });

  it('names who has which', () => {
    const says = { pg2: { serverVersion: 150_009 } };
    expect(evidenceOf({ says }, 'mixed-postgresql-versions')).toBe(
      '15.9 on pg2; 15.20 on pg1, pg3',
    );
  });
});

describe('names and addresses', () => {
  it.each<[string[], Changes]>([
    [['error duplicate-members'], withMember('pg3', { apiUrl: 'http://pg2:8008/patroni' })],
    [['error duplicate-members'], withMember('pg3', { connUrl: 'postgres://pg2:5432/postgres' })],
    [['error duplicate-members'], withMember('pg3', { name: 'PG2' })],
    [['error wrong-member pg2'], { says: { pg2: { name: 'pg3' } } }],
    [['error wrong-member pg2'], { says: { pg2: { scope: 'other' } } }],
    [['error foreign-data pg2'], { says: { pg2: { systemId: '7000000000000000009' } } }],
    [['error stray-primary pg2'], { says: { pg2: { role: 'primary' } } }],
  ])('%j', (expected, changes) => {
    expect(found(changes)).toEqual(expect.arrayContaining(expected));
  });

  it('lets a member be that does not say its name, or names itself', () => {
    expect(found({ says: { pg2: { name: 'pg2', scope: 'demo' } } })).toEqual([]);
  });

  it('does not take a server that stops for a primary', () => {
    const says = { pg2: { role: 'primary', state: 'stopping' } };
    expect(found({ says })).not.toContain('error stray-primary pg2');
  });
});

describe('restarts and replay', () => {
  it('shows what waits', () => {
    const change = { max_connections: { oldValue: '100', newValue: '200' } };
    const says = { pg2: { pendingRestart: true, pendingRestartReason: change } };
    expect(found({ says })).toEqual(['warning pending-restart pg2']);
    expect(evidenceOf({ says }, 'pending-restart')).toBe('max_connections 100 -> 200');
  });

  it('notices replay that stands still', () => {
    expect(found({ says: { pg2: { replayPaused: true } } })).toEqual(['warning replay-paused pg2']);
  });
});

describe('clocks', () => {
  const clock = (least: number) => ({
    clock: { dateMs: NOW + least, least, most: least + 1010 },
  });

  it.each<[string[], Changes]>([
    [[], { sees: { pg2: clock(3000), pg1: clock(0), pg3: clock(0) } }],
    [['warning clock-difference'], { sees: { pg2: clock(3010), pg1: clock(0), pg3: clock(0) } }],
    [['warning own-clock'], { sees: { pg1: clock(5000), pg2: clock(5000), pg3: clock(5000) } }],
    [['warning own-clock'], { sees: { pg1: clock(-5000), pg2: clock(-5000), pg3: clock(-5000) } }],
    [['info clock-not-checked pg2'], { sees: { pg2: { clock: undefined } } }],
  ])('%j', (expected, changes) => {
    expect(found(changes)).toEqual(expected);
  });

  it('says only what is sure: a second and the round trip are taken off', () => {
    const sees = { pg1: clock(0), pg2: clock(60_000), pg3: clock(0) };
    expect(evidenceOf({ sees }, 'clock-difference')).toMatch(
      /^pg2 is at least 59\.0 s ahead of pg/,
    );
  });

  it.each([
    [30, []],
    [31, ['warning dcs-not-seen pg2']],
  ])('the DCS answered an agent %d s ago, by its own clock', (age, expected) => {
    const says = { pg2: { dcsLastSeen: NOW / 1000 - age } };
    expect(found({ says })).toEqual(expected);
    // A clock that is wrong changes nothing, as long as it is wrong for both.
    const hour = 3600_000;
    const off = { pg2: { clock: { dateMs: NOW + hour, least: 0, most: 1000 } } };
    const later = { pg2: { dcsLastSeen: (NOW + hour) / 1000 - age } };
    expect(found({ says: later, sees: off })).toEqual(expected);
  });
});

describe('certificates', () => {
  const cert = (validToMs: number, validFromMs = NOW - DAY): CertificateSight => ({
    ...{ ok: true, subject: 'pg2.example', validFromMs, validToMs },
  });

  it.each<[string[], CertificateSight]>([
    [[], cert(NOW + 31 * DAY)],
    [['warning certificate-expires pg2'], cert(NOW + 31 * DAY - 1)],
    [['error certificate-expired pg2'], cert(NOW)],
    [['error certificate-not-valid-yet pg2'], cert(NOW + 90 * DAY, NOW + 1)],
    [['info certificate-not-checked pg2'], { ok: false, failure: 'time-out' }],
  ])('%j', (expected, certificate) => {
    expect(found({ sees: { pg2: { certificate } } })).toEqual(expected);
  });

  it('those of etcd too', () => {
    const endpoints = ['a', 'b', 'c'].map((host) => ({
      ...{ name: `https://${host}:2379`, certificate: cert(NOW + DAY) },
    }));
    expect(found({ store: { endpoints } })).toEqual(Array(3).fill('warning certificate-expires'));
  });
});

describe('who may send orders', () => {
  const open = { door: { kind: 'open' } as const };
  it('an open API is a warning, on an address of one host a note', () => {
    expect(found({ sees: { pg2: open } })).toEqual(['warning open-api pg2']);
    const { view } = withMember('pg2', { apiUrl: 'http://127.0.0.1:8008/patroni' });
    expect(found({ view, sees: { pg2: open } })).toEqual(['info open-api pg2']);
  });

  it('what could not be tried is said, but not of a member that is silent anyway', () => {
    const door = { kind: 'unknown', why: 'HTTP 500' } as const;
    expect(found({ sees: { pg2: { door } } })).toEqual(['info open-api-not-checked pg2']);
    const silent = found({ says: { pg2: undefined }, sees: { pg2: { door } } });
    expect(silent).toEqual(['error unreachable pg2']);
  });
});

describe('fences', () => {
  const ids = (changes: Changes) =>
    diagnose(factsOf(changes))
      .filter(({ id }) => /fence|watchdog/.test(id))
      .map(
        ({ severity, id, title }) => `${severity} ${id} ${title.match(/ on (pg.*)$/)?.[1] ?? ''}`,
      );
  const node = { name: 'pg1', watchdog: 'automatic' } as const;
  const OTHERS = 'info fence-not-checked pg2, pg3';

  it('cannot be seen from outside, but for what is required and fails', () => {
    expect(ids({})).toEqual(['info fence-not-checked pg1, pg2, pg3']);
    expect(ids({ says: { pg2: { watchdogFailed: true } } })).toEqual([
      'warning watchdog-failed ',
      'info fence-not-checked pg1, pg3',
    ]);
  });

  it.each<[string[], NonNullable<DoctorFacts['local']['node']>]>([
    [['warning no-fence ', OTHERS], { ...node, fence: 'off' }],
    [['info no-fence ', OTHERS], node],
    [[OTHERS], { ...node, fence: 'preferred' }],
    [[OTHERS], { ...node, watchdog: 'required', fence: 'off' }],
  ])('%j by the file of a node', (expected, local) => {
    expect(ids({ local: { exposed: [], node: local } })).toEqual(expected);
  });
});

describe('the store', () => {
  const servers = (...names: string[]) => ({
    store: { endpoints: names.map((name) => ({ name })) },
  });
  it.each<[string[], Changes]>([
    [[], servers('a', 'b', 'c')],
    [['info store-size'], servers('a')],
    [['info store-size'], servers('a', 'b')],
    [['info store-not-checked'], { store: { endpoints: [], unseen: 'DNS' } }],
  ])('%j', (expected, changes) => {
    expect(found(changes)).toEqual(expected);
  });

  it('a server that does not answer', () => {
    const endpoints = [{ name: 'a' }, { name: 'b', failure: 'no connection' }, { name: 'c' }];
    expect(found({ store: { endpoints } })).toEqual(['warning store-unreachable']);
  });
});

it('files with passwords that everybody may read', () => {
  expect(found({ local: { exposed: ['/etc/patroni.yml'] } })).toEqual(['warning exposed-file']);
});
