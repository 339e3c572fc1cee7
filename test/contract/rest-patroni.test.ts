import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderDesk } from '../../src/agent/orders.ts';
import { RestServer } from '../../src/rest/server/server.ts';
import { parseNodeStatus } from '../../src/wire/rest.ts';
import { parseSnapshot } from '../../src/wire/snapshot.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type Cluster, startCluster } from '../harness/patroni.ts';
import { waitFor } from '../harness/processes.ts';
import { newestEtcd } from '../harness/servers.ts';
import { FakeBackend, restApi } from '../unit/rest/server/fake-backend.ts';
import { open as openStore } from './dcs-store.ts';
import { ask, type Place, type RawReply } from './rest-client.ts';

// Real Patroni and ours side by side: what ours knows is what Patroni says of itself and what is in
// the store; then both get the same requests, and have to give the same answers.

let etcd: RunningEtcd;
let cluster: Cluster;
/** A member of Patroni's, and our server in its place. */
interface Pair {
  readonly theirs: Place;
  readonly ours: Place;
}
const pairs: Record<string, Pair> = {};
const servers: RestServer[] = [];

/** Our server, which knows what this member knows. */
async function twinOf(name: string): Promise<Pair> {
  const theirs = { port: Number(new URL(cluster.member(name).place.restUrl).port) };
  const status = parseNodeStatus((await ask(theirs, 'GET', '/patroni')).body);
  if (!status) throw new Error(`${name} makes no sense`);
  const store = await openStore(etcd.hosts, {});
  const documents = await store.cluster('demo').read();
  await store.close();
  const view = parseSnapshot('demo', documents);
  const backend = new FakeBackend();
  backend.documents = documents;
  backend.wallMs = Date.now();
  const desk = new OrderDesk();
  Object.assign(backend, {
    node: { ...backend.node, name, version: status.version ?? '' },
    order: (order: Parameters<OrderDesk['place']>[0]) => desk.place(order, undefined),
  });
  backend.says({
    status,
    view,
    known: view,
    settings: view.config?.settings ?? backend.current.settings,
    leaseUntil: view.leader === name ? Number.MAX_SAFE_INTEGER : undefined,
  });
  const server = new RestServer(backend, readFile);
  await server.apply(restApi());
  servers.push(server);
  return { theirs, ours: { port: server.port ?? 0 } };
}

beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  cluster = await startCluster({
    etcdUrl: etcd.clientUrl,
    members: 2,
    dcs: { loop_wait: 2, synchronous_mode: true },
    tags: { pg2: { clonefrom: true, zone: 'a' } },
  });
  // pg1 has pg2 for its synchronous standby, and both have heard of it.
  await waitFor('a synchronous standby', async () => {
    const sync = await fetch(`${cluster.member('pg2').place.restUrl}/sync`);
    return sync.ok && (await cluster.view()).some(({ role }) => role === 'sync_standby');
  });
  for (const { name } of cluster.members) pairs[name] = await twinOf(name);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await cluster?.stop();
  await etcd?.stop();
});

type Asked = Parameters<typeof ask>[3];

async function both(name: string, method: string, path: string, asked: Asked = {}) {
  const { theirs, ours } = pairs[name] ?? {};
  if (!theirs || !ours) throw new Error(`no twin of ${name}`);
  const replies = [theirs, ours].map((place) => ask(place, method, path, asked));
  return Promise.all(replies) as Promise<[RawReply, RawReply]>;
}

const essence = ({ status, headers, body }: RawReply) => ({
  status,
  type: headers['content-type'],
  // A page of Python's is not copied.
  body: headers['content-type']?.includes('charset') ? '(page)' : body,
});

const HEALTH = [
  ...['/', '/primary', '/master', '/read-write', '/leader', '/standby-leader', '/standby_leader'],
  ...['/replica', '/read-only', '/health', '/sync', '/synchronous', '/quorum', '/async'],
  ...['/asynchronous', '/read-only-sync', '/read-only-synchronous', '/read-only-quorum', '/foo'],
  ...['/foo-replica', '/sync/', '/replica?lag=1GB', '/replica?tag_zone=a', '/replica?tag_zone=b'],
  ...['/sync?tag_clonefrom=true', '/primary?tag_zone=b', '/liveness', '/readiness', '/patroni'],
  ...['/readiness?lag=1GB&mode=write', '//replica', '/replica/x', '/primary#x'],
];

