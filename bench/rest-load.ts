/**
 * How fast the REST API answers health checks: a connection per request, eight at a time, as HAProxy
 * does. `npx tsx bench/rest-load.ts` measures our server, in a process of its own with a made-up
 * agent, and beside it what Node can do at the best: a server that gives everyone the same answer;
 * with `--patroni` a real Patroni as well. All in turns.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { RestServer } from '../src/rest/server/server.ts';
import { formatNodeStatus } from '../src/wire/rest.ts';
import { startEtcd } from '../test/harness/etcd.ts';
import { startCluster } from '../test/harness/patroni.ts';
import { newestEtcd } from '../test/harness/servers.ts';
import { FakeBackend, primaryStatus, restApi } from '../test/unit/rest/server/fake-backend.ts';
import { type Load, measureLoad, openIdleSockets, type Target } from './agent/load.ts';

const LOAD = { concurrency: 8, seconds: 5 };
const ROUNDS = 3;
const IDLE_SOCKETS = 1000;

function show(what: string, load: Load): void {
  const { requestsPerSecond, p50Ms, p99Ms, microsecondsPerRequest } = load;
  console.log(
    `${what}: ${Math.round(requestsPerSecond)} requests/s, p50 ${p50Ms.toFixed(2)} ms, ` +
      `p99 ${p99Ms.toFixed(2)} ms, ${Math.round(microsecondsPerRequest)} µs of processor time each`,
  );
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

/** The same answer without any of our code: what `node:http` costs by itself. */
function serveBare(): void {
  const body = formatNodeStatus(primaryStatus());
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', 511, () => {
    console.log((server.address() as AddressInfo).port);
  });
}

async function startServer(mode: '--serve' | '--bare'): Promise<{ child: ChildProcess } & Target> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, file, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(Number(text)));
    child.once('exit', () => reject(new Error('the server has ended')));
  });
  return { child, url: `http://127.0.0.1:${port}/primary`, pid: child.pid ?? 0 };
}

function residentMib(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)} MiB`;
}

/** One after the other, several times: whatever else the machine does falls on all. */
async function inTurns(all: Readonly<Record<string, Target>>): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [name, target] of Object.entries(all)) {
      show(`${name}, round ${round}`, await measureLoad(target, LOAD));
    }
  }
}

async function withPatroni(all: Readonly<Record<string, Target>>): Promise<void> {
  const etcd = await startEtcd({ version: newestEtcd() });
  const cluster = await startCluster({ etcdUrl: etcd.clientUrl, members: 1 });
  const { place, agentPid } = cluster.member('pg1');
  const patroni = { url: `${place.restUrl}/primary`, pid: agentPid ?? 0 };
  await inTurns({ ...all, [`Patroni ${cluster.install.version}`]: patroni });
  await cluster.stop();
  await etcd.stop();
}

async function main(mode: string | undefined): Promise<void> {
  if (mode === '--serve') return serve();
  if (mode === '--bare') return serveBare();
  const ours = await startServer('--serve');
  const bare = await startServer('--bare');
  const before = residentMib(ours.pid);
  const all = { pgherd: ours, 'bare node:http': bare };
  await (mode === '--patroni' ? withPatroni(all) : inTurns(all));
  const end = await openIdleSockets(ours.url, IDLE_SOCKETS);
  show(`pgherd with ${IDLE_SOCKETS} idle sockets`, await measureLoad(ours, LOAD));
  end();
  console.log(`resident: ${before} before, ${residentMib(ours.pid)} after`);
  for (const { child } of [ours, bare]) child.kill();
}

await main(process.argv[2]);
