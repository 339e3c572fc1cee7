import { describe, expect, test } from 'vitest';
import { gatewayTransport } from '../../../src/dcs/etcd3/gateway.ts';
import { NoSuchApi, StaleToken } from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import type { HttpEndpoint, HttpRequest } from '../../../src/dcs/http.ts';
import { DcsError } from '../../../src/model/errors.ts';

const call = { signal: new AbortController().signal };
const header = { cluster_id: '7', member_id: '8', revision: '3', raft_term: '2' };
const range = { key: Buffer.from('/a/'), end: Buffer.from('/a0') };

/** A server that answers by path; every other path is not found. */
function server(answers: Record<string, { status?: number; body: unknown }>) {
  const requests: HttpRequest[] = [];
  const http: HttpEndpoint = {
    name: 'http://e1:2379',
    async request(request) {
      requests.push(request);
      const { status = 200, body } = answers[request.path] ?? { status: 404, body: 'not found' };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { status, body: Buffer.from(text), headers: {} };
    },
    stream: () => Promise.reject(new Error('not here')),
    close: () => {},
  };
  return { transport: gatewayTransport(http), requests };
}

const failing = (status: number, body: unknown) =>
  server({ '/v3/kv/range': { status, body }, '/v3/kv/txn': { status, body } }).transport;

describe('the version of the API', () => {
  test.each([
    ['3.3.27', '/v3beta'],
    ['3.2.32', '/v3alpha'],
    ['3.1.20', '/v3alpha'],
  ])('of etcd %s is under %s', async (etcdserver, prefix) => {
    const { transport, requests } = server({
      '/version': { body: { etcdserver, etcdcluster: etcdserver } },
      [`${prefix}/kv/range`]: { body: { header } },
    });
    expect((await transport.range(range, call)).kvs).toEqual([]);
    await transport.range(range, call);
    expect(requests.map(({ path }) => path)).toEqual([
      '/v3/kv/range',
      '/version',
      `${prefix}/kv/range`,
      `${prefix}/kv/range`,
    ]);
  });

  test.each(['3.4.23', '3.5.30', '2.3.8'])('is not there in etcd %s', async (etcdserver) => {
    const { transport } = server({ '/version': { body: { etcdserver } } });
    await expect(transport.range(range, call)).rejects.toBeInstanceOf(NoSuchApi);
  });
});

test('a token goes along as etcd wants it', async () => {
  const { transport, requests } = server({ '/v3/kv/range': { body: { header } } });
  await transport.range(range, { ...call, token: 'abc.1' });
  expect(requests[0]?.headers).toMatchObject({ authorization: 'abc.1' });
});

test('reads are linearizable: they never ask for less', async () => {
  const { transport, requests } = server({ '/v3/kv/range': { body: { header } } });
  await transport.range(range, call);
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ key: 'L2Ev', range_end: 'L2Ew' });
});

test('an empty value, which proto3 leaves out, is an empty value', async () => {
  const kvs = [{ key: 'L2Ev', mod_revision: '9007199254740993', create_revision: '1' }];
  const { transport } = server({ '/v3/kv/range': { body: { header, kvs } } });
  expect(await transport.range(range, call)).toEqual({
    header: { clusterId: '7', memberId: '8', revision: 3, raftTerm: 2 },
    kvs: [
      {
        key: Buffer.from('/a/'),
        value: Buffer.alloc(0),
        modRevision: '9007199254740993',
        lease: undefined,
      },
    ],
  });
});

describe('an error', () => {
  test.each([
    [503, { code: 14, message: 'etcdserver: request timed out' }, true],
    [503, { error: 'etcdserver: leader changed', code: 14 }, true],
    [503, { code: 14, message: 'etcdserver: no leader' }, false],
    [500, { code: 2, message: 'not a primary lessor' }, true],
    [504, { code: 4, message: 'context deadline exceeded' }, true],
    [429, { code: 8, message: 'etcdserver: too many requests' }, false],
    [502, 'Bad Gateway', true],
    [400, 'Bad Request', false],
  ])('%i %j sends us to the next endpoint', async (status, body, maybeApplied) => {
    const failure = await failing(status, body)
      .txn({ compare: [], success: [{ remove: range.key }] }, call)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EndpointFailure);
    expect(failure).toMatchObject({ maybeApplied });
  });

  test.each([
    [401, { code: 16, error: 'etcdserver: invalid auth token' }],
    [400, { code: 3, message: 'etcdserver: revision of auth store is old' }],
  ])('%i %j asks for a new token', async (status, body) => {
    const reading = failing(status, body).range(range, call);
    await expect(reading).rejects.toBeInstanceOf(StaleToken);
  });

  test.each([
    [{ code: 7, message: 'etcdserver: permission denied' }, /does not let this user/],
    [{ code: 3, message: 'etcdserver: user name is empty' }, /wants a user name/],
    [{ code: 3, message: 'etcdserver: request is too large' }, /value is too large/],
    [{ code: 8, message: 'etcdserver: mvcc: database space exceeded' }, /reached its size limit/],
    [{ code: 3, message: 'etcdserver: odd\u001b[2J' }, /^etcd refused the request: odd\\x1b\[2J$/],
  ])('%j is the answer', async (body, message) => {
    const reading = failing(400, body).range(range, call);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(DcsError);
  });
});
