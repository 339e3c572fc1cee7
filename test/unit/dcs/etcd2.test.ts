import { describe, expect, test } from 'vitest';
import { Endpoints } from '../../../src/dcs/endpoints.ts';
import { etcd2Store } from '../../../src/dcs/etcd2/store.ts';
import type { HttpEndpoint, HttpRequest } from '../../../src/dcs/http.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { handClock } from './hand-clock.ts';

function setUp(status: number, body: unknown) {
  const requests: HttpRequest[] = [];
  const node: HttpEndpoint = {
    name: 'http://e1:2379',
    async request(request) {
      requests.push(request);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { status, body: Buffer.from(text), headers: {} };
    },
    stream: () => Promise.reject(new Error('not here')),
    close: () => {},
  };
  const clock = handClock();
  const endpoints = new Endpoints([node], {
    clock,
    callTimeoutMs: 5000,
    warn: () => {},
  });
  const user = { username: 'pgherd', password: 'ü' };
  const store = etcd2Store({ namespace: '/service', endpoints, nodes: [node], user });
  return { cluster: store.cluster('demo'), store, requests, clock };
}

test('a read asks for a quorum, and shows the user', async () => {
  const { cluster, requests } = setUp(404, { errorCode: 100, message: 'Key not found' });
  expect(await cluster.read()).toEqual([]);
  expect(requests[0]).toMatchObject({
    method: 'GET',
    path: '/v2/keys/service/demo?recursive=true&quorum=true',
    headers: { authorization: `Basic ${Buffer.from('pgherd:ü').toString('base64')}` },
  });
});

test('a tree with odd nodes gives what makes sense in it', async () => {
  const leaf = (key: string, value: unknown) => ({ key, value, modifiedIndex: 7, createdIndex: 1 });
  const nodes = [
    leaf('/service/demo/status', '{}'),
    leaf('/service/demo/config', 5),
    leaf('/service/demo/nothing-of-ours', 'x'),
    { key: '/service/demo/members', dir: true },
    'junk',
    null,
    leaf('/service/demo/leader', 'pg1'),
  ];
  const { cluster } = setUp(200, {
    action: 'get',
    node: { key: '/service/demo', dir: true, nodes },
  });
  expect(await cluster.read()).toEqual([
    { name: 'leader', value: 'pg1', version: '7' },
    { name: 'status', value: '{}', version: '7' },
  ]);
});

describe('an answer', () => {
  test.each([
    [401, { errorCode: 110, message: 'The request requires user authentication' }, /user name/],
    [403, 'Forbidden', /user name/],
    [503, { errorCode: 300, message: 'Raft Internal Error' }, /Raft Internal Error/],
    [500, '', /HTTP status 500/],
    [200, '<html>', /its answer is not that of etcd/],
    [400, { errorCode: 209, message: 'Invalid field' }, /refused the request: Invalid field/],
  ])('%i %j is one sentence', async (status, body, message) => {
    const { cluster, clock } = setUp(status, body);
    const failure = cluster.read().catch((error: unknown) => error);
    await clock.advance(5000);
    expect(await failure).toBeInstanceOf(DcsError);
    expect(await failure).toMatchObject({ message: expect.stringMatching(message) });
  });
});

test('a cluster name never reaches beyond the namespace', () => {
  const { store } = setUp(200, {});
  for (const scope of ['', '.', '..', 'a/..']) expect(() => store.cluster(scope)).toThrow(/name/);
});
