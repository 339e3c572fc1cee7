/**
 * How fast the REST API answers health checks: a connection per request, eight at a time, as HAProxy
 * does. `npx tsx bench/rest-load.ts` measures our server, in a process of its own with a made-up
 * agent; with `--patroni` beside that of a real Patroni, in turns.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { RestServer } from '../src/rest/server/server.ts';
import { startEtcd } from '../test/harness/etcd.ts';
import { startCluster } from '../test/harness/patroni.ts';
import { newestEtcd } from '../test/harness/servers.ts';
import { FakeBackend, primaryStatus, restApi } from '../test/unit/rest/server/fake-backend.ts';

const AT_A_TIME = 8;
const SECONDS = 5;
const IDLE_SOCKETS = 1000;

/** What a run of requests has shown. Times in milliseconds. */
interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly failures: number;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** One request on a connection of its own; true when the answer was a 200. */
function ask({ host, port, path }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port, noDelay: true });
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(/^HTTP\/1\.[01] 200 /.test(text)));
  });
}

async function measure(target: Target): Promise<Measured> {
  const times: number[] = [];
  let failures = 0;
  const begun = performance.now();
  const client = async (): Promise<void> => {
    while (performance.now() < begun + SECONDS * 1000) {
      const start = performance.now();
      if (!(await ask(target))) failures += 1;
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  const seconds = (performance.now() - begun) / 1000;
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
  return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), max: at(1), failures };
}

function show(what: string, { perSecond, p50, p99, max, failures }: Measured): void {
  const ms = (time: number): string => `${time.toFixed(2)} ms`;
  console.log(
    `${what}: ${Math.round(perSecond)} requests/s, p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}` +
      (failures > 0 ? `, ${failures} FAILED` : ''),
  );
}

/** Connections that say nothing, and are opened again when they are closed. */
function idle({ host, port }: Target): () => void {
  const sockets = new Set<Socket>();
  let over = false;
  const open = (): void => {
    const socket = connect({ host, port });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (!over) setTimeout(open, 1000);
    });
  };
  for (let count = 0; count < IDLE_SOCKETS; count += 1) open();
  return () => {
    over = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** A primary in a process of its own, which says the port that it listens on. */
async function serve(): Promise<void> {
  const backend = new FakeBackend();
  const now = () => performance.now();
  Object.assign(backend, { clock: { monotonic: now, wall: () => Date.now() } });
  backend.says({
    status: primaryStatus(),
    leaseUntil: Number.MAX_SAFE_INTEGER,
    tickedAt: Number.MAX_SAFE_INTEGER,
  });
  const server = new RestServer(backend, readFile);
  await server.apply(restApi());
  console.log(server.port);
}

async function startServer(): Promise<{ child: ChildProcess; port: number }> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, file, '--serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(Number(text)));
    child.once('exit', () => reject(new Error('the server has ended')));
  });
  return { child, port };
}

function residentMib(pid: number | undefined): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)} MiB`;
}

/** One after the other, several times: whatever else the machine does falls on both. */
async function besidePatroni(ours: Target): Promise<void> {
  const etcd = await startEtcd({ version: newestEtcd() });
  const cluster = await startCluster({ etcdUrl: etcd.clientUrl, members: 1 });
  const { hostname: host, port } = new URL(cluster.member('pg1').place.restUrl);
  const theirs = { ...ours, host, port: Number(port) };
  for (let round = 1; round <= 3; round += 1) {
    show(`Patroni ${cluster.install.version}, round ${round}`, await measure(theirs));
    show(`pgherd, round ${round}`, await measure(ours));
  }
  await cluster.stop();
  await etcd.stop();
}

async function alone(target: Target): Promise<void> {
  show('at first', await measure(target));
  show('warm', await measure(target));
  const end = idle(target);
  show(`with ${IDLE_SOCKETS} idle sockets`, await measure(target));
  end();
  show('after them', await measure(target));
}

async function main(mode: string | undefined): Promise<void> {
  if (mode === '--serve') return serve();
  const { child, port } = await startServer();
  const target = { host: '127.0.0.1', port, path: '/primary' };
  const before = residentMib(child.pid);
  await (mode === '--patroni' ? besidePatroni(target) : alone(target));
  console.log(`resident: ${before} before, ${residentMib(child.pid)} after`);
  child.kill();
}

await main(process.argv[2]);
