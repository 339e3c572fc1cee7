import { describe, expect, it } from 'vitest';
import { clusterOf, member, SILENT, says } from '../cluster-of.ts';
import {
  factsOf,
  leaderFacts,
  NOW,
  primary,
  sees,
  seesNoLeader,
  standby,
  stopped,
} from '../facts-of.ts';
import { acting, asked, planned } from './planned.ts';

const held = { lock: { outcome: 'held' } } as const;
const lost = { lock: { outcome: 'lost' } } as const;
const unknown = { lock: { outcome: 'unknown' } } as const;
const pg2 = { name: 'pg2', report: says() };

describe('a leader', () => {
  it('renews before anything else', () => {
    expect(planned(leaderFacts())).toEqual({ rule: 'leading.renew', asks: 'renew' });
  });

  it('goes on when the lock was renewed', () => {
    const plan = acting(leaderFacts({ answers: held }));
    expect(plan).toMatchObject({
      rule: 'leading.steady',
      do: [],
      say: 'no action. I am (pg1), the leader with the lock',
    });
  });

  it('stops at once when somebody else has the lock', () => {
    const dcs = sees({ leader: 'pg2' });
    const facts = leaderFacts({ dcs, answers: lost, memory: { leaseUntil: undefined } });
    expect(planned(facts)).toEqual({ rule: 'following.demote', does: ['stop immediate'] });
  });

  it('looks again at once when the lock has vanished and nobody has it (S8)', () => {
    const facts = leaderFacts({
      dcs: seesNoLeader(),
      answers: lost,
      memory: { leaseUntil: undefined },
    });
    expect(planned(facts)).toEqual({ rule: 'race.lock-vanished', does: [] });
    expect(acting(facts).wakeAt).toBe(NOW);
  });

  it('goes on while the lease holds when the renewal is not answered', () => {
    expect(planned(leaderFacts({ answers: unknown })).does).toEqual([]);
    const late = leaderFacts({ answers: unknown, memory: { leaseUntil: NOW + 5_500 } });
    expect(planned(late)).toEqual({ rule: 'leading.unanswered', does: ['stop fast'] });
  });

  it('does not take a slow look for a dead server (P#3663)', () => {
    const facts = leaderFacts({ answers: held, postgres: primary({ answering: false }) });
    expect(planned(facts)).toEqual({ rule: 'leading.not-answering', does: [] });
  });

  it('replaces a dead guard, and steps down when that did not help (S1)', () => {
    const fence = { guard: 'dead', fenced: false, watchdog: 'off' } as const;
    expect(planned(leaderFacts({ answers: held, fence })).does).toEqual(['start-guard']);
    const again = leaderFacts({ answers: held, fence, memory: { guardStartedAt: NOW - 1000 } });
    expect(planned(again)).toEqual({ rule: 'leading.unfenced', does: ['stop immediate'] });
    const preferred = leaderFacts({
      answers: held,
      fence,
      self: { fence: 'preferred' },
      memory: { guardStartedAt: NOW - 1000 },
    });
    expect(planned(preferred).rule).toBe('leading.steady');
  });

  it('steps down when a required watchdog cannot be used', () => {
    const facts = leaderFacts({
      answers: held,
      self: { watchdog: 'required' },
      fence: { guard: 'alive', fenced: false, watchdog: 'unusable' },
    });
    expect(planned(facts)).toEqual({ rule: 'leading.unfenced', does: ['stop immediate'] });
  });

  it('stops accepting writes when the cluster becomes a standby cluster, and keeps the lock', () => {
    const settings = { standbyCluster: true, remotePrimary: { host: 'far' } };
    const facts = leaderFacts({ answers: held, settings });
    expect(planned(facts)).toEqual({ rule: 'leading.demote-cluster', does: ['stop fast'] });
    const after = leaderFacts({
      answers: held,
      settings,
      postgres: stopped({ role: 'primary', controlState: 'shut down' }),
      memory: { steppingDown: 'demote-cluster' },
    });
    expect(planned(after)).toEqual({ rule: 'down.start-leader', does: ['start as standby'] });
  });

  it('promotes a standby that has the lock, and only if /sync still names it', () => {
    const facts = leaderFacts({ answers: held, postgres: standby() });
    expect(planned(facts)).toEqual({
      rule: 'leading.promote',
      does: ['set-sync-names', 'write history', 'promote'],
    });
    const settings = { synchronousMode: 'on' } as const;
    const sync = { leader: 'pg9', standbys: ['pg3'], quorum: 0, version: '3' };
    const dcs = { ...sees({ ownsLock: true }), view: { ...clusterOf(), sync } };
    const changed = leaderFacts({ answers: held, postgres: standby(), settings, dcs });
    expect(planned(changed)).toEqual({
      rule: 'leading.not-synchronous',
      does: ['disarm', 'release'],
    });
  });

  it('lets another one try when its promotion failed', () => {
    const job = {
      spec: { kind: 'promote', above: 0 },
      startedAt: NOW,
      outcome: { ok: false, cancelled: false, failure: 'pre_promote' },
    } as const;
    const facts = leaderFacts({ answers: held, postgres: standby(), job });
    expect(acting(facts)).toMatchObject({
      rule: 'leading.promotion-failed',
      do: [{ kind: 'disarm' }, { kind: 'release' }],
      memory: { leaseUntil: undefined, raceAfter: NOW + 30_000 },
    });
  });
});

