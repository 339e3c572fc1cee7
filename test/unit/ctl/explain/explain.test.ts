import { describe, expect, it } from 'vitest';
import { explainCluster } from '../../../../src/ctl/explain/explain.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { leaderBody, statusBody } from '../../../harness/fake-rest.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { type FakeSession, fakeSession } from '../fake-session.ts';

const options = { cluster: 'demo', group: undefined };
const SEEN = { dcs_last_seen: Date.UTC(2026, 0, 1, 11, 59, 57) / 1000 };

/** A session with this cluster; a member that says nothing does not answer. */
function sessionOf(
  documents: Record<string, string | undefined> = {},
  says: Record<string, string | undefined> = {},
): FakeSession {
  const said: Record<string, string | undefined> = {
    pg1: leaderBody(SEEN),
    pg2: statusBody(SEEN),
    pg3: statusBody(),
    ...says,
  };
  return fakeSession({
    documents: demoDocuments(documents),
    rest: (name) => {
      const body = said[name];
      if (body === undefined) throw new RestError('refused', `No connection to member ${name}`);
      return { status: 200, body };
    },
  });
}

const lines = async (session: FakeSession): Promise<string[]> => {
  expectSchema('explain', await explainCluster(session, options));
  return session.stdout.join('\n').split('\n');
};

describe('explain', () => {
  it('says of a healthy cluster who leads and who comes next', async () => {
    expect(await lines(sessionOf())).toEqual([
      'Cluster demo: pg1 leads',
      'Without it pg2 would lead, then pg3',
      '',
      'pg1: leader, running, timeline 2',
      '  leads: it holds the lock',
      '  the DCS answered its agent 3 s ago, by its clock and this one',
      '',
      'pg2: replica, streaming from pg1, timeline 2, lag 0 B (0 s)',
      '  could lead, first in line: it is fit, and no other member is known to be ahead of it',
      '  the DCS answered its agent 3 s ago, by its clock and this one',
      '',
      'pg3: replica, streaming from pg1, timeline 2, lag 0 B (0 s)',
      '  could lead, number 2 in line: it is fit, and no other member is known to be ahead of it',
    ]);
  });

  it('names the rule that keeps a member from leading', async () => {
    const tags = { nofailover: true };
    const document = memberDocument('pg3', { role: 'replica', timeline: 2, tags });
    const shown = await lines(
      sessionOf({ 'members/pg3': document }, { pg3: statusBody({ tags }) }),
    );
    expect(shown).toContain(
      '  cannot lead: its tags say that it never leads: nofailover, or failover_priority 0',
    );
    expect(shown).toContain(
      '  rule race.not-allowed: a member with nofailover, or priority 0, never leads',
    );
    expect(shown).toContain('  tags: nofailover True');
  });

  it('says how far a member lags, and what the limit is', async () => {
    const xlog = { received_location: 62914560, replayed_location: 62914560 };
    const shown = await lines(sessionOf({}, { pg3: statusBody({ xlog }) }));
    expect(shown).toContain(
      '  cannot lead: it lags 20.0 MB behind, and maximum_lag_on_failover is 1.0 MB',
    );
  });

  it('does not decide for a member that is silent', async () => {
    const shown = await lines(sessionOf({}, { pg2: undefined }));
    expect(shown[1]).toBe('Without it pg3 would lead');
    expect(shown).toContain('  not known whether it could lead: No connection to member pg2');
  });

  it('says so when nobody could lead, and why', async () => {
    const shown = await lines(sessionOf({ config: '{"pause":true}' }));
    expect(shown.slice(0, 2)).toEqual([
      'Cluster demo: pg1 leads, and it is paused',
      'Without it no member could lead',
    ]);
    expect(shown).toContain('  cannot lead: the cluster is paused: nobody takes over by itself');
  });

  it('tells a leader of which nothing is known, and a cluster without one', async () => {
    expect((await lines(sessionOf({ leader: 'pg9' })))[0]).toBe(
      'Cluster demo: pg9 holds the lock, and there is no document of it',
    );
    const shown = await lines(sessionOf({ leader: undefined }, { pg1: undefined }));
    expect(shown.slice(0, 2)).toEqual([
      'Cluster demo: nobody leads',
      'Now pg2 would lead, then pg3',
    ]);
  });

  it('shows what waits for a restart, and text of others only escaped', async () => {
    const pending = {
      pending_restart: true,
      pending_restart_reason: { max_connections: { old_value: '100', new_value: '2\u001b[31m' } },
    };
    const shown = await lines(sessionOf({}, { pg3: statusBody(pending) }));
    expect(shown).toContain('  waits for a restart: max_connections 100 -> 2\\x1b[31m');
  });

  it('asks each member once and changes nothing', async () => {
    const session = sessionOf();
    await explainCluster(session, options);
    expect(session.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET patroni',
      'GET patroni',
      'GET patroni',
    ]);
  });
});
