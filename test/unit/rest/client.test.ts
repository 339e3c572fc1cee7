import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RestSettings } from '../../../src/config/settings.ts';
import { openMemberApi } from '../../../src/rest/client.ts';
import { type MemberApi, RestError, type RestFailure } from '../../../src/rest/member-api.ts';
import { httpServer, type LocalServer, tcpServer } from './local-server.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function keep<T extends { stop(): Promise<void> }>(server: T): T {
  closing.push(() => server.stop());
  return server;
}

const serve = async (listener: RequestListener): Promise<LocalServer> =>
  keep(await httpServer(listener));
const serveTcp = async (onConnection: (socket: Socket) => void): Promise<LocalServer> =>
  keep(await tcpServer(onConnection));

function open(
  more: { rest?: Partial<RestSettings>; defaultTimeoutMs?: number; signal?: AbortSignal } = {},
): MemberApi {
  const api = openMemberApi(
    { username: 'me', password: 'p:ä', tls: { insecure: false }, ...more.rest },
    {
      defaultTimeoutMs: more.defaultTimeoutMs ?? 5000,
      signal: more.signal ?? new AbortController().signal,
      readFile,
    },
  );
  closing.push(() => api.close());
  return api;
}

const pg1 = (port: number): { name: string; apiUrl: string } => ({
  name: 'pg1',
  apiUrl: `http://127.0.0.1:${port}/patroni`,
});

async function failureOf(call: Promise<unknown>): Promise<RestError> {
  const error = await call.then(
    () => new Error('there was an answer'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RestError)) throw error;
  expect(error.message).not.toMatch(/\.$|\n/);
  return error;
}

