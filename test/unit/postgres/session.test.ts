import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalSession } from '../../../src/postgres/session.ts';

// A server that says little, in the words of PostgreSQL's protocol (the manual, "Message Formats").

const message = (type: string, ...parts: readonly (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const READY = message('Z', 'I');
const ADMITTED = Buffer.concat([message('R', Buffer.alloc(4)), READY]);
const DONE = Buffer.concat([message('C', 'SELECT 0\0'), READY]);
const FATAL = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');

const QUERY = 'Q'.charCodeAt(0);

let server: Server;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.push(socket);
    const answer = sockets.length === 1 ? FATAL : DONE;
    // The socket of the session that is ended stays: a loaded machine takes its time.
    socket.on('data', (bytes) => socket.write(bytes[0] === QUERY ? answer : ADMITTED));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('a session that the server has ended with its answer is not used again', async () => {
  const { port } = server.address() as AddressInfo;
  const losses: string[] = [];
  const session = new LocalSession({
    target: async () => ({
      ...{ host: '127.0.0.1', port, database: 'postgres' },
      credentials: { username: 'x', password: 'y', options: { sslmode: 'disable' } },
    }),
    onLost: (reason) => losses.push(reason),
  });
  const ask = () => session.query('SELECT', { timeoutMs: 5000 });
  await expect(ask()).rejects.toThrow('terminating connection');
  expect(losses).toEqual(['terminating connection']);
  expect(await ask()).toEqual([[]]);
  expect(sockets).toHaveLength(2);
  session.close();
});
