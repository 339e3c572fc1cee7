import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { expectEnvelope, expectFailure, startPgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

let etcd: RunningEtcd;
let demo: FakeCluster;
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  demo = await startFakeCluster(etcd.clientUrl, 'demo');
});
afterAll(async () => {
  await demo?.stop();
  await etcd?.stop();
});

/** Every command that asks something on a terminal, and the flag that answers. */
const ASKING: readonly { readonly args: readonly string[]; readonly flag: RegExp }[] = [
  { args: ['switchover', 'demo'], flag: /--leader, --candidate, --scheduled, --force/ },
  {
    args: ['switchover', 'demo', '--leader', 'pg1', '--candidate', 'pg2'],
    flag: /--scheduled, --force/,
  },
  { args: ['failover', 'demo'], flag: /--candidate, --force/ },
  { args: ['failover', 'demo', '--candidate', 'pg2'], flag: /--force/ },
  { args: ['restart', 'demo'], flag: /--scheduled or --force/ },
  { args: ['restart', 'demo', '--scheduled', 'now', '--pg-version', '16.0'], flag: /--force/ },
  { args: ['restart', 'demo', '--scheduled', '2099-01-01T00:00Z'], flag: /--force/ },
  { args: ['reinit', 'demo'], flag: /the name of the member/ },
  { args: ['reinit', 'demo', 'pg2'], flag: /--force/ },
  { args: ['reload', 'demo'], flag: /--force/ },
  { args: ['flush', 'demo', 'restart'], flag: /--force/ },
  { args: ['remove', 'demo'], flag: /--force --confirm demo/ },
  { args: ['remove', 'demo', '--confirm', 'demo'], flag: /--force/ },
  { args: ['remove', 'demo', '--force'], flag: /--confirm demo/ },
  { args: ['drill', 'demo'], flag: /--yes and --confirm.*\n.*--yes --confirm demo/ },
  { args: ['drill', 'demo', '--yes'], flag: /--confirm demo/ },
  { args: ['drill', 'demo', '--confirm', 'demo'], flag: /--yes/ },
  { args: ['drill', 'demo', '--dry-run', '--password'], flag: /PGPASSWORD/ },
  { args: ['demote-cluster', 'demo', '--host', '10.9.9.9'], flag: /--force/ },
  { args: ['edit-config', 'demo'], flag: /--set, --pg, --apply or --replace/ },
  { args: ['edit-config', 'demo', '-s', 'ttl=40'], flag: /--force/ },
  { args: ['query', 'demo', '-c', 'SELECT 1', '--password'], flag: /PGPASSWORD/ },
];

describe.each([
  { stdin: 'closed', what: '/dev/null' },
  { stdin: 'open', what: 'a pipe that stays open' },
] as const)('stdin is $what: no prompt, no waiting', ({ stdin }) => {
  test.concurrent.each(ASKING.map((one) => ({ ...one, name: one.args.join(' ') })))(
    '$name names the flag, at once',
    async ({ args, flag }) => {
      const started = startPgherd(['-d', `etcd3://${etcd.hosts[0]}`, ...args], { stdin });
      const output = await started.ended;
      const code = args.includes('remove') && args.includes('--force') ? 2 : 1;
      expectFailure(output, { code, sentence: /./ });
      expect(output.stderr).toMatch(flag);
      // The time-out of `startPgherd` is a minute: this is "at once" on a slow machine.
      expect(output.ms).toBeLessThan(30_000);
    },
  );
});

test('under --json the envelope names it too', async () => {
  const args = ['-d', `etcd3://${etcd.hosts[0]}`, 'restart', 'demo', 'pg2', '--json'];
  const printed = expectEnvelope(await startPgherd(args, { stdin: 'open' }).ended, 'restart');
  expect(printed.error).toMatchObject({ code: 'no-terminal' });
});

test('changes from stdin without --force are shown, not made', async () => {
  const args = ['-d', `etcd3://${etcd.hosts[0]}`, 'edit-config', 'demo', '--apply', '-'];
  const running = startPgherd(args, { stdin: 'open' });
  running.child.stdin?.end('ttl: 40\n');
  const output = await running.ended;
  expectFailure(output, { code: 1, sentence: /--force$/ });
  expect(output.stdout).toMatch(/^\+ttl: 40$/m);
});

test('after all that nothing was changed and no member got an order', async () => {
  const orders = Object.values(demo.members).flatMap(({ heard }) =>
    heard.filter(({ method }) => method !== 'GET'),
  );
  expect(orders).toEqual([]);
  expect(await readDocuments(etcd.clientUrl, 'demo')).toMatchObject({
    leader: 'pg1',
    config: '{"ttl":30,"loop_wait":10,"retry_timeout":10}',
  });
});
