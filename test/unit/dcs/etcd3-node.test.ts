import { expect, test } from 'vitest';
import { etcdNode } from '../../../src/dcs/etcd3/node.ts';
import type { EtcdTransport, RangeReply } from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure, NotHttp } from '../../../src/dcs/failure.ts';
import type { HttpEndpoint, HttpReply } from '../../../src/dcs/http.ts';
import { DcsError } from '../../../src/model/errors.ts';

const call = { signal: new AbortController().signal };
const range = { key: Buffer.from('/a/'), end: Buffer.from('/a0') };
const change = { compare: [], success: [{ remove: Buffer.from('/a/b') }] };
const header = { clusterId: '7', memberId: '8', revision: 3, raftTerm: 2 };
const jsonHeader = { cluster_id: '7', member_id: '8', revision: '3', raft_term: '2' };

type Answer = HttpReply | Error;

const json = (status: number, body: object): HttpReply => ({
  status,
  headers: {},
  body: Buffer.from(JSON.stringify(body)),
});
const NOT_FOUND: HttpReply = {
  status: 404,
  headers: {},
  body: Buffer.from('404 page not found'),
};
const NO_KEY = json(400, { code: 3, message: 'etcdserver: key is not provided' });

function setUp(httpAnswers: Answer[], grpcRange?: () => Promise<RangeReply>) {
  const log: string[] = [];
  const http: HttpEndpoint = {
    name: 'http://e1:2379',
    async request({ path }) {
      log.push(path);
      const answer = httpAnswers.shift() ?? NOT_FOUND;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    stream: () => Promise.reject(new Error('not here')),
    close: () => void log.push('close http'),
  };
  const grpc: EtcdTransport = {
    name: 'http://e1:2379',
    async range({ key }) {
      log.push(`grpc range ${key}`);
      if (grpcRange) return grpcRange();
      if (key.length === 0) throw new DcsError('key is not provided');
      return { header, kvs: [] };
    },
    async txn() {
      log.push('grpc change');
      return { header, succeeded: true, kvs: [] };
    },
    grant: async () => ({ ttl: 30 }),
    keepAlive: async () => ({ header, ttl: 30 }),
    revoke: async () => {},
    watch: () => Promise.reject(new Error('not here')),
    members: async () => [],
    deleteRange: async () => 0,
    authenticate: async () => 'token',
    close: () => void log.push('close grpc'),
  };
  const node = etcdNode(http, async () => {
    log.push('open grpc');
    return grpc;
  });
  return { node, log };
}

test('the gateway is used where it is, and gRPC is not even loaded', async () => {
  const { node, log } = setUp([
    json(200, { header: jsonHeader }),
    json(200, { header: jsonHeader, succeeded: true }),
  ]);
  await node.range(range, call);
  expect(await node.txn(change, call)).toMatchObject({ succeeded: true });
  expect(log).toEqual(['/v3/kv/range', '/v3/kv/txn']);
});

test('gRPC is used where the gateway is switched off, from then on', async () => {
  const { node, log } = setUp([NOT_FOUND, json(200, { etcdserver: '3.5.30' })]);
  await node.range(range, call);
  await node.range(range, call);
  expect(log.slice(2)).toEqual(['open grpc', 'grpc range ', 'grpc range /a/', 'grpc range /a/']);
  node.close();
  await new Promise(setImmediate);
  expect(log.slice(-2)).toEqual(['close http', 'close grpc']);
});

test('gRPC is used where the answer is not HTTP', async () => {
  const { node, log } = setUp([new NotHttp('its answer is not HTTP', { maybeApplied: true })]);
  expect(await node.range(range, call)).toEqual({ header, kvs: [] });
  expect(log).toContain('grpc range /a/');
});

test('a write that comes first asks something harmless before', async () => {
  const { node, log } = setUp([NO_KEY, json(200, { header: jsonHeader, succeeded: true })]);
  expect(await node.txn(change, call)).toMatchObject({ succeeded: true });
  expect(log).toEqual(['/v3/kv/range', '/v3/kv/txn']);
});

test('a write that comes first is sent over gRPC only, where there is no gateway', async () => {
  const { node, log } = setUp([NOT_FOUND, json(200, { etcdserver: '3.5.30' })]);
  expect(await node.txn(change, call)).toMatchObject({ succeeded: true });
  expect(log.filter((one) => one.includes('txn'))).toEqual([]);
  expect(log.at(-1)).toBe('grpc change');
});

test('a server that is silent when a write comes first has surely not done it', async () => {
  const silent = new EndpointFailure('it did not answer in time', { maybeApplied: true });
  const { node } = setUp([silent]);
  await expect(node.txn(change, call)).rejects.toMatchObject({ maybeApplied: false });
});

test('where gRPC fails too, what HTTP gave is told', async () => {
  const closed = new NotHttp('it closed the connection', { maybeApplied: true, hint: 'try https' });
  const { node } = setUp([closed], async () => {
    throw new EndpointFailure('no gRPC connection', { maybeApplied: false });
  });
  await expect(node.range(range, call)).rejects.toMatchObject({
    message: 'it closed the connection',
    hint: 'try https',
  });
});

test('a server that is something else is told apart', async () => {
  const { node } = setUp([NOT_FOUND], async () => {
    throw new EndpointFailure('no gRPC connection', { maybeApplied: false });
  });
  await expect(node.range(range, call)).rejects.toThrow("it does not speak etcd's v3 API");
});
