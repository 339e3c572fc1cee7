import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RestApiSettings } from '../../src/config/agent-settings.ts';
import { Refusal } from '../../src/model/errors.ts';
import { RestServer } from '../../src/rest/server/server.ts';
import { freePorts } from '../harness/ports.ts';
import { FakeBackend, primaryStatus, restApi, statusOf } from '../unit/rest/server/fake-backend.ts';
import { ask, exchange, open, type Place, readAll, understand } from './rest-client.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(settings: Partial<RestApiSettings> = {}, backend = new FakeBackend()) {
  const server = new RestServer(backend, readFile);
  await server.apply(restApi(settings));
  cleanups.push(() => server.close());
  const place: Place = { port: server.port ?? 0 };
  return { backend, server, place };
}

describe('health checks', () => {
  it.each([
    ['OPTIONS', '/replica', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['HEAD', '/replica', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['OPTIONS', '/primary', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    ['HEAD', '/', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    ['GET', '/liveness', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['GET', '/readiness', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['GET', '/readiness?lag=0', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    // Only GET has answers of its own.
    ['HEAD', '/liveness', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    ['OPTIONS', '/config', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
  ])('%s %s is a status line and nothing more', async (method, path, bytes) => {
    const { place } = await serve();
    expect((await ask(place, method, path)).text).toBe(bytes);
    const modern = `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect((await exchange(place, modern)).text).toBe(bytes);
  });

  it.each([
    ['/replica', 200],
    ['/replica?lag=99', 503],
    ['/primary', 503],
    ['/foo', 503],
    ['/patroni', 200],
  ])('GET %s → %i has the whole status with it', async (path, status) => {
    const { place } = await serve();
    const reply = await ask(place, 'GET', path);
    expect(reply.status).toBe(status);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(reply.body.length),
      server: 'pgherd',
      connection: 'close',
    });
    expect(JSON.parse(reply.body)).toMatchObject({
      state: 'running',
      role: 'replica',
      patroni: { version: '4.1.5', scope: 'demo', name: 'pg2' },
    });
  });

  it('follow what the agent knows, and the clock', async () => {
    const backend = new FakeBackend({ status: primaryStatus(), leaseUntil: 1_000_500 });
    const { place } = await serve({}, backend);
    expect((await ask(place, 'GET', '/primary')).status).toBe(200);
    backend.now = 1_000_500;
    expect((await ask(place, 'GET', '/primary')).status).toBe(503);
    backend.says({ status: statusOf({ timeline: 42 }) });
    expect((await ask(place, 'GET', '/replica')).body).toContain('"timeline": 42');
  });

  it('stay on one connection, where the client wants that', async () => {
    const { place } = await serve();
    const socket = await open(place);
    const all = readAll(socket);
    for (const last of ['', '', 'Connection: close\r\n']) {
      socket.write(`GET /replica HTTP/1.1\r\n${last}\r\n`);
    }
    const text = await all;
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(understand(text).headers).toMatchObject({ connection: 'keep-alive' });
  });

  it('are answered when the client has said that it says no more', async () => {
    const { place } = await serve();
    const socket = await open(place);
    const all = readAll(socket);
    socket.end('GET /replica HTTP/1.0\r\n\r\n');
    expect(understand(await all).status).toBe(200);
  });
});

describe('what can be read', () => {
  it.each([
    ['/cluster', 200, 'application/json', /"scope": "demo"\}$/],
    ['/history', 200, 'application/json', /^\[\[1, 25312, /],
    ['/config', 200, 'application/json', /^\{"ttl": 30, /],
    ['/metrics', 200, 'text/plain', /^# HELP patroni_version /],
    ['/failsafe', 502, 'text/html;charset=utf-8', /Bad Gateway/],
  ])('GET %s → %i', async (path, status, type, body) => {
    const { place } = await serve();
    const reply = await ask(place, 'GET', path);
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe(type);
    expect(reply.body).toMatch(body);
  });

  it('is refused while the store does not answer', async () => {
    const { place, backend } = await serve();
    backend.down = true;
    backend.says({ view: undefined });
    for (const path of ['/cluster', '/history', '/config']) {
      expect(await ask(place, 'GET', path)).toMatchObject({
        status: 503,
        body: 'DCS is not accessible',
      });
    }
    expect((await ask(place, 'GET', '/replica')).status).toBe(200);
  });

  it('is 500 after a mistake of ours, with a line in the log and nothing else broken', async () => {
    const { place, backend } = await serve();
    backend.fresh = async () => {
      throw new TypeError('ours');
    };
    expect((await ask(place, 'GET', '/patroni')).status).toBe(500);
    const { status } = backend.current;
    Object.assign(backend, {
      state: () => {
        throw new TypeError('ours, too');
      },
    });
    expect((await ask(place, 'GET', '/replica')).status).toBe(500);
    Object.assign(backend, { state: () => ({ ...backend.current, status }) });
    expect((await ask(place, 'GET', '/replica')).status).toBe(200);
    expect(backend.lines).toEqual([
      expect.stringMatching(/^error error while a request was answered: TypeError: ours\\n/),
      expect.stringMatching(/^error error while a request was answered: TypeError: ours, too\\n/),
    ]);
  });
});

describe('orders', () => {
  it.each([
    ['POST', '/reload', undefined, 202, 'reload scheduled'],
    ['POST', '/restart', undefined, 200, 'done'],
    ['POST', '/restart', '{}', 200, 'done'],
    ['POST', '/restart', '{"x":1}', 400, 'Unknown filter for the scheduled restart: x'],
    ['DELETE', '/restart', undefined, 200, 'done'],
    ['POST', '/reinitialize', '', 200, 'done'],
    ['POST', '/switchover', '{"leader":"pg9"}', 412, 'leader name does not match'],
    ['DELETE', '/switchover', undefined, 404, 'no switchover is scheduled'],
    [
      'POST',
      '/failover',
      '{"leader":"pg1"}',
      400,
      'Failover could be performed only to a specific candidate',
    ],
    ['POST', '/sigterm', undefined, 202, 'shutdown scheduled'],
    ['POST', '/citus', '{"type":"x"}', 200, 'OK'],
    ['POST', '/mpp', '{"type":"x"}', 200, 'OK'],
  ])('%s %s with %s → %i', async (method, path, body, status, text) => {
    const { place, backend } = await serve();
    const reply = await ask(place, method, path, body === undefined ? {} : { body });
    expect(reply).toMatchObject({ status, body: text });
    expect(reply.headers['content-type']).toBe('text/html');
    expect(backend.lines.at(-1)).toBe(`info ${method} ${path} from 127.0.0.1: ${status}`);
  });

  it('PATCH and PUT of the configuration answer with the whole of it', async () => {
    const { place, backend } = await serve();
    const reply = await ask(place, 'PATCH', '/config', { body: { ttl: 40, loop_wait: null } });
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(JSON.parse(reply.body)).toEqual({
      ttl: 40,
      postgresql: { parameters: { max_connections: 100 } },
    });
    expect(await ask(place, 'PUT', '/config', { body: { ttl: 50 } })).toMatchObject({
      status: 200,
      body: '{"ttl": 50}',
    });
    expect(backend.writes.map(({ value }) => value)).toEqual([
      '{"ttl":40,"postgresql":{"parameters":{"max_connections":100}}}',
      '{"ttl":50}',
    ]);
  });

  it.each([
    ['POST', '/config'],
    ['PUT', '/switchover'],
    ['DELETE', '/config'],
    ['POST', '/patroni'],
    ['PATCH', '/'],
  ])('%s %s does not exist: 501', async (method, path) => {
    const { place } = await serve();
    const reply = await ask(place, method, path, { body: {} });
    expect(reply.status).toBe(501);
    expect(reply.headers.connection).toBe('close');
  });

  it('are told in JSON to who asks for JSON', async () => {
    const { place } = await serve();
    const headers = { Accept: 'application/json' };
    const reply = await ask(place, 'POST', '/restart', { headers });
    expect(reply).toMatchObject({ status: 200, body: '{"message":"done"}' });
    expect(reply.headers['content-type']).toBe('application/json');
    const all = await ask(place, 'POST', '/restart', { headers: { Accept: '*/*' } });
    expect(all.body).toBe('done');
  });

  it('that take long keep their connection', async () => {
    const backend = new FakeBackend();
    let end: (reply: { ok: boolean; text: string }) => void = () => {};
    backend.reply = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    const { place } = await serve({}, backend);
    const reply = ask(place, 'POST', '/restart');
    await vi.waitFor(() => expect(backend.orders).toHaveLength(1));
    expect((await ask(place, 'GET', '/replica')).status).toBe(200);
    end({ ok: false, text: 'restart failed' });
    expect(await reply).toMatchObject({ status: 503, body: 'restart failed' });
  });

  it('end a wait whose client has gone', async () => {
    const { place, backend } = await serve();
    backend.reports = { pg3: { ok: true, status: statusOf({ name: 'pg3' }) } };
    const body = '{"leader":"pg1","candidate":"pg3"}';
    const socket = await open(place);
    socket.write(`POST /switchover HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(() => expect(backend.waiting).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(backend.waiting).toBe(0), { timeout: 20_000 });
  });
});

describe('a body', () => {
  const post = (place: Place, head: string, body = '') =>
    exchange(place, `PATCH /config HTTP/1.0\r\n${head}\r\n${body}`);

  it.each([
    ['without a length', '', '', 411],
    ['in chunks', 'Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n', 411],
    ['that is empty', 'Content-Length: 0\r\n', '', 400],
    ['with nothing in it', 'Content-Length: 2\r\n', '{}', 400],
    ['that is a list', 'Content-Length: 3\r\n', '[1]', 400],
    ['that is no JSON', 'Content-Length: 3\r\n', '{x}', 400],
    ['that is no UTF-8', 'Content-Length: 9\r\n', '{"a":"\xff"}', 400],
    [
      'that is nested beyond sense',
      'Content-Length: 80006\r\n',
      `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
      400,
    ],
    ['of more than 1 MB', 'Content-Length: 1048577\r\n', '', 413],
    ['with two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}', 400],
    ['with a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '{}', 400],
    ['with a negative length', 'Content-Length: -1\r\n', '{}', 400],
    ['with an odd encoding', 'Transfer-Encoding: gzip, chunked\r\n', '2\r\n{}\r\n0\r\n\r\n', 411],
  ])('%s → its own status', async (_, head, body, status) => {
    const { place, backend } = await serve();
    expect((await post(place, head, body)).status).toBe(status);
    expect(backend.writes).toEqual([]);
  });

  it('in chunks is refused where none is needed, too: it would be taken for none', async () => {
    const { place, backend } = await serve();
    const head = 'POST /restart HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect((await exchange(place, `${head}2\r\n{}\r\n0\r\n\r\n`)).status).toBe(411);
    expect(backend.orders).toEqual([]);
  });

  it('of 1 MB is read', async () => {
    const { place } = await serve();
    const text = JSON.stringify({ a: 'x'.repeat(1_000_000) });
    expect((await post(place, `Content-Length: ${text.length}\r\n`, text)).status).toBe(200);
  });

  it('with __proto__ in it changes nothing but the document', async () => {
    const { place, backend } = await serve();
    const body = '{"__proto__":{"pause":true},"constructor":{"x":1}}';
    expect((await ask(place, 'PATCH', '/config', { body })).status).toBe(200);
    expect(backend.writes[0]?.value).toContain('"__proto__":{"pause":true}');
    expect(({} as Record<string, unknown>).pause).toBeUndefined();
  });

  it('on a GET is not waited for', async () => {
    const { place } = await serve();
    const reply = await exchange(place, 'GET /replica HTTP/1.1\r\nContent-Length: 100\r\n\r\n');
    expect(reply.status).toBe(200);
    expect(reply.headers.connection).toBe('close');
  });
});

describe('what is no request', () => {
  it.each([
    ['junk', 'hello\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\n\r\n', 501],
    ['a method in lower case', 'get / HTTP/1.1\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a header without an end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(9000)}`, 431],
    ['a path without an end', `GET /${'x'.repeat(9000)} HTTP/1.1\r\n\r\n`, 431],
    ['a header with NUL in it', 'GET / HTTP/1.1\r\nX: a\0b\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n', 400],
    ['a bare CR', 'GET / HTTP/1.1\rX: a\r\n\r\n', 400],
  ])('%s is refused, and the connection ends', async (_, bytes, status) => {
    const { place } = await serve();
    expect((await exchange(place, bytes)).status).toBe(status);
    expect((await ask(place, 'GET', '/replica')).status).toBe(200);
  });

  it('after a request that waits for its answer ends both', async () => {
    const backend = new FakeBackend();
    backend.reply = () => new Promise(() => {});
    const { place } = await serve({}, backend);
    const socket = await open(place);
    const all = readAll(socket);
    socket.write('POST /restart HTTP/1.1\r\nContent-Length: 0\r\n\r\nhello\r\n\r\n');
    expect(await all).toBe('');
  });
});

describe('who may send orders', () => {
  const header = (text: string) => ({
    Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });

  it('needs user and password, where they are set; looking needs none', async () => {
    const { place, backend } = await serve({ username: 'admin', password: 'secret' });
    const none = await ask(place, 'POST', '/reload');
    expect(none).toMatchObject({ status: 401, body: 'no auth header received' });
    expect(none.headers['www-authenticate']).toBe('Basic realm="Patroni"');
    expect(none.headers['content-type']).toBe('text/html');
    const wrong = await ask(place, 'POST', '/reload', { headers: header('admin:guess') });
    expect(wrong).toMatchObject({ status: 401, body: 'not authenticated' });
    const right = await ask(place, 'POST', '/reload', { headers: header('admin:secret') });
    expect(right.status).toBe(202);
    for (const path of ['/replica', '/patroni', '/config', '/metrics']) {
      expect((await ask(place, 'GET', path)).status).toBe(200);
    }
    expect(backend.reloads).toBe(1);
    expect(backend.lines.join('\n')).not.toMatch(/Basic|Authorization|YWRtaW4/i);
  });

  it('is asked before a body is read', async () => {
    const { place } = await serve({ username: 'admin', password: 'secret' });
    const reply = await exchange(place, 'PATCH /config HTTP/1.1\r\nContent-Length: 99\r\n\r\n');
    expect(reply.status).toBe(401);
  });

  it('comes from an address on the list', async () => {
    const { place, backend } = await serve({ allowlist: ['10.0.0.0/8'] });
    expect(await ask(place, 'POST', '/reload')).toMatchObject({
      status: 403,
      body: 'Access is denied',
    });
    expect((await ask(place, 'GET', '/config')).status).toBe(200);
    expect(backend.reloads).toBe(0);
    const { place: other } = await serve({ allowlist: ['localhost'] });
    expect((await ask(other, 'POST', '/reload')).status).toBe(202);
  });

  it('or is a member', async () => {
    const backend = new FakeBackend();
    const { known } = backend.current;
    const { place } = await serve({ allowlistIncludeMembers: true }, backend);
    expect((await ask(place, 'POST', '/reload')).status).toBe(403);
    const members = known?.members.map((one) => ({ ...one, apiUrl: 'http://127.0.0.1:8008/' }));
    if (known && members) backend.says({ known: { ...known, members } });
    expect((await ask(place, 'POST', '/reload')).status).toBe(202);
  });
});

describe('settings', () => {
  it('extra headers and the name of the server go with every body, after a reload too', async () => {
    const { place, server } = await serve({ httpExtraHeaders: { 'X-Frame-Options': 'DENY' } });
    const before = await ask(place, 'POST', '/reload');
    expect(before.headers).toMatchObject({ 'x-frame-options': 'DENY', server: 'pgherd' });
    await server.apply(restApi({ serverTokens: 'minimal', httpExtraHeaders: { X: 'y' } }));
    const { headers } = await ask(place, 'GET', '/replica');
    expect(headers).toMatchObject({ x: 'y', server: 'Patroni/4.1.5' });
    expect(headers).not.toHaveProperty('x-frame-options');
    expect((await ask(place, 'OPTIONS', '/replica')).text).toBe('HTTP/1.1 200 OK\r\n\r\n');
  });

  it('another address is listened on before the old one is left', async () => {
    const [first = 0, second = 0] = await freePorts(2);
    const { server } = await serve({ listenPort: first });
    const kept = await open({ port: first });
    await server.apply(restApi({ listenPort: second }));
    expect(server.port).toBe(second);
    expect((await ask({ port: second }, 'GET', '/replica')).status).toBe(200);
    await expect(open({ port: first })).rejects.toThrow('ECONNREFUSED');
    kept.destroy();
  });

  it('that cannot be used leave all as it is', async () => {
    const { place, server } = await serve();
    const { place: other } = await serve();
    for (const wrong of [
      restApi({ listenPort: other.port }),
      restApi({ httpExtraHeaders: { 'a b': 'c' } }),
      restApi({ allowlist: ['10.0.0.0/99'] }),
      restApi({ certfile: '/nonexistent' }),
      restApi({ listenHost: 'host.invalid' }),
    ]) {
      await expect(server.apply(wrong)).rejects.toThrow(Refusal);
      expect((await ask(place, 'GET', '/replica')).status).toBe(200);
    }
    await expect(server.apply(restApi({ listenPort: other.port }))).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${other.port} (restapi.listen): another program listens there`,
    );
  });

  it('the host * means every address of both families', async () => {
    const [port = 0] = await freePorts(1);
    const { backend, server } = await serve({ listenHost: '*', listenPort: port });
    expect(server.port).toBe(port);
    expect((await ask({ port }, 'GET', '/replica')).status).toBe(200);
    const all = Object.values(networkInterfaces()).flat();
    if (all.some((one) => one?.address === '::1')) {
      expect((await ask({ port, host: '::1' }, 'GET', '/replica')).status).toBe(200);
    }
    expect(backend.lines).toEqual([]);
  });
});

describe('the end', () => {
  it('comes when the answers under way were given, or when they took too long', async () => {
    const backend = new FakeBackend();
    let end: (reply: { ok: boolean; text: string }) => void = () => {};
    backend.reply = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    const { place, server } = await serve({}, backend);
    const idle = await open(place);
    const ended = readAll(idle);
    const reply = ask(place, 'POST', '/restart');
    await vi.waitFor(() => expect(backend.orders).toHaveLength(1));
    const closed = server.close(20_000);
    await expect(open(place)).rejects.toThrow('ECONNREFUSED');
    end({ ok: true, text: 'restarted successfully' });
    expect((await reply).status).toBe(200);
    idle.destroy();
    await closed;
    await ended;
    expect(server.port).toBeUndefined();
    await server.close();
  });

  it('does not wait for ever', async () => {
    const backend = new FakeBackend();
    backend.reply = () => new Promise(() => {});
    const { place, server } = await serve({}, backend);
    const reply = ask(place, 'POST', '/restart');
    await vi.waitFor(() => expect(backend.orders).toHaveLength(1));
    await server.close(50);
    expect((await reply).status).toBe(0);
  });
});
