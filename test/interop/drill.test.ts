import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../harness/patroni.ts';
import { SUPERUSER } from '../harness/patroni-config.ts';
import { waitFor } from '../harness/processes.ts';
import { startPgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { expectDone, type Live, live, until } from './live.ts';

// Drills on real clusters: what is measured, what is refused, and that nothing stays behind.

const PASSWORD = { PGPASSWORD: SUPERUSER.password };
const SUPER = '-U postgres --dbname postgres';
const YES = '--yes --confirm demo';

const CLUSTERS: readonly Pick<ClusterOptions, 'agents' | 'dcs'>[] = [
  { agents: 'patroni' },
  { agents: 'pgherd', dcs: { synchronous_mode: true } },
];

describe.each(CLUSTERS)('on a cluster of $agents agents', ({ agents = 'patroni', dcs = {} }) => {
  const { cluster, pgherd } = twoMembers({ agents, dcs });

  it('there and back: measured, nothing lost, nothing left', async () => {
    const leader = await cluster().leader();
    const { data } = await expectDone(
      pgherd,
      `drill demo ${SUPER} ${YES} --back --max-outage 1min --interval 20ms`,
      { env: PASSWORD },
    );
    expect(data).toMatchObject({ passed: true, rpoRows: 0 });
    expect(data.legs).toHaveLength(2);
    for (const { outage, from, newLeader } of data.legs) {
      expect(outage).toMatchObject({ ended: true, before: from, after: newLeader });
      expect(outage.ms).toBeGreaterThan(20);
    }
    expect(data.rtoMs).toBe(Math.max(...data.legs.map((leg: { outage: Gap }) => leg.outage.ms)));
    expect(data.writes.acknowledged).toBeGreaterThan(50);
    expect(await cluster().leader()).toBe(leader);
    await expectNothingLeft(cluster());
  });

  it('Ctrl-C in the middle: the table is dropped on whoever leads then', async () => {
    const running = startPgherd(
      ['-c', cluster().configFile, 'drill', 'demo', ...`${SUPER} ${YES}`.split(' ')],
      { env: PASSWORD },
    );
    await running.shows(/Making the probe table "public"\."pgherd_drill_/);
    await running.shows(/waiting for pg\d to step down/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(/^Error: Interrupted.*; the probe table was dropped$/m);
    expect(code).toBe(130);
    await cluster().settled();
    await expectNothingLeft(cluster());
  });
});

interface Gap {
  readonly ms: number;
}

describe('what a user may', () => {
  const { cluster, pgherd } = twoMembers({ agents: 'patroni' });
  const sql = async (text: string): Promise<void> => {
    await cluster()
      .member(await cluster().leader())
      .sql(text);
  };
  const check = async (args: string, password = 'secret') => {
    const env = { PGPASSWORD: password };
    const { code, data } = await pgherd.json(`drill demo --dry-run ${args}`, { env });
    const refused = data.checks.filter(({ verdict }: { verdict: string }) => verdict === 'refused');
    return { code, said: refused.map(({ message }: { message: string }) => message).join('; ') };
  };

  beforeAll(async () => {
    await sql('CREATE DATABASE app');
    await sql("CREATE ROLE app LOGIN PASSWORD 'secret'; CREATE SCHEMA app");
    await cluster().settled();
  });

  it.each([
    ['a wrong password', '-U app --dbname app', 'wrong', /^no connection to pg1: .*password/],
    ['no right to make a table', '-U app --dbname app', 'secret', /may make a table in no schema/],
    ['a schema of others', '-U app --dbname app --schema public', 'secret', /may not make a table/],
  ])('%s: refused', async (_, args, password, reason) => {
    const { code, said } = await check(args, password);
    expect(code).toBe(1);
    expect(said).toMatch(reason);
  });

  it('a schema of its own is enough', async () => {
    await sql('ALTER SCHEMA app OWNER TO app');
    expect(await check('-U app --dbname postgres')).toEqual({ code: 0, said: '' });
  });

  it('a publication that would send the table to subscribers: refused', async () => {
    await sql('CREATE PUBLICATION everything FOR ALL TABLES');
    const { code, said } = await check('-U app --dbname postgres');
    expect(code).toBe(1);
    expect(said).toContain('publication everything would send');
    await sql('DROP PUBLICATION everything; CREATE PUBLICATION part FOR TABLES IN SCHEMA app');
    expect((await check('-U app --dbname postgres')).said).toContain('publication part would send');
    expect((await check('-U app --dbname postgres --probe read')).code).toBe(0);
    await sql('DROP PUBLICATION part');
  });

  it('what an earlier drill left is told', async () => {
    await sql('CREATE TABLE app.pgherd_drill_0 ()');
    const env = PASSWORD;
    const { data } = await expectDone(pgherd, `drill demo --dry-run ${SUPER}`, { env });
    const messages = data.checks.map(({ message }: { message: string }) => message);
    expect(messages).toContain(
      'an earlier drill left a table behind: DROP TABLE app.pgherd_drill_0',
    );
    await sql('DROP TABLE app.pgherd_drill_0');
  });

  it('a limit that is passed over: exit code 1, and the report all the same', async () => {
    const { code, stdout, stderr } = await pgherd.text(
      `drill demo -U app --dbname postgres ${YES} --max-outage 5ms --format markdown`,
      { env: { PGPASSWORD: 'secret' } },
    );
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^# Drill of cluster demo: not passed\n/);
    expect(stdout).toMatch(/^- RTO: \d+ ms \(limit 5 ms\)$/m);
    expect(stdout).toMatch(/^- RPO: 0 rows lost of \d+ acknowledged$/m);
    expect(stderr).toMatch(/^Error: The drill was not passed: .* more than 5 ms$/m);
    await cluster().settled();
    await expectNothingLeft(cluster());
  });
});

/** A cluster for the tests of one `describe`. */
function twoMembers(options: Pick<ClusterOptions, 'agents' | 'dcs'>): {
  cluster: () => Cluster;
  pgherd: Live;
} {
  let etcd: RunningEtcd;
  let cluster: Cluster;
  beforeAll(async () => {
    etcd = await startEtcd({ version: newestEtcd() });
    cluster = await startCluster({ etcdUrl: etcd.clientUrl, members: 2, ...options });
  });
  beforeEach(async () => {
    if (options.dcs?.synchronous_mode !== true) return;
    await until(cluster, 'a synchronous standby', (view) =>
      view.some(({ role }) => role === 'sync_standby'),
    );
  });
  afterAll(async () => {
    await cluster?.stop();
    await etcd?.stop();
  });
  return { cluster: () => cluster, pgherd: live(() => cluster) };
}

/** Fails when a table of a drill is on the leader, or a session of one stays there. */
async function expectNothingLeft(cluster: Cluster): Promise<void> {
  const leader = cluster.member(await cluster.leader());
  const tables = "SELECT relname FROM pg_class WHERE relname LIKE 'pgherd_drill%'";
  expect(await leader.sql(tables)).toEqual([]);
  // The server takes a moment to notice that a client has gone.
  await waitFor('the sessions of the drill to end', async () => {
    const ours = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pgherd drill%'";
    return (await leader.sql(ours)).length === 0;
  });
}
