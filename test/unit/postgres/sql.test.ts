import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectSql } from '../../../src/postgres/sql.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that accepts connections and says nothing. */
async function silentServer(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a connection that does not come to stand', () => {
  it('ends when the signal is aborted', async () => {
    const target = { host: '127.0.0.1', port: await silentServer(), connectTimeoutMs: 60_000 };
    const controller = new AbortController();
    const attempt = connectSql(target, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(attempt).rejects.toThrow('the session was ended');
  });

  it('is not begun when the signal was aborted before', async () => {
    const target = { host: '127.0.0.1', port: await silentServer(), connectTimeoutMs: 60_000 };
    const attempt = connectSql(target, AbortSignal.abort(new Error('Ctrl-C')));
    await expect(attempt).rejects.toThrow('Ctrl-C');
  });

  it('ends when its time is over', async () => {
    const target = { host: '127.0.0.1', port: await silentServer(), connectTimeoutMs: 50 };
    await expect(connectSql(target, new AbortController().signal)).rejects.toThrow(/timeout/);
  });
});
