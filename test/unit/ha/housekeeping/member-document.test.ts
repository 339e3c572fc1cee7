import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { isSameMember, memberDocument } from '../../../../src/ha/housekeeping/member-document.ts';
import type { JobOutcome, JobSpec } from '../../../../src/ha/job.ts';
import { NO_ORDERS } from '../../../../src/ha/orders.ts';
import { formatMember, parseMember } from '../../../../src/wire/member.ts';
import { factsOf, leaderFacts, NOW, primary, standby, stopped } from '../facts-of.ts';

const LEASE = { leaseUntil: NOW + 1 };

function jobOf(kind: JobSpec['kind'], outcome?: JobOutcome): Facts['job'] {
  return { spec: { kind } as JobSpec, startedAt: NOW, outcome };
}

const FAILED: JobOutcome = { ok: false, cancelled: false, failure: 'x' };

describe('memberDocument', () => {
  it('says where a standby is, and what it does', () => {
    const postgres = standby({ lsn: 1000, receivedLsn: 1000, replayedLsn: 990, timeline: 3 });
    expect(memberDocument(factsOf({ postgres }))).toEqual({
      name: 'pg2',
      connUrl: 'postgres://pg2:5432/postgres',
      apiUrl: 'http://pg2:8008/patroni',
      state: 'running',
      role: 'replica',
      version: '4.1.5',
      tags: {},
      pendingRestart: false,
      pendingRestartReason: {},
      xlogLocation: 1000,
      receiveLsn: 1000,
      replayLsn: 990,
      replicationState: 'streaming',
      timeline: 3,
      pause: false,
      documentVersion: '',
    });
  });

  it('says of a primary where it is, and nothing of what only standbys have', () => {
    const document = memberDocument(leaderFacts());
    expect(document).toMatchObject({ role: 'primary', xlogLocation: 1000, timeline: 1 });
    expect(document).not.toHaveProperty('replayLsn');
    expect(document).not.toHaveProperty('replicationState');
    expect(document).not.toHaveProperty('checkpointAfterPromote');
  });

  it('warns those who would rewind from a leader without a checkpoint', () => {
    const postgres = primary({ checkpointedSincePromote: false });
    expect(memberDocument(leaderFacts({ postgres }))).toMatchObject({
      checkpointAfterPromote: false,
    });
    expect(memberDocument(factsOf({ postgres }))).not.toHaveProperty('checkpointAfterPromote');
  });

  it('says what waits for a restart, and for when one is planned', () => {
    const changes = { max_connections: { oldValue: '100', newValue: '200' } };
    const scheduledRestart = {
      id: 1,
      at: Date.UTC(2030, 0, 2, 3, 4, 5),
      onlyIfPending: true,
      role: 'replica',
      postgresVersion: '16.2',
      timeout: 90,
      postmasterStart: '2026-01-01 00:00:00+00',
    };
    const document = memberDocument(
      factsOf({
        orders: { ...NO_ORDERS, scheduledRestart },
        postgres: standby({ pendingRestart: changes }),
      }),
    );
    expect(document).toMatchObject({
      pendingRestart: true,
      pendingRestartReason: changes,
      scheduledRestart: {
        schedule: '2030-01-02T03:04:05+00:00',
        onlyIfPending: true,
        role: 'replica',
        postgresVersion: '16.2',
        timeout: 90,
        postmasterStart: '2026-01-01 00:00:00+00',
      },
    });
  });

  it('says what its configuration says: tags, pause, pooler', () => {
    const self = { tags: { nosync: true }, proxyUrl: 'postgres://pool' };
    expect(memberDocument(factsOf({ self, settings: { pause: true } }))).toMatchObject({
      tags: { nosync: true },
      proxyUrl: 'postgres://pool',
      pause: true,
    });
  });

  it.each([
    ['stopped', { postgres: stopped() }],
    ['crashed', { postgres: stopped({ controlState: 'in production' }) }],
    ['starting', { postgres: stopped(), job: jobOf('start') }],
    ['restarting', { job: jobOf('restart') }],
    ['stopping', { job: jobOf('stop') }],
    ['creating replica', { postgres: stopped(), job: jobOf('clone') }],
    ['initializing new cluster', { postgres: stopped(), job: jobOf('bootstrap') }],
    ['running', { job: jobOf('promote') }],
    ['start failed', { postgres: stopped(), job: jobOf('start', FAILED) }],
    ['initdb failed', { postgres: stopped(), job: jobOf('bootstrap', FAILED) }],
    ['stopped', { postgres: stopped(), job: jobOf('start', { ...FAILED, cancelled: true }) }],
    ['running', { job: jobOf('restart', FAILED) }],
  ])('is %s', (state, change) => {
    expect(memberDocument(factsOf(change)).state).toBe(state);
  });

  it.each([
    ['uninitialized', { postgres: stopped({ dataDirectory: 'empty' }) }],
    ['uninitialized', { postgres: stopped({ dataDirectory: 'unfinished' }) }],
    ['replica', { postgres: stopped() }],
    ['promoted', { job: jobOf('promote') }],
    ['primary', { postgres: primary(), job: jobOf('promote') }],
    ['standby_leader', { settings: { standbyCluster: true }, memory: LEASE }],
    ['replica', { settings: { standbyCluster: true } }],
    ['demoted', { postgres: stopped({ role: 'primary' }) }],
    ['primary', { postgres: stopped({ role: 'primary' }), memory: LEASE }],
    [
      'demoted',
      {
        postgres: primary({ state: 'stopping' }),
        memory: { ...LEASE, steppingDown: 'switchover' },
      },
    ],
    ['primary', { postgres: primary() }],
  ] as const)('has the role %s', (role, change) => {
    expect(memberDocument(factsOf(change)).role).toBe(role);
  });

  it.each([
    ['is down', { postgres: stopped() }],
    ['does not answer', { postgres: standby({ answering: false }) }],
    ['is copied', { job: jobOf('clone') }],
  ])('has no positions while the server %s', (_, change) => {
    const document = memberDocument(factsOf(change));
    expect(document).not.toHaveProperty('xlogLocation');
    expect(document).not.toHaveProperty('timeline');
  });
});

describe('isSameMember', () => {
  const document = memberDocument(factsOf({ self: { tags: { a: 1, b: 'é' } } }));

  it('knows a document that came back from the store', () => {
    const { member } = parseMember('pg2', formatMember(document), '99');
    expect(isSameMember(document, member)).toBe(true);
  });

  it('sees a change', () => {
    expect(isSameMember(document, { ...document, xlogLocation: 1001 })).toBe(false);
    expect(isSameMember(document, { ...document, tags: {} })).toBe(false);
    const { replayLsn: _, ...less } = document;
    expect(isSameMember(document, less)).toBe(false);
  });
});
