import { describe, expect, it } from 'vitest';
import { type ListOptions, list } from '../../../src/ctl/list/list.ts';
import { DcsError, Refusal } from '../../../src/model/errors.ts';
import { RestError } from '../../../src/rest/member-api.ts';
import { processorMs } from '../../harness/processor.ts';
import { expectSchema } from '../schema.ts';
import { demoDocuments, memberDocument } from './documents.ts';
import { type FakeOptions, type FakeSession, fakeSession } from './fake-session.ts';

const ONCE: ListOptions = {
  clusters: [],
  group: undefined,
  format: 'pretty',
  extended: false,
  timestamp: false,
  all: false,
  lagTime: false,
  watch: undefined,
};

/** A session with several clusters. */
function sessionWith(
  clusters: Record<string, Record<string, string>>,
  options: FakeOptions = {},
): FakeSession {
  const stores = new Map(
    Object.entries(clusters).map(([name, documents]) => [name, fakeSession({ documents })]),
  );
  const session = fakeSession(options);
  const nothing = fakeSession();
  const dcs: FakeSession['dcs'] = async (scope) => (stores.get(scope) ?? nothing).dcs(scope);
  const store: FakeSession['store'] = async () => ({
    ...(await session.store()),
    readAll: async () => {
      const found = [...stores.keys()].map(async (name) => [name, await (await dcs(name)).read()]);
      return new Map((await Promise.all(found)) as never);
    },
  });
  return { ...session, dcs, store };
}