describe('a lock that a read shows as ours', () => {
  it('is renewed beside a running primary: the agent was restarted', () => {
    const facts = leaderFacts({ memory: { leaseUntil: undefined } });
    expect(planned(facts)).toEqual({ rule: 'leading.resume', asks: 'renew' });
  });

  it('is renewed when the reply to our request for it was lost', () => {
    const memory = { leaseUntil: undefined, acquireSentAt: NOW - 3000 };
    expect(planned(leaderFacts({ memory, postgres: standby() })).rule).toBe('leading.resume');
  });

  it('is renewed after the DCS was away: it was won, and never lost (S8)', () => {
    const memory = { leaseUntil: undefined, lockWon: true };
    expect(planned(leaderFacts({ memory, postgres: standby() })).rule).toBe('leading.resume');
    const down = stopped({ role: 'primary', controlState: 'shut down' });
    expect(planned(leaderFacts({ memory, postgres: down })).rule).toBe('leading.resume');
    const silent = { lock: { outcome: 'unknown' } } as const;
    expect(planned(leaderFacts({ memory, postgres: standby(), answers: silent })).does).toEqual([]);
    const restored = leaderFacts({ memory: { ...memory, revision: 11 }, postgres: standby() });
    expect(planned(restored)).toEqual({
      rule: 'leading.unexpected-lock',
      does: ['disarm', 'release'],
    });
  });

  it('is given up by a standby that never asked for it: the store was restored', () => {
    const facts = leaderFacts({ memory: { leaseUntil: undefined }, postgres: standby() });
    expect(planned(facts)).toEqual({
      rule: 'leading.unexpected-lock',
      does: ['disarm', 'release'],
    });
  });

  it('is not ours when it belongs to another session: a namesake (P#2724)', () => {
    const facts = leaderFacts({ dcs: sees(), memory: { leaseUntil: undefined } });
    expect(planned(facts)).toEqual({ rule: 'following.demote', does: ['stop immediate'] });
    const asStandby = leaderFacts({
      dcs: sees(),
      memory: { leaseUntil: undefined },
      postgres: standby({ follows: '' }),
    });
    expect(planned(asStandby)).toEqual({ rule: 'following.namesake', does: [] });
  });
});

