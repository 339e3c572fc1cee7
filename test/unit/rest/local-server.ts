import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer as createTcp, type Server, type Socket } from 'node:net';

/** A server on a free loopback port. */
export interface LocalServer {
  readonly port: number;
  /** How many connections it got. */
  connections(): number;
  stop(): Promise<void>;
}

/** A server that does with each connection what `onConnection` does. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<LocalServer> {
  return listen(createTcp(onConnection));
}

export function httpServer(listener: RequestListener): Promise<LocalServer> {
  return listen(createHttp(listener));
}

export function httpsServer(
  options: ServerOptions,
  listener: RequestListener,
): Promise<LocalServer> {
  return listen(createHttps(options, listener));
}

async function listen(server: Server): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it has no port');
  return {
    port: address.port,
    connections: () => count,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
