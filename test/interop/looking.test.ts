import { describe, expect, it } from 'vitest';
import { putDocuments, readDocuments } from '../harness/documents.ts';
import { liveCluster } from './fixture.ts';
import { expectDone, expectFailed } from './live.ts';

const { cluster, document, etcdUrl, file, pgherd, roles } = liveCluster();

describe('looking', () => {
  it('query runs SQL on the member that was asked for', async () => {
    const env = { PGPASSWORD: 'super-secret' };
    const path = file('recovery.sql', 'SELECT pg_is_in_recovery() AS standby');
    const ask = (role: string) =>
      pgherd.text(`query demo -f ${path} -U postgres -d postgres -r ${role}`, { env });
    expect(await ask('leader')).toMatchObject({ code: 0, stdout: 'standby\nFalse\n' });
    expect(await ask('replica')).toMatchObject({ code: 0, stdout: 'standby\nTrue\n' });
  });

  it('query prints what patronictl prints', async () => {
    const env = { PGPASSWORD: 'super-secret' };
    const path = file(
      'types.sql',
      "SELECT 1 AS a, NULL AS b, 'x y' AS c, true AS d, 1.5::float8 AS e, 2::float4 AS f",
    );
    for (const format of ['tsv', 'pretty', 'json', 'yaml']) {
      const args = `query demo -f ${path} -U postgres -d postgres --format ${format}`;
      const theirs = await cluster().patronictl(args.split(' '), { env });
      const ours = await pgherd.text(args, { env });
      expect(ours.stdout, format).toBe(theirs.stdout);
    }
  });

  it('query with a mistake in it fails', async () => {
    const path = file('wrong.sql', 'SELEKT 1');
    const env = { PGPASSWORD: 'super-secret' };
    const { code } = await pgherd.json(`query demo -f ${path} -U postgres -d postgres`, { env });
    expect(code).toBe(1);
  });

  it('discover and list --all find every cluster', async () => {
    await putDocuments(etcdUrl(), 'zoo', { initialize: '1', leader: 'z1' });
    const found = await expectDone(pgherd, 'discover');
    expect(JSON.stringify(found.data)).toMatch(/"demo".*"zoo"/);
    const all = await pgherd.text('list --all');
    expect(all.code).toBe(0);
    expect(all.stdout).toMatch(/Cluster: demo [\s\S]*Cluster: zoo /);
  });

  it('list --lag-time shows 0 seconds for a replica that has replayed all', async () => {
    const { stdout, code } = await pgherd.text('list --lag-time');
    expect(code).toBe(0);
    expect(stdout).toContain('Lag s');
    await expectDone(pgherd, 'list --lag-time');
  });

  it('health says 0 for a healthy cluster, 4 for one with a stopped member', async () => {
    expect(await pgherd.json('health')).toMatchObject({ code: 0, outcome: 'done' });
    const { replicas } = await roles();
    await cluster()
      .member(replicas[0] ?? '')
      .stop();
    expect(await pgherd.json('health')).toMatchObject({ code: 4, outcome: 'unhealthy' });
  });

  it('explain knows who streams from whom, and who would lead next', async () => {
    const { leader, replicas } = await roles();
    const { data } = await expectDone(pgherd, 'explain');
    expect(data).toMatchObject({ leader, paused: false });
    expect([...data.successors].sort()).toEqual(replicas);
    for (const one of data.members) {
      const leads = one.member === leader;
      expect(one).toMatchObject({ failure: null, source: leads ? null : leader });
      expect(one.verdict).toMatch(leads ? /^leads$/ : /^(would|could)$/);
    }
  });

  it('explain names the rule that keeps standbys from leading in pause', async () => {
    await expectDone(pgherd, 'pause demo --wait');
    const { replicas } = await roles();
    const { data } = await expectDone(pgherd, 'explain demo');
    const told = data.members.filter((one: { member: string }) => replicas.includes(one.member));
    expect(told).toMatchObject([
      { verdict: 'cannot', rule: 'paused.wait' },
      { verdict: 'cannot', rule: 'paused.wait' },
    ]);
    await expectDone(pgherd, 'resume demo --wait');
  });

  it('doctor finds no error in a healthy cluster, and that its REST API wants a password', async () => {
    const { data } = await expectDone(pgherd, 'doctor');
    const ids = data.findings.map(({ id }: { id: string }) => id);
    expect(ids).toContain('fence-not-checked');
    // The members have a password; their dates, their slots and etcd could be looked at.
    expect(
      ids.filter((id: string) => /open-api|clock|slots|store-un|certificate/.test(id)),
    ).toEqual([]);
  });

  it('doctor says 4 with a member that hangs, and that nothing was ordered', async () => {
    const { replicas } = await roles();
    cluster()
      .member(replicas[0] ?? '')
      .freeze();
    const before = await document('failover');
    const { code, data } = await pgherd.json('doctor demo');
    expect(code).toBe(4);
    expect(data.findings[0]).toMatchObject({ id: 'unreachable', member: replicas[0] });
    expect(await document('failover')).toBe(before);
  });

  it('a member that hangs is shown as such, and hides nobody', async () => {
    const { replicas } = await roles();
    cluster()
      .member(replicas[0] ?? '')
      .freeze();
    const started = performance.now();
    const { stdout, stderr, code } = await pgherd.text('version demo');
    expect(code).toBe(1);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(stdout).toContain(`${replicas[1]}: Patroni 4.`);
    expect(stderr).toContain(`${replicas[0]}: failed to get version`);
  });

  it('an unknown cluster is an error that names the nearest', async () => {
    const { error } = await expectFailed(pgherd, 'list dmeo');
    expect(error?.hint).toContain('demo');
  });
});

describe('the whole cluster', () => {
  it('demote-cluster and promote-cluster change its role and back', async () => {
    const port = cluster().member(await cluster().leader()).place.postgresPort;
    await expectDone(pgherd, `demote-cluster demo --host 127.0.0.1 --port ${port} --force`);
    const leaders = (await cluster().view()).filter(({ role }) => /leader/.test(role));
    expect(leaders.map(({ role }) => role)).toEqual(['standby_leader']);
    await expectFailed(pgherd, `demote-cluster demo --host 127.0.0.1 --port ${port} --force`);
    await expectDone(pgherd, 'promote-cluster demo --force');
    const promoted = (await cluster().view()).filter(({ role }) => /leader/.test(role));
    expect(promoted.map(({ role }) => role)).toEqual(['leader']);
    await expectFailed(pgherd, 'promote-cluster demo --force');
  });

  it('remove wants the right name, and then removes all of that cluster only', async () => {
    await putDocuments(etcdUrl(), 'old', {
      initialize: '1',
      config: '{}',
      'members/o1': '{}',
    });
    await putDocuments(etcdUrl(), 'old2', { initialize: '2' });
    const { code } = await pgherd.json('remove old --force --confirm demo');
    expect(code).not.toBe(0);
    expect(Object.keys(await readDocuments(etcdUrl(), 'old'))).toHaveLength(3);
    await expectDone(pgherd, 'remove old --force --confirm old');
    expect(await readDocuments(etcdUrl(), 'old')).toEqual({});
    expect(await readDocuments(etcdUrl(), 'old2')).toEqual({ initialize: '2' });
    expect(await document('initialize')).toBeDefined();
  });
});
