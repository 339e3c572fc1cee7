import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RestServer } from '../../src/rest/server/server.ts';
import { FakeBackend, primaryStatus, restApi } from '../unit/rest/server/fake-backend.ts';
import { ask, open, type Place, readAll } from './rest-client.ts';

// What makes others deaf: while it goes on, the health checks are answered as always.

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A primary. */
async function serve(backend = new FakeBackend()) {
  backend.says({ status: primaryStatus(), leaseUntil: Number.MAX_SAFE_INTEGER });
  const server = new RestServer(backend, readFile);
  await server.apply(restApi());
  cleanups.push(() => server.close());
  return { backend, server, place: { port: server.port ?? 0 } };
}

/** Opens connections that say this, and keeps them open whatever happens. */
async function crowd(place: Place, count: number, says = ''): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(place)));
  for (const socket of sockets) if (says !== '') socket.write(says);
  cleanups.unshift(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

/** Asks as a load balancer does, a connection each time; every answer has to come. */
async function checkedHealth(place: Place, times = 50): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const reply = await ask(place, 'GET', '/primary');
    expect(reply.status).toBe(200);
  }
}

async function endOf(sockets: readonly Socket[]): Promise<void> {
  await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true), {
    timeout: 30_000,
    interval: 100,
  });
}

describe('thousands of connections', () => {
  it('that say nothing shut out nobody, and are ended', async () => {
    const { place } = await serve();
    const sockets = await crowd(place, 1000);
    await checkedHealth(place);
    sockets.push(...(await crowd(place, 1000)));
    await checkedHealth(place);
    for (const socket of sockets) socket.resume();
    await endOf(sockets);
  });

  it('that say their heads byte by byte do not, either', async () => {
    const { place } = await serve();
    const sockets = await crowd(place, 500, 'GET /primary HTTP/1.1\r\n');
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('X');
    }, 100);
    cleanups.unshift(() => clearInterval(drip));
    await checkedHealth(place);
    for (const socket of sockets) socket.resume();
    await endOf(sockets);
  });
});

describe('answers that nobody reads', () => {
  it('are given up, and with them the connection', async () => {
    const { place, backend } = await serve();
    // An answer that no buffer of a socket takes in whole.
    backend.put('config', JSON.stringify({ big: 'x'.repeat(20_000_000) }));
    backend.says({ view: undefined });
    const sockets = await crowd(place, 3, 'GET /config HTTP/1.1\r\n\r\n');
    for (const socket of sockets) socket.pause();
    await vi.waitFor(() => expect(backend.reads).toBeGreaterThan(0));
    await checkedHealth(place);
    // It is given up after five seconds; the client learns that only when it reads.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    const texts = await Promise.all(sockets.map(readAll));
    for (const text of texts) expect(text.length).toBeLessThan(20_000_000);
  });

  it('however many requests are sent without reading', async () => {
    const { place } = await serve();
    const many = 'GET /primary HTTP/1.1\r\n\r\n'.repeat(5000);
    await crowd(place, 20, many);
    await checkedHealth(place);
  });
});

describe('bodies that never end', () => {
  it('take the place of other orders only, and are cut off', async () => {
    const { place, backend } = await serve();
    const head = 'PATCH /config HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{';
    const slow = await crowd(place, 32, head);
    await vi.waitFor(async () => {
      const reply = await ask(place, 'POST', '/reload');
      expect(reply).toMatchObject({ status: 503, body: 'too many requests' });
    });
    await checkedHealth(place);
    // A leader's question to its members has a place of its own.
    const asked = { body: { name: 'pg1', conn_url: 'postgres://pg1/', api_url: 'http://pg1/' } };
    expect((await ask(place, 'POST', '/failsafe', asked)).status).toBe(502);
    const answers = await Promise.all(slow.map(readAll));
    for (const text of answers) expect(text).toBe('');
    expect((await ask(place, 'POST', '/reload')).status).toBe(202);
    expect(backend.writes).toEqual([]);
  });

  it('nor fill the memory', async () => {
    const { place } = await serve();
    const big = 'PATCH /config HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n{';
    await crowd(place, 8, big);
    const large = { big: 'x'.repeat(70_000) };
    await vi.waitFor(async () => {
      expect((await ask(place, 'PATCH', '/config', { body: large })).status).toBe(503);
    });
    // Small ones are orders, and they are heard.
    expect((await ask(place, 'PATCH', '/config', { body: { ttl: 30 } })).status).toBe(200);
  });
});

describe('questions that wait', () => {
  it('for a PostgreSQL that hangs are answered without it; too many are turned away', async () => {
    const backend = new FakeBackend();
    backend.fresh = () => new Promise(() => {});
    const { place } = await serve(backend);
    await vi.waitFor(
      async () => {
        const asking = Array.from({ length: 80 }, () => ask(place, 'GET', '/patroni'));
        await checkedHealth(place, 5);
        const replies = await Promise.all(asking);
        const given = replies.filter(({ status }) => status === 200);
        for (const { body } of given) {
          expect(JSON.parse(body)).toMatchObject({ state: 'unknown', role: 'primary' });
        }
        const turnedAway = replies.filter(({ status }) => status === 503);
        expect(given.length + turnedAway.length).toBe(80);
        expect(turnedAway.length).toBeGreaterThan(0);
      },
      { timeout: 40_000 },
    );
  });

  it('cost one look at PostgreSQL for many', async () => {
    const backend = new FakeBackend();
    let looks = 0;
    backend.fresh = async () => {
      looks += 1;
      return backend.current.status;
    };
    const { place } = await serve(backend);
    const asking = Array.from({ length: 50 }, () => ask(place, 'GET', '/patroni'));
    for (const { status } of await Promise.all(asking)) expect(status).toBe(200);
    expect(looks).toBeLessThan(50);
  });
});

describe('passwords that are tried', () => {
  it('cost time, and then the connection; the right one costs none', async () => {
    const backend = new FakeBackend();
    const server = new RestServer(backend, readFile);
    await server.apply(restApi({ username: 'admin', password: 'secret' }));
    cleanups.push(() => server.close());
    const place = { port: server.port ?? 0 };
    const guess = (password: string) =>
      ask(place, 'POST', '/reload', {
        headers: {
          Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        },
      });
    const begun = performance.now();
    const replies = await Promise.all(Array.from({ length: 60 }, (_, tries) => guess(`${tries}`)));
    expect(performance.now() - begun).toBeGreaterThan(900);
    const given = replies.filter(({ status }) => status === 401);
    // Five at once, sixteen held back; whoever else comes meanwhile gets no answer.
    expect(given.length).toBeGreaterThanOrEqual(21);
    expect(given.length).toBeLessThan(60);
    expect(replies.every(({ status }) => status === 401 || status === 0)).toBe(true);
    expect((await guess('secret')).status).toBe(202);
    expect((await ask(place, 'GET', '/replica')).status).toBe(200);
  });
});