describe('requests', () => {
  async function seen(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    body?: unknown,
  ): Promise<{ request: IncomingMessage; body: string }> {
    const requests: { request: IncomingMessage; body: string }[] = [];
    const { port } = await serve((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += String(chunk);
      });
      request.on('end', () => {
        requests.push({ request, body: text });
        response.end('ok');
      });
    });
    const reply = await open().request(pg1(port), method, {
      path: 'switchover?x=1',
      ...(body === undefined ? {} : { body }),
    });
    expect(reply).toMatchObject({ status: 200, body: 'ok' });
    const [first] = requests;
    if (!first) throw new Error('no request came');
    return first;
  }

  it('keep scheme, host and port of the api_url, and have a path of their own', async () => {
    const { request } = await seen('GET');
    expect(request.url).toBe('/switchover?x=1');
    expect(request.headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it.each(['POST', 'PATCH', 'PUT', 'DELETE'] as const)('%s has the password with it', async (m) => {
    const { request } = await seen(m);
    const expected = Buffer.from('me:p:ä', 'utf8').toString('base64');
    expect(request.headers.authorization).toBe(`Basic ${expected}`);
  });

  it('GET never has the password with it', async () => {
    expect((await seen('GET')).request.headers.authorization).toBeUndefined();
  });

  it('send a body as JSON', async () => {
    const { request, body } = await seen('POST', { leader: 'pg1', candidate: null });
    expect(request.headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({ leader: 'pg1', candidate: null });
  });

  it('without a user have no authorization', async () => {
    let header: string | undefined = 'none came';
    const { port } = await serve((request, response) => {
      header = request.headers.authorization;
      response.end();
    });
    const api = openMemberApi(
      { tls: { insecure: false } },
      { defaultTimeoutMs: 5000, signal: new AbortController().signal, readFile },
    );
    await api.request(pg1(port), 'POST', { path: 'restart' });
    expect(header).toBeUndefined();
  });

  it('without a name to show have no authorization either', async () => {
    let header: string | undefined = 'none came';
    const { port } = await serve((request, response) => {
      header = request.headers.authorization;
      response.end();
    });
    await open().request(pg1(port), 'POST', { path: 'switchover', body: [], anonymous: true });
    expect(header).toBeUndefined();
  });

  it('hand on the date of the answer, and none where there is none', async () => {
    const date = 'Thu, 01 Jan 2026 12:00:00 GMT';
    const { port } = await serve((request, response) => {
      if (request.url === '/dated') response.setHeader('date', date);
      else response.sendDate = false;
      response.end();
    });
    expect(await open().request(pg1(port), 'GET', { path: 'dated' })).toMatchObject({ date });
    expect(await open().request(pg1(port), 'GET', { path: 'plain' })).not.toHaveProperty('date');
  });
});

describe('whatever the status, it is an answer', () => {
  it.each([200, 202, 401, 403, 404, 409, 412, 500, 501, 503])('%i', async (status) => {
    const { port } = await serve((_, response) =>
      response.writeHead(status).end(`because ${status}`),
    );
    const reply = await open().request(pg1(port), 'POST', { path: 'restart' });
    expect(reply).toMatchObject({ status, body: `because ${status}` });
  });

  it('a redirect is not followed', async () => {
    const target = await serve((_, response) => response.end('target'));
    const { port } = await serve((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${target.port}/x` }).end('elsewhere');
    });
    const reply = await open().request(pg1(port), 'POST', { path: 'restart' });
    expect(reply).toMatchObject({ status: 307, body: 'elsewhere' });
    expect(target.connections()).toBe(0);
  });

  it('an answer as HTTP/1.0 has it, ended by the end of the connection', async () => {
    const { port } = await serveTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nServer: x\r\n\r\n{"a": 1}'));
    });
    const reply = await open().request(pg1(port), 'GET', { path: 'patroni' });
    expect(reply).toMatchObject({ status: 200, body: '{"a": 1}' });
  });

  it('what is no UTF-8 is shown as such', async () => {
    const { port } = await serve((_, response) => response.end(Buffer.from([0x61, 0xff, 0x62])));
    const reply = await open().request(pg1(port), 'GET', { path: 'patroni' });
    expect(reply.body).toBe('a\ufffdb');
  });
});

describe('no answer', () => {
  const hang = (): void => {};
  const taken: RestFailure[] = ['timeout', 'broken'];

  it.each<[string, RestFailure, (socket: Socket) => void, string]>([
    ['hangs after accept', 'timeout', hang, 'No answer from member pg1 at 127.0.0.1:'],
    [
      'sends a header and hangs',
      'timeout',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
      'within 0.3 s',
    ],
    [
      'sends byte by byte for ever',
      'timeout',
      (socket) => {
        socket.write('HTTP/1.0 200 OK\r\n\r\n');
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(timer));
      },
      'within 0.3 s',
    ],
    [
      'resets after the request',
      'broken',
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
      'the connection was closed',
    ],
    [
      'closes after the request',
      'broken',
      (socket) => void socket.once('data', () => socket.end()),
      'the connection was closed',
    ],
    [
      'ends in the middle of a body',
      'broken',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
      'No usable answer from member pg1',
    ],
    [
      'is no HTTP server',
      'broken',
      (socket) => void socket.once('data', () => socket.write('SSH-2.0\r\n')),
      'it is not HTTP',
    ],
    [
      'sends more than 1 MiB',
      'broken',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n');
        const more = (): void => {
          while (socket.writable && socket.write(Buffer.alloc(65536, 'x')));
        };
        socket.on('drain', more);
        more();
      },
      'has more than 1 MiB',
    ],
  ])('of one that %s: %s', async (_, failure, behave, sentence) => {
    const server = await serveTcp((socket) => behave(socket));
    const start = performance.now();
    const error = await failureOf(
      open().request(pg1(server.port), 'POST', {
        path: 'restart',
        timeoutMs: failure === 'timeout' ? 300 : 30_000,
      }),
    );
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(error.failure).toBe(failure);
    expect(taken).toContain(error.failure);
    expect(error.surelyNotTaken).toBe(false);
    expect(error.message).toContain(sentence);
    expect(server.connections(), 'it was tried once').toBe(1);
  });

  it('of nobody: connection refused', async () => {
    const server = await tcpServer(hang);
    await server.stop();
    const error = await failureOf(open().request(pg1(server.port), 'POST', { path: 'restart' }));
    expect(error.failure).toBe('refused');
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toBe(
      `No connection to member pg1 at 127.0.0.1:${server.port}: connection refused`,
    );
  });

  it('of a name that nobody has', async () => {
    const member = { name: 'pg1', apiUrl: 'http://nobody.invalid:8008/patroni' };
    const error = await failureOf(open().request(member, 'GET', { path: 'patroni' }));
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toMatch(/the host name (is unknown|could not be looked up)/);
  });

  it('of one whose queue is full: a connection has the default time, also in a long call', async () => {
    // Nobody accepts, and the queue holds one or two connections: the others wait in vain.
    const port = await fullQueue();
    const start = performance.now();
    const error = await failureOf(
      open({ defaultTimeoutMs: 300 }).request(pg1(port), 'POST', {
        path: 'switchover',
        timeoutMs: 60_000,
      }),
    );
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(error.failure).toBe('refused');
    expect(error.message).toContain('time-out');
  });

  async function fullQueue(): Promise<number> {
    const { Worker } = await import('node:worker_threads');
    // The worker listens and then blocks, so that it never accepts.
    const worker = new Worker(
      `const server = require('node:net').createServer();
       server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         require('node:worker_threads').parentPort.postMessage(server.address().port);
         setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
       });`,
      { eval: true },
    );
    closing.push(async () => void (await worker.terminate()));
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    const { connect } = await import('node:net');
    for (let count = 0; count < 8; count++) {
      const socket = connect(port, '127.0.0.1').on('error', hang);
      closing.push(async () => void socket.destroy());
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return port;
  }
});

describe('an api_url that cannot be used', () => {
  it.each([
    [undefined, 'Member pg1 has published no api_url'],
    ['', 'Member pg1 has published no api_url'],
    ['nonsense', 'The api_url of member pg1 cannot be used: nonsense'],
    ['ftp://h/', 'The api_url of member pg1 cannot be used: ftp://h/'],
    ['file:///etc/passwd', 'The api_url of member pg1 cannot be used: file:///etc/passwd'],
    ['http://\u001b[2J', 'The api_url of member pg1 cannot be used: http://\\x1b[2J'],
    ['http://u:p@h:1/', 'has a user or a password in it, so it is not used'],
  ])('%j', async (apiUrl, sentence) => {
    const member = { name: 'pg1', ...(apiUrl === undefined ? {} : { apiUrl }) };
    const error = await failureOf(open().request(member, 'POST', { path: 'restart' }));
    expect(error.failure).toBe('no-url');
    expect(error.surelyNotTaken).toBe(true);
    expect(error.message).toContain(sentence);
  });

  it('a hostile name is made harmless', async () => {
    const call = open().request({ name: 'x\u001b]0;\u0007' }, 'GET', { path: '' });
    expect((await failureOf(call)).message).toBe('Member x\\x1b]0;\\x07 has published no api_url');
  });
});

describe('ending early', () => {
  it('Ctrl-C ends a call that waits, with the reason of the signal', async () => {
    const { port } = await serveTcp(() => {});
    const controller = new AbortController();
    const call = open({ signal: controller.signal }).request(pg1(port), 'GET', { path: 'x' });
    const reason = new Error('Ctrl-C');
    setTimeout(() => controller.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
  });

  it('a signal of its own ends a call; one that was aborted before lets none begin', async () => {
    const server = await serveTcp(() => {});
    const controller = new AbortController();
    const { signal } = controller;
    const call = open().request(pg1(server.port), 'GET', { path: 'x', signal });
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
    const again = open().request(pg1(server.port), 'GET', { path: 'x', signal });
    await expect(again).rejects.toBe(reason);
    expect(server.connections()).toBe(1);
  });

  it('close ends what still waits', async () => {
    const { port } = await serveTcp(() => {});
    const api = open();
    const call = failureOf(api.request(pg1(port), 'GET', { path: 'x' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await api.close();
    expect((await call).message).toContain('was closed');
  });

  it('leaves no connection behind', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const closed = new Promise<void>((resolve) =>
      server.once('connection', (socket: Socket) => socket.once('close', () => resolve())),
    );
    expect((await open().request(pg1(port), 'GET', { path: 'x' })).body).toBe('ok');
    await closed;
    expect(sockets).toHaveLength(1);
  });
});

describe('many members', () => {
  it('are asked at the same time without a word about listeners', async () => {
    const { port } = await serve((_request, response) => response.end('{}'));
    const warnings: Error[] = [];
    const collect = (warning: Error): void => void warnings.push(warning);
    process.on('warning', collect);
    closing.push(async () => void process.off('warning', collect));
    const { signal } = new AbortController();
    const api = open({ signal });
    const calls = Array.from({ length: 30 }, () =>
      api.request(pg1(port), 'GET', { path: 'patroni', signal }),
    );
    await Promise.all(calls);
    expect(warnings).toEqual([]);
  });
});
