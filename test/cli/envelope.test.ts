import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/main.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import type { Said } from '../harness/fake-rest.ts';
import { expectEnvelope, pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

let etcd: RunningEtcd;
const clusters: FakeCluster[] = [];
type Documents = Readonly<Record<string, string | undefined>>;
const said = (status: number, body: string): Said => ({ status, body });

/** Members that do as they are told, at once. */
const OBEDIENT = {
  pg1: {
    'PATCH config': said(200, '{}'),
    'POST switchover': said(202, 'Switchover scheduled'),
    'DELETE switchover': said(200, 'scheduled switchover deleted'),
  },
  pg2: {
    'POST restart': said(200, 'restarted successfully'),
    'POST reload': said(202, 'reload scheduled'),
    'POST reinitialize': said(200, 'reinitialize started'),
  },
};

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  const answers = OBEDIENT;
  const start = async (scope: string, documents: Documents = {}): Promise<void> => {
    const pg1 = scope === 'standby' ? { role: 'standby_leader' } : {};
    const options = { answers, documents, memberData: { pg1 } };
    clusters.push(await startFakeCluster(etcd.clientUrl, scope, options));
  };
  await start('demo');
  await start('edited');
  await start('paused', { config: '{"ttl":30,"pause":true}' });
  await start('standby', { config: '{"ttl":30,"standby_cluster":{"host":"10.9.9.9"}}' });
  await start('doomed');
  await start('planned', { failover: '{"leader":"pg1","scheduled_at":"2099-01-01T00:00:00Z"}' });
  await start('leaderless', { leader: undefined });
  await startFakeCluster(etcd.clientUrl, 'refusing', {
    answers: {
      pg1: { 'POST switchover': said(412, 'no'), 'PATCH config': said(403, 'no') },
      pg2: { 'POST restart': said(503, 'no'), 'POST reload': said(401, 'no') },
    },
  }).then((cluster) => clusters.push(cluster));
});
afterAll(async () => {
  for (const cluster of clusters) await cluster.stop();
  await etcd?.stop();
});

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  pgherd(args, { DCS_URL: `etcd3://${etcd.hosts[0]}`, ...env });

/** A way to a good end for every command; `query` needs PostgreSQL (see the interop tests). */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  'demote-cluster': ['demo', '--host', '10.9.9.9', '--force', '--no-wait'],
  discover: [],
  doctor: ['demo'],
  drill: ['demo', '--dry-run', '--probe', 'none'],
  dsn: ['demo'],
  'edit-config': ['edited', '-s', 'ttl=40', '--force'],
  explain: ['demo'],
  failover: ['demo', '--candidate', 'pg2', '--dry-run'],
  flush: ['planned', 'switchover'],
  health: ['demo'],
  history: ['demo'],
  list: ['demo', 'planned'],
  pause: ['demo'],
  'promote-cluster': ['standby', '--force', '--no-wait'],
  reinit: ['demo', 'pg2', '--force'],
  reload: ['demo', 'pg2', '--force'],
  remove: ['doomed', '--force', '--confirm', 'doomed'],
  restart: ['demo', 'pg2', '--force'],
  resume: ['paused'],
  'show-config': ['demo'],
  switchover: ['demo', '--scheduled', '2099-01-01T00:00Z', '--force'],
  top: ['demo'],
  topology: ['demo'],
  version: ['demo'],
};

// The agent is no command that ends: it has a log, and the exit codes of the patroni daemon.
const CONTROL = [...COMMAND_NAMES].filter((name) => name !== 'agent');
// They steer no cluster: test/cli/store.test.ts and test/integration/demo.test.ts have them.
const FOR_TRYING_OUT = ['demo', 'store'];
const STEERING = CONTROL.filter((name) => !FOR_TRYING_OUT.includes(name));

describe.concurrent('--json: one document on stdout, as the schemas say', () => {
  test('every command is here', () => {
    expect([...Object.keys(GOOD), 'query'].sort()).toEqual([...STEERING].sort());
  });

  test.each(Object.entries(GOOD))('%s, done', async (command, args) => {
    const output = await run([command, ...args, '--json']);
    const printed = expectEnvelope(output, command);
    expect(printed, output.stderr).toMatchObject({ outcome: 'done', error: null });
    expect(printed.data).not.toBeNull();
  });

  test('--json before the command', async () => {
    expect(expectEnvelope(await run(['--json', 'dsn', 'demo']), 'dsn').outcome).toBe('done');
  });

  const FAILING: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(STEERING.map((name) => [name, ['dmeo']])),
    drill: ['dmeo', '--dry-run'],
    query: ['dmeo', '-c', 'SELECT 1'],
    flush: ['dmeo', 'restart'],
    'edit-config': ['dmeo', '-s', 'ttl=5', '--force'],
    'demote-cluster': ['dmeo', '--host', 'x', '--force'],
    'promote-cluster': ['dmeo', '--force'],
    switchover: ['dmeo', '--force'],
    failover: ['dmeo', '--force', '--candidate', 'pg2'],
  };

  test.each(Object.entries(FAILING).filter(([command]) => command !== 'discover'))(
    '%s of a cluster that is not there',
    async (command, args) => {
      const output = await run([command, ...args, '--json']);
      const printed = expectEnvelope(output, command);
      expect(printed).toMatchObject({ outcome: 'failed', data: null });
      expect(printed.error).toMatchObject({
        code: 'unknown-cluster',
        hint: 'did you mean "demo"?',
      });
      expect(output.code).toBe(1);
    },
  );

  test.each([...CONTROL])('%s, wrong usage', async (command) => {
    const output = await run([command, '--no-such-flag', '--json']);
    expect(expectEnvelope(output, command).error?.code).toBe('usage');
    expect(output.code).toBe(2);
  });

  test('warnings are in it', async () => {
    const output = await run(['dsn', 'demo', '--json'], { PATRONI_ETCD3_USE_PROXIES: 'perhaps' });
    expect(expectEnvelope(output, 'dsn').warnings.join()).toContain('PATRONI_ETCD3_USE_PROXIES');
  });
});

describe.concurrent('exit codes, and those of patronictl', () => {
  test.each([
    ['a refused switchover', ['switchover', 'refusing', '--candidate', 'pg2', '--force'], 1, 0],
    ['a failed restart', ['restart', 'refusing', 'pg2', '--force'], 1, 0],
    ['a refused reload', ['reload', 'refusing', 'pg2', '--force'], 1, 0],
    ['an unknown cluster', ['dsn', 'nothing-like-it'], 1, 1],
    ['an unhealthy cluster', ['health', 'leaderless'], 4, 0],
    ['the same, examined', ['doctor', 'leaderless'], 4, 0],
    ['wrong usage', ['list', '--nope'], 2, 2],
    ['success', ['dsn', 'demo'], 0, 0],
  ])('%s', async (_name, args, ours, theirs) => {
    expect((await run(args)).code).toBe(ours);
    expect((await run(args, { PGHERD_COMPAT: 'patronictl' })).code).toBe(theirs);
  });
});
