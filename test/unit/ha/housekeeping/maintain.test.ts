import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../../src/ha/facts.ts';
import { memberDocument } from '../../../../src/ha/housekeeping/member-document.ts';
import type { JobSpec } from '../../../../src/ha/job.ts';
import { maintain } from '../../../../src/ha/maintain.ts';
import type { Action } from '../../../../src/ha/plan.ts';
import { member } from '../cluster-of.ts';
import { factsOf, leaderFacts, NOW, primary, sees, standby, stopped } from '../facts-of.ts';

const named = (action: Action): string =>
  action.kind === 'write' ? action.document.name : action.kind;
const deeds = (facts: Facts): string[] => maintain(facts).do.map(named);

const jobOf = (kind: JobSpec['kind'], over = false): Facts['job'] => ({
  spec: { kind } as JobSpec,
  startedAt: NOW,
  outcome: over ? { ok: true } : undefined,
});

/** A leader in synchronous mode with everything to do: no `/sync`, no slots, no history. */
function leader(change: Parameters<typeof leaderFacts>[0] = {}): Facts {
  const history = [{ timeline: 1, lsn: 100, reason: 'x' }];
  const postgres = primary({ timeline: 2, history });
  return leaderFacts({ settings: { synchronousMode: 'on' }, postgres, ...change });
}

describe('maintain', () => {
  it('does all that a leader has to, what others depend on first', () => {
    expect(deeds(leader())).toEqual(['publish', 'sync', 'history', 'sync-slots']);
    const { initialize: _, ...view } = sees().view;
    expect(deeds(leader({ dcs: { view, ownsLock: true, revision: 1 } }))).toContain('initialize');
  });

  it('goes on in pause: a standby that went away must not hold up commits', () => {
    const settings = { synchronousMode: 'on', pause: true } as const;
    expect(deeds(leader({ settings }))).toContain('sync');
  });

  it('writes nothing without the DCS', () => {
    expect(maintain(leader({ dcs: undefined })).do).toEqual([]);
  });

  it('writes nothing for the cluster without the lease', () => {
    expect(deeds(leader({ memory: { leaseUntil: NOW } }))).toEqual(['publish', 'sync-slots']);
  });

  it('does not look for others to be synchronous on the way out', () => {
    const steppingDown = 'switchover' as const;
    const memory = { leaseUntil: NOW + 1, steppingDown };
    expect(deeds(leader({ memory }))).not.toContain('sync');
  });

  it.each(['stop', 'restart', 'start', 'rewind', 'clone'] as const)(
    'leaves PostgreSQL alone while it is busy: %s',
    (kind) => {
      const wanted = ['publish'];
      expect(deeds(factsOf({ job: jobOf(kind) }))).toEqual(wanted);
      expect(deeds(factsOf({ job: jobOf(kind, true) }))).toEqual([...wanted, 'sync-slots']);
    },
  );

  it('looks after slots while it is being promoted', () => {
    expect(deeds(factsOf({ job: jobOf('promote') }))).toEqual(['publish', 'sync-slots']);
    expect(deeds(leader({ job: jobOf('promote') }))).not.toContain('sync');
  });

  it.each([
    ['down', stopped()],
    ['not answering', standby({ answering: false })],
    ['starting', standby({ state: 'starting' })],
  ])('touches no slots of a server that is %s', (_, postgres) => {
    expect(deeds(factsOf({ postgres }))).toEqual(['publish']);
  });
});

describe('the own document', () => {
  const at = (facts: Facts): Facts => {
    const own = { ...memberDocument(facts), host: 'h', documentVersion: '9' };
    const ownsLock = facts.dcs?.ownsLock ?? false;
    return { ...facts, dcs: sees({ ownsLock, members: [own, member('pg3')] }) };
  };

  it('is published by a standby each time, because its session lives by it', () => {
    expect(deeds(at(factsOf()))).toContain('publish');
  });

  it('is published by a leader when it says something new, or has gone', () => {
    const facts = at(leaderFacts());
    expect(deeds(facts)).not.toContain('publish');
    expect(deeds({ ...facts, postgres: primary({ lsn: 1001 }) })).toContain('publish');
    expect(deeds({ ...facts, dcs: sees({ ownsLock: true, members: [] }) })).toContain('publish');
  });
});

describe('logical slots that a standby lacks', () => {
  const app = { type: 'logical', database: 'app', plugin: 'pgoutput' } as const;
  const lacking = (change: Parameters<typeof factsOf>[0] = {}) => {
    const members = [member('pg1', { connUrl: 'postgres://pg1/' }), member('pg2')];
    const status = { lastLsn: 1, slots: { app: 700 }, retainSlots: [] };
    const settings = { permanentSlots: { app } };
    return maintain(factsOf({ settings, dcs: sees({ members, status }), ...change })).do.at(-1);
  };

  it('are copied from the leader, by a job', () => {
    expect(lacking()).toEqual({
      kind: 'job',
      job: {
        kind: 'copy-slots',
        from: { name: 'pg1', connUrl: 'postgres://pg1/', slot: 'pg2' },
        names: ['app'],
      },
    });
  });

  it('wait while there is another job, though it be a promotion', () => {
    expect(lacking({ job: jobOf('promote') })?.kind).toBe('sync-slots');
    expect(lacking({ job: jobOf('start', true) })?.kind).toBe('sync-slots');
  });
});

describe('what is remembered', () => {
  it('is the configuration, and when members with slots were seen', () => {
    const { view } = sees();
    const settings = leaderFacts().settings;
    const config = { data: { ttl: 40 }, version: '1', settings };
    const dcs = { view: { ...view, config }, ownsLock: true, revision: 1 };
    expect(maintain(leaderFacts({ dcs })).memory).toMatchObject({
      knownConfig: { ttl: 40 },
      memberSeen: { pg1: NOW, pg2: NOW, pg3: NOW },
    });
  });

  it('is kept while the DCS does not answer', () => {
    const memory = { knownConfig: { ttl: 40 }, memberSeen: { pg9: 1 } };
    const patch = maintain(factsOf({ dcs: undefined, memory })).memory;
    expect({ ...memory, ...patch }).toMatchObject(memory);
  });
});