describe.each(['pg1', 'pg2'])('%s', (name) => {
  it.each(HEALTH)('GET, HEAD and OPTIONS %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const [theirs, ours] = await both(name, method, path);
      expect(ours.status, method).toBe(theirs.status);
      expect(ours.headers['content-type'], method).toBe(theirs.headers['content-type']);
      // Nothing but the status line, if Patroni sends nothing but that.
      if (theirs.body === '') expect(ours.text).toBe(theirs.text.replace('HTTP/1.0', 'HTTP/1.1'));
    }
  });

  it('says the same of itself, to the byte', async () => {
    const [theirs, ours] = await both(name, 'GET', '/patroni');
    const atTimes = /"(dcs_last_seen|location|received_location|replayed_location)": \d+/g;
    const plain = (body: string) =>
      body
        .replace(atTimes, '"$1": 0')
        .replace(/"replayed_timestamp": ("[^"]*"|null)/, '"replayed_timestamp": null');
    expect(plain(ours.body)).toBe(plain(theirs.body));
  });

  it('has the same documents', async () => {
    for (const path of ['/config', '/history', '/failsafe']) {
      const [theirs, ours] = await both(name, 'GET', path);
      expect(essence(ours), path).toEqual(essence(theirs));
    }
    const [theirs, ours] = await both(name, 'GET', '/cluster');
    const plain = (body: string) =>
      body
        .replace(/"(\w*_)?lag": \d+/g, '"$1lag": 0')
        .replace(/"(\w*_)?lsn": "[^"]+"/g, '"$1lsn": ""');
    expect(plain(ours.body)).toBe(plain(theirs.body));
  });

  it('has the same metrics, and those of the next Patroni', async () => {
    const [theirs, ours] = await both(name, 'GET', '/metrics');
    expect(ours.headers['content-type']).toBe(theirs.headers['content-type']);
    const newer = /failsafe_mode_enabled|failsafe_member|failover_priority/;
    const passing = /^(patroni_(dcs_last_seen|xlog_\w+)\{[^}]*\}) .*/;
    const lines = (body: string) =>
      body
        .split('\n')
        .filter((line) => !newer.test(line))
        .map((line) => line.replace(passing, '$1'));
    expect(lines(ours.body)).toEqual(lines(theirs.body));
  });

  const LATER = '2099-01-01T00:00:00+00:00';
  it.each<[string, string, Asked]>([
    ['POST', '/foo', { body: {} }],
    ['POST', '/', { body: {} }],
    ['PUT', '/restart', { body: {} }],
    ['DELETE', '/config', {}],
    ['POST', '/reload', {}],
    ['POST', '/sigterm', {}],
    ['POST', '/failsafe', { body: { name: 'x' } }],
    ['POST', '/citus', {}],
    ['POST', '/citus', { body: {} }],
    ['POST', '/mpp', { body: { type: 'x' } }],
    ['PATCH', '/config', {}],
    ['PATCH', '/config', { body: '' }],
    ['PATCH', '/config', { body: '{' }],
    ['PATCH', '/config', { body: '[1]' }],
    ['PATCH', '/config', { body: {} }],
    ['PATCH', '/config', { body: { ttl: 20, postgresql: { use_pg_rewind: 'True' } } }],
    ['PUT', '/config', { body: '"x"' }],
    ['DELETE', '/restart', {}],
    ['POST', '/restart', { body: { x: 1 } }],
    ['POST', '/restart', { body: '{' }],
    ['POST', '/restart', { body: { role: 'master' } }],
    ['POST', '/restart', { body: { postgres_version: '9.6' } }],
    ['POST', '/restart', { body: { postgres_version: 'x' } }],
    ['POST', '/restart', { body: { timeout: 'x' } }],
    ['POST', '/restart', { body: { timeout: 0 } }],
    ['POST', '/restart', { body: { schedule: 'x' } }],
    ['POST', '/restart', { body: { schedule: null } }],
    ['POST', '/restart', { body: { schedule: '2099-01-01T00:00:00' } }],
    ['POST', '/restart', { body: { schedule: '2001-01-01T00:00:00Z' } }],
    ['POST', '/restart', { body: { schedule: LATER, x: 1 } }],
    // One after the other: taken, refused, taken back.
    ['POST', '/restart', { body: { schedule: LATER, restart_pending: true } }],
    ['POST', '/restart', { body: { schedule: LATER } }],
    ['DELETE', '/restart', {}],
    ['DELETE', '/restart', {}],
    ['DELETE', '/switchover', {}],
    ['POST', '/switchover', {}],
    ['POST', '/switchover', { body: {} }],
    // What `pgherd doctor` asks to see who may send orders.
    ['POST', '/switchover', { body: '[]' }],
    ['POST', '/switchover', { body: { candidate: 'pg2' } }],
    ['POST', '/switchover', { body: { leader: 'pg2', candidate: 'pg1' } }],
    ['POST', '/switchover', { body: { leader: 'pg1', candidate: 'pg1' } }],
    ['POST', '/switchover', { body: { leader: 'pg1', candidate: 'pg9' } }],
    ['POST', '/switchover', { body: { leader: 'pg1', scheduled_at: 'x' } }],
    ['POST', '/switchover', { body: { leader: 'pg1', scheduled_at: '2099-01-01T00:00:00' } }],
    ['POST', '/failover', { body: { leader: 'pg1' } }],
    ['POST', '/failover', { body: { candidate: 'pg9' } }],
    ['POST', '/failover', { body: { candidate: 'pg2', scheduled_at: LATER } }],
    ['POST', '/failover', { body: { candidate: 'pg2', leader: 'pg2' } }],
  ])('%s %s %j', async (method, path, asked) => {
    const [theirs, ours] = await both(name, method, path, asked);
    expect(essence(ours)).toEqual(essence(theirs));
  });
});