describe('a request for a switchover', () => {
  const requested = (request: object) =>
    sees({ ownsLock: true, failover: { version: '7', ...request } });

  it('asks the candidate, and stops when it can take over', () => {
    const dcs = requested({ leader: 'pg1', candidate: 'pg2' });
    expect(asked(leaderFacts({ dcs, answers: held }))).toMatchObject({
      kind: 'poll',
      members: [{ name: 'pg2' }],
    });
    const facts = leaderFacts({ dcs, answers: { ...held, peers: [pg2] } });
    expect(acting(facts)).toMatchObject({
      rule: 'leading.request',
      say: 'switchover: demoting myself',
      do: [{ kind: 'job', job: { kind: 'stop', mode: 'fast', checkpoint: true } }],
      memory: { steppingDown: 'switchover' },
    });
  });

  it('is cleared when nobody can take over', () => {
    const dcs = requested({ leader: 'pg1', candidate: 'pg2' });
    const peers = [{ name: 'pg2', report: SILENT }];
    const facts = leaderFacts({ dcs, answers: { ...held, peers } });
    expect(planned(facts)).toEqual({ rule: 'leading.request', does: ['remove failover'] });
  });

  it.each([
    ['names another leader', { leader: 'pg3', candidate: 'pg2' }],
    ['names the leader itself', { leader: 'pg1', candidate: 'pg1' }],
    ['was missed long ago', { leader: 'pg1', scheduledAt: '2025-12-31T23:00:00+00:00' }],
  ])('is cleared when it %s', (_, request) => {
    const facts = leaderFacts({ dcs: requested(request), answers: held });
    expect(planned(facts).does).toEqual(['remove failover']);
  });

  it('waits for its time, and wakes for it', () => {
    const dcs = requested({ leader: 'pg1', scheduledAt: '2026-01-01T00:00:03+00:00' });
    const plan = acting(leaderFacts({ dcs, answers: held }));
    expect(plan).toMatchObject({ rule: 'leading.steady', wakeAt: NOW + 3000 });
  });

  it('gives the lock away only when PostgreSQL is down', () => {
    const memory = { steppingDown: 'switchover' } as const;
    const job = {
      spec: { kind: 'stop', mode: 'fast', checkpoint: true, limit: undefined },
      startedAt: NOW,
      outcome: undefined,
    } as const;
    expect(planned(leaderFacts({ memory, job, answers: held })).rule).toBe('busy.wait');
    const postgres = stopped({ role: 'primary', controlState: 'shut down', lsn: 5000 });
    const has = [{ name: 'pg2', report: says({ receivedLsn: 5000 }) }];
    const down = leaderFacts({ memory, postgres, answers: { peers: has } });
    expect(planned(down)).toEqual({ rule: 'down.handover', does: ['disarm', 'release'] });
  });

  describe('when PostgreSQL is down, and nobody has the last WAL', () => {
    const memory = { steppingDown: 'switchover' } as const;
    const postgres = stopped({ role: 'primary', controlState: 'shut down', lsn: 5000 });
    const short = [{ name: 'pg2', report: says({ receivedLsn: 4999, replayedLsn: 4999 }) }];
    const dcs = requested({ leader: 'pg1' });

    it('looks before it gives the lock away', () => {
      expect(planned(leaderFacts({ memory, postgres, dcs })).asks).toBe('poll');
    });

    it.each([
      ['has less', short],
      ['does not answer', [{ name: 'pg2', report: SILENT }]],
    ])('leads again with a lock that it has just renewed: the other one %s', (_, peers) => {
      const facts = { memory, postgres, dcs };
      expect(planned(leaderFacts({ ...facts, answers: { peers } })).asks).toBe('renew');
      const plan = acting(leaderFacts({ ...facts, answers: { ...held, peers } }));
      expect(plan).toMatchObject({ rule: 'down.take-back', memory: { steppingDown: undefined } });
      expect(planned(leaderFacts({ ...facts, answers: { ...held, peers } })).does).toEqual([
        'remove failover',
        'start as primary',
      ]);
    });

    it('goes by the candidate alone, if one is named', () => {
      const named = requested({ leader: 'pg1', candidate: 'pg3' });
      const peers = [{ name: 'pg2', report: says({ receivedLsn: 5000 }) }];
      const facts = leaderFacts({ memory, postgres, dcs: named, answers: { ...held, peers } });
      expect(planned(facts).rule).toBe('down.take-back');
    });

    it('gives the lock away all the same where a failover was ordered', () => {
      const failover = requested({ candidate: 'pg2' });
      const facts = leaderFacts({ memory, postgres, dcs: failover });
      expect(planned(facts).rule).toBe('down.handover');
    });
  });

  it('in quorum mode needs enough able members to find the last commit', () => {
    const sync = { leader: 'pg1', standbys: ['pg2', 'pg3'], quorum: 1, version: '3' };
    const settings = { synchronousMode: 'quorum' } as const;
    const view = { ...clusterOf({ settings }), sync, failover: { leader: 'pg1', version: '7' } };
    const dcs = { ...sees({ ownsLock: true }), view };
    const one = leaderFacts({ dcs, settings, answers: { ...held, peers: [pg2] } });
    expect(planned(one).does).toEqual(['remove failover']);
    const peers = [pg2, { name: 'pg3', report: says() }];
    const two = leaderFacts({ dcs, settings, answers: { ...held, peers } });
    expect(planned(two).does).toEqual(['stop fast']);
  });
});

