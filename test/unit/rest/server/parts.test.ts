import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../../../../src/model/errors.ts';
import { Connections } from '../../../../src/rest/server/connections.ts';
import {
  getLiveness,
  getMetrics,
  getPatroni,
  getReadiness,
} from '../../../../src/rest/server/handlers/status.ts';
import { targetOf } from '../../../../src/rest/server/routes.ts';
import { readRules } from '../../../../src/rest/server/rules.ts';
import { SharedLook } from '../../../../src/rest/server/shared-look.ts';
import { callOf } from './call-of.ts';
import { FakeBackend, primaryStatus, restApi, statusOf } from './fake-backend.ts';

afterEach(() => {
  vi.useRealTimers();
});

let nextPort = 1;
function socketOf(): Socket & { ended: boolean } {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: '10.0.0.1',
    remotePort: nextPort++,
    ended: false,
    destroy() {
      socket.ended = true;
      socket.emit('close');
    },
  });
  return socket as unknown as Socket & { ended: boolean };
}

describe('Connections', () => {
  it('ends the one that has been idle for longest when there are too many', () => {
    const connections = new Connections(3);
    const [a, b, c, d, e] = [socketOf(), socketOf(), socketOf(), socketOf(), socketOf()];
    for (const socket of [a, b, c]) connections.admit(socket);
    connections.begin(a);
    connections.end(a);
    connections.admit(d);
    expect([a, b, c, d].map(({ ended }) => ended)).toEqual([false, true, false, false]);
    connections.begin(c);
    connections.admit(e);
    expect([a, c, d, e].map(({ ended }) => ended)).toEqual([true, false, false, false]);
    expect(connections.count).toBe(3);
  });

  it('takes no more when all are at work', () => {
    const connections = new Connections(2);
    const [a, b, c, d] = [socketOf(), socketOf(), socketOf(), socketOf()];
    for (const socket of [a, b]) {
      connections.admit(socket);
      connections.begin(socket);
    }
    connections.admit(c);
    expect([a, b, c].map(({ ended }) => ended)).toEqual([false, false, true]);
    a.destroy();
    connections.admit(d);
    expect(d.ended).toBe(false);
    expect(connections.count).toBe(2);
  });

  it('forgets who has gone, and does not mind who was never there', () => {
    const connections = new Connections(2);
    const gone = socketOf();
    connections.admit(gone);
    gone.destroy();
    connections.end(gone);
    connections.begin(gone);
    expect(connections.count).toBe(0);
  });
});

describe('SharedLook', () => {
  it('gives all who ask before it begins the same, later ones the next', async () => {
    let looks = 0;
    const ends: ((seen: number) => void)[] = [];
    const shared = new SharedLook(() => {
      looks += 1;
      return new Promise<number>((resolve) => ends.push(resolve));
    });
    const first = shared.take();
    expect(shared.take()).toBe(first);
    await vi.waitFor(() => expect(looks).toBe(1));
    // It has begun: what it sees may be older than this request.
    const second = shared.take();
    expect(second).not.toBe(first);
    expect(shared.take()).toBe(second);
    ends[0]?.(1);
    expect(await first).toBe(1);
    await vi.waitFor(() => expect(looks).toBe(2));
    ends[1]?.(2);
    expect(await second).toBe(2);
  });

  it('goes on after a look that failed', async () => {
    let fails = true;
    const shared = new SharedLook(async () => {
      if (fails) throw new Error('no');
      return 1;
    });
    await expect(shared.take()).rejects.toThrow('no');
    fails = false;
    expect(await shared.take()).toBe(1);
  });
});

describe('targetOf', () => {
  const nameOf = (method: string, url: string) => {
    const { path, query, route } = targetOf(method, url);
    return { path, query: query?.toString(), access: route?.access };
  };

  it.each([
    ['GET', '/patroni', { path: '/patroni', access: 'look' }],
    ['GET', '/patroni/x?y', { path: '/patroni/x', query: 'y=', access: 'look' }],
    ['GET', '/liveness', { path: '/liveness', access: 'at-once' }],
    ['GET', '//config', { path: '/config', access: 'look' }],
    ['GET', '/replica?lag=1#x', { path: '/replica', query: 'lag=1' }],
    ['GET', '/?lag=1', { path: '/', query: 'lag=1' }],
    ['GET', 'http://h:8008/config?a=b', { path: '/config', query: 'a=b', access: 'look' }],
    ['GET', 'http://h:8008', { path: '' }],
    ['GET', '/Config', { path: '/Config' }],
    ['HEAD', '/patroni', { path: '/patroni' }],
    ['OPTIONS', '*', { path: '*' }],
    ['POST', '/switchover', { path: '/switchover', access: 'order' }],
    ['POST', '/failsafe', { path: '/failsafe', access: 'failsafe' }],
    ['POST', '/config', { path: '/config' }],
    ['POST', '/', { path: '/' }],
    ['DELETE', '/restart/', { path: '/restart/', access: 'order' }],
    ['GET', '/constructor', { path: '/constructor' }],
  ])('%s %s', (method, url, expected) => {
    expect(nameOf(method, url)).toEqual({ query: undefined, access: undefined, ...expected });
  });
});

