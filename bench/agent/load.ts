import { connect } from 'node:net';
import type { LabHost } from '../../test/lab/host.ts';

/** How a REST API stands up to many requests, each on a connection of its own. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

/** Asks `/primary` over and over, so many at a time. */
export async function measureLoad(
  host: LabHost,
  options: { readonly concurrency: number; readonly seconds: number },
): Promise<Load> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + options.seconds * 1000;
  const ask = async (): Promise<void> => {
    while (performance.now() < end) times.push(await exchange(host));
  };
  await Promise.all(Array.from({ length: options.concurrency }, ask));
  const elapsed = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  return {
    requestsPerSecond: times.length / elapsed,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
  };
}

/** Connections that say nothing, held until `close` is called. */
export async function openIdleSockets(host: LabHost, count: number): Promise<() => void> {
  const sockets = Array.from({ length: count }, () => connect(8008, host.address.ip));
  for (const socket of sockets) socket.on('error', () => {});
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

const REQUEST = 'GET /primary HTTP/1.0\r\nHost: lab\r\n\r\n';
const PATIENCE_MS = 20_000;

/** Milliseconds from the connection to the end of the answer. */
function exchange(host: LabHost): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(8008, host.address.ip, () => socket.write(REQUEST));
    let text = '';
    socket.setNoDelay(true);
    socket.setTimeout(PATIENCE_MS, () => finish(new Error('no answer')));
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve(performance.now() - start);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', finish);
    socket.on('end', () => finish(/^HTTP\/1\.[01] 200 /.test(text) ? undefined : new Error(text)));
  });
}