describe('list', () => {
  it('prints the cluster of the configuration when none is named', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    const result = await list(session, ONCE);
    expect(session.stdout.join('\n')).toContain('| pg2    | 10.0.0.2 | Replica | streaming |  2 |');
    expect(result.outcome).toBe('done');
    expectSchema('list', result);
    expect(result.data).toMatchObject({
      missing: [],
      clusters: [
        {
          cluster: 'demo',
          group: null,
          initialization: 'initialized',
          leader: 'pg1',
          members: [
            { member: 'pg1', role: 'leader', replayLag: null, replicatesFrom: null, level: 0 },
            { member: 'pg2', replayLag: 0, replayLsnText: '0/5000200', lagSeconds: null },
            { member: 'pg3', replicatesFrom: 'pg1', level: 1 },
          ],
        },
      ],
    });
  });

  it('says all that there is to say of a busy cluster', async () => {
    const documents = demoDocuments({
      config: '{"pause":true,"synchronous_mode":"quorum"}',
      sync: '{"leader":"pg1","sync_standby":"pg2","quorum":1}',
      failover: '{"leader":"pg1","member":"pg2","scheduled_at":"2026-01-14T12:00:00+02:00"}',
      status: '{}',
      'members/pg2': memberDocument('pg2', {
        pending_restart: true,
        pending_restart_reason: { wal_level: { old_value: 'replica', new_value: 'logical' } },
        scheduled_restart: { schedule: '2026-01-14T12:00:00+02:00', postgres_version: '15.4' },
        tags: { nofailover: true, weight: 1.5 },
      }),
    });
    const result = await list(fakeSession({ documents }), ONCE);
    expectSchema('list', result);
    expect(result.data).toMatchObject({
      clusters: [
        {
          pause: true,
          synchronousMode: 'quorum',
          scheduledSwitchover: { at: '2026-01-14T10:00:00.000Z', from: 'pg1', to: 'pg2' },
          members: [
            {},
            {
              role: 'quorum_standby',
              replayLag: null,
              pendingRestartReason: [
                { parameter: 'wal_level', oldValue: 'replica', newValue: 'logical' },
              ],
              scheduledRestart: { at: '2026-01-14T10:00:00.000Z', ifVersionBelow: '15.4' },
            },
            {},
          ],
        },
      ],
    });
  });

  it('prints the time first with -t', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    await list(session, { ...ONCE, timestamp: true });
    expect(session.stdout.join('\n')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n\+ Cluster: demo/);
  });

  it('prints several clusters, and fails at the end for those that are not there', async () => {
    const session = sessionWith({ one: demoDocuments(), two: demoDocuments() });
    const result = await list(session, { ...ONCE, clusters: ['one', 'oen', 'two', 'x\u001b'] });
    expect(session.stdout.join('\n').match(/\+ Cluster: (one|two) /g)).toHaveLength(2);
    expect(result).toMatchObject({
      outcome: 'failed',
      data: { missing: ['oen', 'x\u001b'] },
      error: {
        code: 'unknown-cluster',
        message: 'There is no cluster "oen", "x\\x1b" in the DCS; the others are shown',
      },
    });
    expectSchema('list', result);
  });

  it('says nothing of others when none of the named clusters is there', async () => {
    const session = sessionWith({ one: demoDocuments() });
    const result = await list(session, { ...ONCE, clusters: ['x', 'y'] });
    expect(result.error?.message).toBe('There is no cluster "x", "y" in the DCS');
  });

  it('refuses one cluster that is not there, and suggests the nearest', async () => {
    const session = sessionWith({ demo: demoDocuments() });
    await expect(list(session, { ...ONCE, clusters: ['dmeo'] })).rejects.toMatchObject({
      code: 'unknown-cluster',
      hint: 'did you mean "demo"?',
      exitCode: 1,
    });
  });

  it('refuses when no cluster is named and there is no scope', async () => {
    const session = fakeSession();
    const { scope: _, ...settings } = session.settings;
    const refused = list({ ...session, settings }, ONCE);
    await expect(refused).rejects.toMatchObject({ code: 'no-cluster-name', exitCode: 2 });
  });

  it.each([
    { all: true, clusters: ['demo'] },
    { all: true, group: 1 },
  ])('refuses %o', async (options) => {
    const refused = list(fakeSession(), { ...ONCE, ...options });
    await expect(refused).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
  });

  it('refuses to watch under --json', async () => {
    const refused = list(fakeSession({ json: true }), { ...ONCE, watch: 2 });
    await expect(refused).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
  });

  it('shows clusters without members, without a leader, and before their bootstrap', async () => {
    const { 'members/pg1': _1, 'members/pg2': _2, ...few } = demoDocuments({ leader: undefined });
    const session = sessionWith({ empty: { config: '{}' }, boot: { initialize: '' }, few });
    const result = await list(session, { ...ONCE, all: true });
    const text = session.stdout.join('\n');
    expect(text).toContain('+ Cluster: empty (uninitialized) ');
    expect(text).toContain('+ Cluster: boot (initializing) ');
    expect(text).toContain('| pg3    | 10.0.0.3 | Replica |');
    expectSchema('list', result);
  });
});

describe('list --all', () => {
  it('prints every cluster, by name', async () => {
    const names = ['b', 'a', 'C', '\u{1f600}', '\uffff'];
    const session = sessionWith(
      Object.fromEntries(names.map((name) => [name, demoDocuments({ sync: '{' })])),
    );
    const result = await list(session, { ...ONCE, all: true });
    const found = (result.data as { clusters: { cluster: string }[] }).clusters;
    expect(found.map(({ cluster }) => cluster)).toEqual(['C', 'a', 'b', '\uffff', '\u{1f600}']);
    expect(session.stdout.join('\n').match(/\+ Cluster: /g)).toHaveLength(5);
    expect(session.warnings).toHaveLength(5);
    expectSchema('list', result);
  });

  it('says so when there is none', async () => {
    const session = sessionWith({});
    const result = await list(session, { ...ONCE, all: true });
    expect(result).toEqual({ outcome: 'done', data: { clusters: [], missing: [] } });
    expect(session.stdout).toEqual([]);
    expect(session.stderr).toEqual(['There is no cluster in the DCS below /service']);
  });

  it('prints 1,000 clusters in well under a second', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    const documents = demoDocuments();
    const session = sessionWith(Object.fromEntries(names.map((name) => [name, documents])));
    const ms = await processorMs(() => list(session, { ...ONCE, all: true }));
    expect(ms).toBeLessThan(2000);
    expect(session.stdout.join('\n').match(/\+ Cluster: /g)).toHaveLength(1000);
  });
});

