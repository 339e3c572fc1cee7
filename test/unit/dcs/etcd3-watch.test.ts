import { describe, expect, test } from 'vitest';
import { gatewayTransport } from '../../../src/dcs/etcd3/gateway.ts';
import {
  Compacted,
  LeaseExists,
  LeaseGone,
  StaleToken,
  type WatchMessage,
} from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import type { HttpEndpoint, HttpRequest } from '../../../src/dcs/http.ts';
import { DcsError } from '../../../src/model/errors.ts';

const header = { cluster_id: '7', member_id: '8', revision: '3', raft_term: '2' };
const call = { signal: new AbortController().signal };
const request = { key: Buffer.from('/a/'), end: Buffer.from('/a0'), startRevision: 4 };
const line = (message: unknown): string => `${JSON.stringify(message)}\n`;
const CREATED = line({ result: { header, created: true } });
const EVENTS = line({
  result: {
    header: { ...header, revision: '5' },
    events: [
      { kv: { key: 'L2EvYg==', mod_revision: '4', value: 'eA==', lease: '99' } },
      { type: 'DELETE', kv: { key: 'L2EvYg==', mod_revision: '5' } },
    ],
  },
});

/** A server whose watch sends these parts and then ends, and whose other answers are `reply`. */
function server(parts: readonly string[], reply: { status: number; body: unknown } = OK) {
  const requests: HttpRequest[] = [];
  const end = { status: reply.status, body: Buffer.from(JSON.stringify(reply.body)), headers: {} };
  const http: HttpEndpoint = {
    name: 'http://e1:2379',
    async request(sent) {
      requests.push(sent);
      return end;
    },
    async stream(sent, tell) {
      requests.push(sent);
      for (const part of parts) {
        if (sent.signal.aborted) throw new EndpointFailure('given up', { maybeApplied: true });
        tell(Buffer.from(part));
      }
      return end;
    },
    close: () => {},
  };
  return { transport: gatewayTransport(http), requests };
}

const OK = { status: 200, body: {} };

/** What a watch tells, and the error that it ends with. */
async function watch(parts: readonly string[], reply = OK, token?: string) {
  const { transport, requests } = server(parts, reply);
  const told: WatchMessage[] = [];
  const error = await transport
    .watch(request, { ...call, token }, (message) => told.push(message))
    .catch((reason: unknown) => reason);
  return { told, error, requests };
}

describe('a watch over the gateway', () => {
  test('is asked for from a revision on, of a server that is not cut off', async () => {
    const { requests } = await watch([], OK, 'abc.1');
    expect(requests[0]).toMatchObject({
      path: '/v3/watch',
      headers: { 'grpc-metadata-hasleader': 'true', authorization: 'abc.1' },
    });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      create_request: { key: 'L2Ev', range_end: 'L2Ew', start_revision: '4' },
    });
  });

  test.each([1, 7, 60, 10_000])('is told however it is cut: in parts of %i bytes', async (size) => {
    const text = CREATED + EVENTS;
    const parts = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    const { told, error } = await watch(parts);
    expect(told).toEqual([
      {
        header: { clusterId: '7', memberId: '8', revision: 3, raftTerm: 2 },
        created: true,
        events: [],
      },
      {
        header: { clusterId: '7', memberId: '8', revision: 5, raftTerm: 2 },
        created: false,
        events: [
          { key: Buffer.from('/a/b'), modRevision: '4', value: Buffer.from('x'), lease: '99' },
          { key: Buffer.from('/a/b'), modRevision: '5', value: undefined, lease: undefined },
        ],
      },
    ]);
    expect(error).toMatchObject({ message: 'it ended the watch' });
  });

  test.each([
    [{ result: { header, canceled: true, compact_revision: '9' } }, undefined, Compacted],
    [{ result: { header, canceled: true } }, undefined, EndpointFailure],
    [
      { result: { header, canceled: true, cancel_reason: 'etcdserver: permission denied' } },
      undefined,
      DcsError,
    ],
    // With an old token it looks the same (etcd issue 12385).
    [
      { result: { header, canceled: true, cancel_reason: 'etcdserver: permission denied' } },
      'abc.1',
      StaleToken,
    ],
    [{ error: { grpc_code: 14, message: 'etcdserver: no leader' } }, undefined, EndpointFailure],
    [{ error: { code: 16, message: 'etcdserver: invalid auth token' } }, 'abc.1', StaleToken],
    [{ result: { created: true } }, undefined, EndpointFailure],
    [{}, undefined, EndpointFailure],
    ['not an object', undefined, EndpointFailure],
  ])('ends with what etcd says: %j', async (message, token, kind) => {
    const { told, error } = await watch([CREATED, line(message), EVENTS], OK, token);
    expect(error).toBeInstanceOf(kind);
    expect(told).toHaveLength(1);
  });

  test('ends with the error of whoever is told', async () => {
    const { transport } = server([CREATED, EVENTS]);
    const ending = transport.watch(request, call, () => {
      throw new Error('enough');
    });
    await expect(ending).rejects.toThrow('enough');
  });

  test('that is refused is an error', async () => {
    const { error } = await watch([], {
      status: 401,
      body: { code: 16, message: 'etcdserver: invalid auth token' },
    });
    expect(error).toBeInstanceOf(StaleToken);
  });
});

describe('leases over the gateway', () => {
  test('are kept alive, or are not there', async () => {
    const alive = server([], { status: 200, body: { result: { header, ID: '5', TTL: '30' } } });
    expect(await alive.transport.keepAlive('5', call)).toMatchObject({ ttl: 30 });
    const gone = server([], { status: 200, body: { result: { header, ID: '5' } } });
    expect(await gone.transport.keepAlive('5', call)).toMatchObject({ ttl: undefined });
  });

  test('are granted under the id that we have drawn', async () => {
    const { transport, requests } = server([], { status: 200, body: { ID: '5', TTL: '30' } });
    expect(await transport.grant('9007199254740993', 30, call)).toEqual({ ttl: 30 });
    expect(requests[0]?.body).toBe('{"ID":"9007199254740993","TTL":"30"}');
  });

  test.each([
    [404, { code: 5, message: 'etcdserver: requested lease not found' }, LeaseGone],
    [412, { code: 9, message: 'etcdserver: lease already exists' }, LeaseExists],
    [500, { error: { grpc_code: 2, message: 'not a primary lessor' } }, EndpointFailure],
  ])('%i %j is told apart', async (status, body, kind) => {
    const { transport, requests } = server([], { status, body });
    const transaction = { compare: [], success: [] };
    await expect(transport.txn(transaction, call)).rejects.toBeInstanceOf(kind);
    expect(requests).toHaveLength(1);
  });

  test('that are kept alive by nobody who may are not kept alive (etcd issue 21671)', async () => {
    const body = { error: { grpc_code: 2, http_code: 500, message: 'not a primary lessor' } };
    const { transport } = server([], { status: 200, body });
    await expect(transport.keepAlive('5', call)).rejects.toMatchObject({
      name: 'EndpointFailure',
      passing: true,
    });
  });
});