describe('a leader whose PostgreSQL is down', () => {
  const crashed = stopped({ role: 'primary', controlState: 'in production' });

  it('starts it as a primary while the lock is surely its own', () => {
    const facts = leaderFacts({ postgres: crashed, answers: held });
    expect(planned(facts)).toEqual({ rule: 'down.start-leader', does: ['start as primary'] });
  });

  it('fails over instead with primary_start_timeout 0, if somebody can lead', () => {
    const settings = { primaryStartTimeout: 0 };
    const asks = leaderFacts({ postgres: crashed, answers: held, settings });
    expect(planned(asks)).toEqual({ rule: 'down.fail-over', asks: 'poll' });
    const able = leaderFacts({ postgres: crashed, answers: { ...held, peers: [pg2] }, settings });
    expect(planned(able).does).toEqual(['disarm', 'release']);
    const alone = leaderFacts({ postgres: crashed, answers: { ...held, peers: [] }, settings });
    expect(planned(alone).does).toEqual(['start as primary']);
  });

  it('gives the lock up when PostgreSQL does not start', () => {
    const job = {
      spec: { kind: 'start', as: 'primary', from: undefined },
      startedAt: NOW,
      outcome: { ok: false, cancelled: false, failure: 'no space' },
    } as const;
    const facts = leaderFacts({ postgres: crashed, answers: held, job });
    expect(planned(facts)).toEqual({ rule: 'down.start-failed', does: ['disarm', 'release'] });
  });

  it('never starts as a primary without the lease (R#439)', () => {
    const facts = factsOf({ dcs: seesNoLeader(), postgres: crashed });
    expect(planned(facts).does).toEqual(['disarm', 'crash-recovery']);
    const after = factsOf({
      dcs: seesNoLeader(),
      postgres: stopped({ role: 'primary', controlState: 'shut down' }),
    });
    expect(planned(after).does).toEqual(['disarm', 'start as standby']);
  });

  it('stops a start that takes too long, if somebody else can lead', () => {
    const settings = { primaryStartTimeout: 60 };
    const postgres = primary({ state: 'starting' });
    const memory = { startingSince: NOW - 61_000 };
    const facts = leaderFacts({ postgres, settings, memory, answers: { ...held, peers: [pg2] } });
    expect(planned(facts)).toEqual({ rule: 'leading.starting', does: ['stop immediate'] });
    const alone = leaderFacts({ postgres, settings, memory, answers: { ...held, peers: [] } });
    expect(planned(alone)).toEqual({ rule: 'leading.starting', does: [] });
    const early = leaderFacts({
      postgres,
      settings,
      memory: { startingSince: NOW - 10_000 },
      answers: held,
    });
    expect(acting(early).say).toBe('PostgreSQL is still starting up, 50 seconds until timeout');
  });
});

describe('a candidate table shared with the control CLI', () => {
  it('keeps a member with nofailover from taking over', () => {
    const members = [
      member('pg1', { role: 'primary' }),
      member('pg2', { tags: { nofailover: true } }),
    ];
    const dcs = sees({ ownsLock: true, members, failover: { version: '7', leader: 'pg1' } });
    const facts = leaderFacts({ dcs, answers: { ...held, peers: [pg2] } });
    expect(planned(facts).does).toEqual(['remove failover']);
  });
});