describe('list --lag-time', () => {
  const HERE = '2026-01-01 11:59:47.500000+00:00';
  const status = (xlog: object) => ({ status: 200, body: JSON.stringify({ role: 'x', xlog }) });

  async function lagOf(answer: () => { status: number; body: string }) {
    const session = fakeSession({ documents: demoDocuments(), rest: answer });
    const result = await list(session, { ...ONCE, lagTime: true });
    expectSchema('list', result);
    const data = result.data as { clusters: { members: { lagSeconds: number | null }[] }[] };
    return { session, seconds: data.clusters[0]?.members.map(({ lagSeconds }) => lagSeconds) };
  }

  it('is the age of what was replayed last, and is not asked of the leader', async () => {
    const late = () => status({ replayed_location: 5, replayed_timestamp: HERE });
    const { session, seconds } = await lagOf(late);
    expect(seconds).toEqual([null, 12.5, 12.5]);
    expect(session.calls.map(({ member }) => member)).toEqual(['pg2', 'pg3']);
    expect(session.stdout.join('\n')).toContain('| Lag | Lag s |');
    expect(session.stdout.join('\n')).toContain('|   0 |  12.5 |');
  });

  it('is nothing when all is replayed, however old', async () => {
    const done = () => status({ replayed_location: 83886592, replayed_timestamp: HERE });
    expect((await lagOf(done)).seconds).toEqual([null, 0, 0]);
  });

  it('is never below zero, when the clocks differ', async () => {
    const soon = () => status({ replayed_location: 5, replayed_timestamp: '2026-01-02 00:00:00Z' });
    expect((await lagOf(soon)).seconds).toEqual([null, 0, 0]);
  });

  it.each([
    ['does not answer', () => Promise.reject(new RestError('timeout', 'no answer')) as never],
    ['has not replayed anything', () => status({ replayed_location: 5, replayed_timestamp: null })],
    ['answers nonsense', () => ({ status: 200, body: '<html>' })],
  ])('is unknown when a member %s', async (_, answer) => {
    const { session, seconds } = await lagOf(answer);
    expect(seconds).toEqual([null, null, null]);
    expect(session.stdout.join('\n')).toContain('| unknown |');
  });

  it('asks at most 16 members at the same time', async () => {
    const members = Array.from({ length: 50 }, (_, index) => [
      `members/n${index}`,
      memberDocument('n1'),
    ]);
    let now = 0;
    let most = 0;
    const rest = async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return status({ replayed_location: 83886592 });
    };
    const documents = demoDocuments(Object.fromEntries(members));
    const session = fakeSession({ documents, rest });
    await list(session, { ...ONCE, lagTime: true });
    expect(session.calls).toHaveLength(52);
    expect(most).toBe(16);
  });

  it('adds no column unless asked', async () => {
    const session = fakeSession({ documents: demoDocuments() });
    await list(session, ONCE);
    expect(session.stdout.join('\n')).not.toContain('Lag s');
    expect(session.calls).toEqual([]);
  });
});

describe('list -w', () => {
  it('goes on until Ctrl-C, and warns once', async () => {
    const abort = new AbortController();
    const options = {
      documents: demoDocuments({ sync: '{' }),
      signal: abort.signal,
      onSleep: (ms: number) => {
        if (ms >= 3000) abort.abort(new Error('Ctrl-C'));
      },
    };
    const session = fakeSession(options);
    await expect(list(session, { ...ONCE, watch: 1 })).rejects.toThrow('Ctrl-C');
    expect(session.stdout).toHaveLength(3);
    expect(session.warnings).toHaveLength(1);
  });

  it('ends at once when the first look fails', async () => {
    const session = { ...fakeSession(), dcs: () => Promise.reject(new DcsError('etcd is silent')) };
    await expect(list(session, { ...ONCE, watch: 1 })).rejects.toThrow('etcd is silent');
    await expect(list(fakeSession(), { ...ONCE, watch: 1 })).rejects.toThrow(Refusal);
  });
});
