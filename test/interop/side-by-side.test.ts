import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster, type ViewMember } from '../harness/patroni.ts';
import { waitFor } from '../harness/processes.ts';
import { runPgherd } from '../harness/run.ts';
import { newestEtcd } from '../harness/servers.ts';

// Real patronictl and pgherd at the same moment on the same real cluster: the same bytes on stdout.

const COMMANDS = [
  'list',
  'list -e',
  'list -e -f tsv',
  'list -f json',
  'list -f yaml',
  'topology',
  'history',
  'show-config',
  'version demo',
  'dsn',
];

const ONCE = [
  'history -f tsv',
  'history -f json',
  'history -f yaml',
  'list demo other',
  'topology demo',
  'dsn -r replica -m pg1',
  'dsn -m pg2',
  'dsn -m nobody',
  'version demo pg2',
  'show-config demo',
];

let etcd: RunningEtcd;
let cluster: Cluster;

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  cluster = await startCluster({
    etcdUrl: etcd.clientUrl,
    tags: { pg2: { datacenter: 'east', nofailover: true }, pg3: { replicatefrom: 'pg2' } },
  });
  await putDocuments(etcd.clientUrl, 'other', { initialize: '1' });
});

afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/** The cluster goes on changing while both look: a difference counts when it stays. */
async function expectSame(command: string, columns?: number): Promise<void> {
  const env = columns === undefined ? {} : { COLUMNS: String(columns) };
  const args = command.split(' ');
  for (const until = Date.now() + 30_000; ; await pause()) {
    const [theirs, ours] = await Promise.all([
      cluster.patronictl(args, { env }),
      runPgherd(['-c', cluster.configFile, ...args], { env }),
    ]);
    const wanted = comparable(theirs.stdout);
    const got = comparable(ours.stdout);
    if (got !== wanted && Date.now() < until) continue;
    expect(got, `${command}: ${ours.stderr}`).toBe(wanted);
    // A member that says no version: 0 there; 1, with the reason on stderr, here.
    if (!theirs.stdout.includes('failed to get version')) expect(ours.code).toBe(theirs.code);
    return;
  }
}

/** Without each one's own name, and without what `version` says where pgherd uses stderr. */
function comparable(stdout: string): string {
  return stdout
    .replace(/^(patronictl|pgherd) version .*/, 'version')
    .replace(/^.*: failed to get version: .*\n/gm, '');
}

async function patchConfig(change: Record<string, unknown>): Promise<void> {
  const leader = cluster.member(await cluster.leader());
  const body = JSON.stringify(change);
  const reply = await fetch(`${leader.place.restUrl}/config`, { method: 'PATCH', body });
  expect(reply.status).toBe(200);
}

async function until(what: string, test: (view: ViewMember[]) => boolean): Promise<void> {
  await waitFor(what, async () => test(await cluster.view()));
}

async function post(member: string, path: string, body: unknown): Promise<void> {
  const { restUrl } = cluster.member(member).place;
  const reply = await fetch(restUrl + path, { method: 'POST', body: JSON.stringify(body) });
  expect(reply.status, await reply.text()).toBeLessThan(300);
}

async function remove(member: string, path: string): Promise<void> {
  await fetch(cluster.member(member).place.restUrl + path, { method: 'DELETE' });
}

const everyoneIs = (role: RegExp) => (view: ViewMember[]) =>
  view.some((member) => role.test(member.role));

/** Situation → how it comes about, and how it is undone. In the order in which they are gone through. */
const SITUATIONS: Record<string, { enter(): Promise<void>; leave(): Promise<void> }> = {
  'nothing special': { enter: async () => {}, leave: async () => {} },
  'a pending restart': {
    async enter() {
      await patchConfig({ postgresql: { parameters: { max_connections: 30 } } });
      await until('pending restarts', (view) => view.every((member) => member.pending_restart));
    },
    async leave() {
      await patchConfig({ postgresql: { parameters: { max_connections: 25 } } });
      await until('no pending restart', (view) => !view.some((member) => member.pending_restart));
    },
  },
  'a scheduled restart': {
    async enter() {
      const schedule = '2036-01-02T03:04:05+00:00';
      await post('pg2', '/restart', { schedule, postgres_version: '16.2' });
      await until('a scheduled restart', (view) => view.some((member) => member.scheduled_restart));
    },
    leave: () => remove('pg2', '/restart'),
  },
  'a scheduled switchover': {
    async enter() {
      const scheduled_at = '2036-01-02T03:04:05+02:00';
      await post('pg1', '/switchover', { leader: 'pg1', candidate: 'pg3', scheduled_at });
    },
    leave: () => remove('pg1', '/switchover'),
  },
  'maintenance mode': {
    enter: () => patchConfig({ pause: true }),
    leave: () => patchConfig({ pause: null }),
  },
  'synchronous replication': {
    async enter() {
      await patchConfig({ synchronous_mode: true });
      await until('a sync standby', everyoneIs(/sync_standby/));
    },
    leave: async () => {},
  },
  'quorum commit': {
    async enter() {
      await patchConfig({ synchronous_mode: 'quorum' });
      await until('quorum standbys', everyoneIs(/quorum_standby/));
    },
    leave: () => patchConfig({ synchronous_mode: null }),
  },
  'a stopped member': {
    async enter() {
      await cluster.member('pg3').stop();
      await until('pg3 to be stopped', (view) =>
        view.every((member) => member.name !== 'pg3' || member.state === 'stopped'),
      );
    },
    async leave() {
      cluster.member('pg3').start();
      await cluster.settled();
    },
  },
  'an agent that does not answer': {
    enter: async () => cluster.member('pg3').killAgent(),
    async leave() {
      cluster.member('pg3').start();
      await cluster.settled();
    },
  },
  'a standby cluster': {
    async enter() {
      await patchConfig({ standby_cluster: { host: '127.0.0.1', port: 1 } });
      await until('a standby leader', everyoneIs(/standby_leader/));
    },
    leave: () => patchConfig({ standby_cluster: null }),
  },
};

describe.each(Object.keys(SITUATIONS))('with %s', (situation) => {
  beforeAll(() => SITUATIONS[situation]?.enter());
  afterAll(() => SITUATIONS[situation]?.leave());

  it.each(COMMANDS)('%s prints the same', (command) => expectSame(command));
});

describe('whatever the situation', () => {
  it.each(ONCE)('%s prints the same', (command) => expectSame(command));
  it.each([20, 40, 400])('list -e prints the same on %i columns', (columns) =>
    expectSame('list -e', columns),
  );
});
