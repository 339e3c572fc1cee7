import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../system/clock.ts';
import { ClockedStore } from './clocked-store.ts';
import { answerHttp, notFound } from './gateway.ts';
import { grpcServer } from './grpc.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** False: gRPC only. */
  readonly gateway?: boolean;
}

/** A store that serves. */
export interface ServedStore {
  readonly port: number;
  /** Ends all connections; everything that was in it is gone. */
  close(): Promise<void>;
}

/** HTTP/2 begins with `PRI * HTTP/2.0`; no request of HTTP/1 begins like this (RFC 9113, 3.4). */
const HTTP2_BEGINS = 'PRI';

/**
 * Serves an empty store, over gRPC and over HTTP, on one port, as etcd does. For trying out only:
 * one process, in memory, without TLS and without users. Rejects when the address cannot be used.
 */
export async function serveStore(clock: Clock, options: ServeOptions): Promise<ServedStore> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Whoever broke the connection knows; there is nobody else to tell.
    socket.on('error', () => socket.destroy());
    firstBytes(socket, (begin) => take(begin, socket));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port, options.host, resolve);
  });
  const { port } = listener.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const store = new ClockedStore(clock, `http://${host}:${port}`);
  const http = createHttpServer((request, response) => {
    if (options.gateway === false) notFound(response);
    else void answerHttp(store, request, response);
  });
  // A watch may be silent for as long as it likes.
  http.requestTimeout = 0;
  const grpc = grpcServer(store);
  const http2 = grpc.createConnectionInjector(ServerCredentials.createInsecure());

  function take(begin: string, socket: Socket): void {
    if (begin === HTTP2_BEGINS) http2.injectConnection(socket);
    else http.emit('connection', socket);
  }

  return {
    port,
    async close() {
      store.close();
      grpc.forceShutdown();
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Tells what a connection begins with, and leaves it there to be read. */
function firstBytes(socket: Socket, tell: (begin: string) => void): void {
  const look = (): void => {
    const begin: Buffer | null = socket.read(HTTP2_BEGINS.length);
    if (begin === null) {
      if (!socket.readableEnded) socket.once('readable', look);
      return;
    }
    socket.unshift(begin);
    tell(begin.toString('latin1'));
  };
  look();
}
