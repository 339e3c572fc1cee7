import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processorTime } from './processor-time.ts';

/** What is asked, and the process that answers. */
export interface Target {
  readonly url: string;
  readonly pid: number;
}

/** How a server stands up to many requests, each on a connection of its own, as HAProxy's are. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server. The one figure that does not ask what else the machine does. */
  readonly microsecondsPerRequest: number;
}

interface LoadOptions {
  readonly concurrency: number;
  readonly seconds: number;
}

/**
 * Asks the same over and over, so many at a time, by `ab` (apache2-utils): it takes less of the
 * machine than a client in Node. Rejects when an answer was missing or no 200.
 */
export async function measureLoad(target: Target, options: LoadOptions): Promise<Load> {
  const { url, pid } = target;
  const directory = await mkdtemp(join(tmpdir(), 'pgherd-load-'));
  const table = join(directory, 'percentiles.csv');
  const limits = [
    '-t',
    String(options.seconds),
    '-n',
    '1000000',
    '-c',
    String(options.concurrency),
  ];
  const before = processorTime(pid);
  // -l: an answer may be longer than the first was.
  const { stdout } = await promisify(execFile)('ab', ['-q', '-l', ...limits, '-e', table, url]);
  const computed = processorTime(pid) - before;
  const percentiles = await readFile(table, 'utf8');
  await rm(directory, { recursive: true });
  const done = said(stdout, 'Complete requests') ?? 0;
  const failed = (said(stdout, 'Failed requests') ?? 0) + (said(stdout, 'Non-2xx responses') ?? 0);
  if (done === 0 || failed > 0) throw new Error(`${url}: ${failed} of ${done} requests failed`);
  return {
    requestsPerSecond: said(stdout, 'Requests per second') ?? Number.NaN,
    p50Ms: percentile(percentiles, 50),
    p99Ms: percentile(percentiles, 99),
    microsecondsPerRequest: (computed * 1000) / done,
  };
}

/** A number of ab's report. */
function said(report: string, what: string): number | undefined {
  const found = new RegExp(`^${what}:\\s+([\\d.]+)`, 'm').exec(report)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Milliseconds, of ab's table of percentages and times. */
function percentile(table: string, percent: number): number {
  return Number(new RegExp(`^${percent},([\\d.]+)`, 'm').exec(table)?.[1]);
}

/**
 * Connections that say nothing, and are opened again when they are closed, until the function is
 * called that it resolves with.
 */
export async function openIdleSockets(url: string, count: number): Promise<() => void> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let over = false;
  const open = (): void => {
    if (over) return;
    const socket = connect(Number(port), hostname);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (!over) setTimeout(open, 1000);
    });
  };
  for (let opened = 0; opened < count; opened++) open();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return () => {
    over = true;
    for (const socket of sockets) socket.destroy();
  };
}