describe('GET /patroni', () => {
  it('is as fresh as the request', async () => {
    const backend = new FakeBackend();
    backend.fresh = async () => statusOf({ receivedLsn: 7777 });
    const { status, body } = await getPatroni(callOf(backend));
    expect(status).toBe(200);
    expect(String(body)).toContain('"received_location": 7777');
  });

  it('says nothing of positions when PostgreSQL does not answer in time', async () => {
    vi.useFakeTimers();
    const backend = new FakeBackend({ status: primaryStatus() });
    backend.fresh = () => new Promise(() => {});
    const reply = getPatroni(callOf(backend));
    await vi.advanceTimersByTimeAsync(1500);
    const body = JSON.parse(String((await reply).body));
    expect(body).toMatchObject({ state: 'unknown', role: 'primary' });
    expect(body).not.toHaveProperty('xlog');
    expect(body).not.toHaveProperty('timeline');
  });

  it('rejects for an error of ours, which becomes a 500', async () => {
    const backend = new FakeBackend();
    backend.fresh = async () => {
      throw new TypeError('ours');
    };
    await expect(getPatroni(callOf(backend))).rejects.toThrow('ours');
  });
});

describe('the other questions about this node', () => {
  it('liveness and readiness have a status line and no more', () => {
    const call = callOf(new FakeBackend());
    expect(getLiveness(call)).toEqual({ status: 200 });
    expect(getReadiness(call)).toEqual({ status: 200 });
    const query = new URLSearchParams('lag=0');
    expect(getReadiness({ ...call, query })).toEqual({ status: 503 });
  });

  it('metrics know the failsafe list, as it was last seen', async () => {
    const backend = new FakeBackend();
    const { known } = backend.current;
    if (known) backend.says({ known: { ...known, failsafe: { pg2: 'x' } }, view: undefined });
    const { body, type } = await getMetrics(callOf(backend));
    expect(type).toBe('text/plain');
    expect(body).toContain('patroni_failsafe_member{scope="demo",name="pg2"} 1\n');
  });
});

describe('readRules', () => {
  it.each([
    ['original', 'pgherd'],
    ['productonly', 'Patroni'],
    ['minimal', 'Patroni/4.1.5'],
  ] as const)('server_tokens %s: %s', (serverTokens, server) => {
    expect(readRules(restApi({ serverTokens }), '4.1.5').style.server).toBe(server);
  });

  it('sends the headers for https only over https', () => {
    const headers = { httpExtraHeaders: { A: '1', B: '2' }, httpsExtraHeaders: { B: '3' } };
    expect(readRules(restApi(headers), 'x').style.extraHeaders).toEqual(['A', '1', 'B', '2']);
    const https = readRules(restApi({ ...headers, certfile: 'c' }), 'x');
    expect(https.style.extraHeaders).toEqual(['A', '1', 'B', '3']);
  });

  it.each([{ 'X y': '1' }, { X: 'a\r\nb' }, { X: 'é\u0100' }, { '': 'x' }])(
    'refuses the header %j',
    (httpExtraHeaders) => {
      expect(() => readRules(restApi({ httpExtraHeaders }), 'x')).toThrow(Refusal);
    },
  );

  it('wants a certificate for orders whenever clients may show one', () => {
    const certificate = (change: Parameters<typeof restApi>[0]) =>
      readRules(restApi(change), 'x').access.certificate;
    expect(certificate({ certfile: 'c' })).toBe(false);
    expect(certificate({ certfile: 'c', verifyClient: 'optional' })).toBe(true);
    expect(certificate({ certfile: 'c', verifyClient: 'required' })).toBe(true);
    expect(certificate({ verifyClient: 'required' })).toBe(false);
  });
});
