import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { freePorts } from './ports.ts';
import { atExit, ended, sendSignal, startServer, waitFor } from './processes.ts';
import { SERVERS } from './servers.ts';

type EtcdVersion = '3.4' | '3.5';

export interface EtcdOptions {
  readonly version: EtcdVersion;
  /** How many servers form the cluster. */
  readonly members?: 1 | 3;
  /** Switch the old v2 API on. */
  readonly v2?: boolean;
  /** Leases may be as short as a second (usually two). For a single server only. */
  readonly shortLeases?: boolean;
  /** False: v3 over gRPC only. */
  readonly gateway?: boolean;
  /** Certificate files; with `clientCa` every client must show a certificate of that CA. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Switch authentication on, with a `root`, and with `pgherd` who may use `prefix` only. */
  readonly auth?: {
    readonly password: string;
    readonly prefix: string;
    /** Seconds that a token lives which nobody uses (300). */
    readonly tokenTtl?: number;
  };
}

export interface RunningEtcd {
  /** `http://127.0.0.1:port` of each server. */
  readonly urls: readonly string[];
  readonly clientUrl: string;
  /** The same as `host:port`. */
  readonly hosts: readonly string[];
  /** Sends a signal to one server: SIGKILL, or SIGSTOP and SIGCONT to freeze and thaw it. */
  signal(server: number, signal: NodeJS.Signals): void;
  /** Kills one server and starts it again on the same port; `wipe`: without its data. */
  restart(server: number, wipe?: boolean): Promise<void>;
  /** Ends all servers and removes their data. */
  stop(): Promise<void>;
}

/** How often other ports are tried: between finding a free one and using it, others may take it. */
const ATTEMPTS = 5;

/**
 * Starts a real etcd on free ports of 127.0.0.1 with its data in a temporary directory. Resolves
 * when it serves; it ends with this process at the latest.
 */
export async function startEtcd(options: EtcdOptions): Promise<RunningEtcd> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function startOnce(options: EtcdOptions): Promise<RunningEtcd> {
  const count = options.members ?? 1;
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-etcd-'));
  const ports = await freePorts(count * 2);
  const scheme = options.tls ? 'https' : 'http';
  const urls = ports.slice(0, count).map((port) => `${scheme}://127.0.0.1:${port}`);
  const peers = ports.slice(count).map((port) => `http://127.0.0.1:${port}`);
  const logOf = (index: number): string => join(directory, `${index}.log`);
  const start = (index: number): ChildProcess => {
    const url = urls[index] ?? '';
    const args = argumentsOf(options, { directory, index, url, peers });
    const command = etcdBinary(options.version);
    rmSync(logOf(index), { force: true });
    // The user `postgres` may not be able to enter the checkout.
    const run = { command, args, env: {}, cwd: directory, logFile: logOf(index), asRoot: true };
    return startServer(run);
  };
  const children = urls.map((_, index) => start(index));
  const kill = (): void => {
    for (const child of children) sendSignal(child.pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  const forget = atExit(kill);
  try {
    await Promise.all(children.map((child, index) => ready(child, logOf(index))));
    if (options.auth) await enableAuth(urls, options.auth);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    urls,
    clientUrl: urls[0] ?? '',
    hosts: urls.map((url) => url.replace(/^https?:\/\//, '')),
    signal: (server, signal) => void sendSignal(children[server]?.pid, signal),
    async restart(server, wipe = false) {
      const child = children[server];
      sendSignal(child?.pid, 'SIGKILL');
      if (child) await ended(child);
      if (wipe) rmSync(join(directory, `${server}.data`), { recursive: true, force: true });
      const next = start(server);
      children[server] = next;
      await ready(next, logOf(server));
    },
    async stop() {
      for (const child of children) sendSignal(child.pid, 'SIGKILL');
      await Promise.all(children.map(ended));
      kill();
      forget();
    },
  };
}

/** The etcd program of this version; throws where it is not installed. */
export function etcdBinary(version: EtcdVersion): string {
  const path = version === '3.4' ? '/usr/bin/etcd' : join(SERVERS, 'forky/unpacked/usr/bin/etcd');
  if (!existsSync(path)) throw new Error(`etcd ${version} is not here: run \`make servers\``);
  return path;
}

interface Place {
  readonly directory: string;
  readonly index: number;
  readonly url: string;
  readonly peers: readonly string[];
}

function argumentsOf(options: EtcdOptions, { directory, index, url, peers }: Place): string[] {
  const { tls } = options;
  const cluster = peers.map((peer, number) => `e${number}=${peer}`).join(',');
  return [
    ...['--name', `e${index}`, '--data-dir', join(directory, `${index}.data`)],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peers[index] ?? '', '--initial-cluster', cluster],
    ...['--initial-advertise-peer-urls', peers[index] ?? ''],
    // Nothing here has to survive the machine.
    '--unsafe-no-fsync',
    // The shortest lease is one and a half times the election time-out, in whole seconds.
    ...(options.shortLeases ? ['--heartbeat-interval=50', '--election-timeout=500'] : []),
    ...(options.auth?.tokenTtl ? [`--auth-token-ttl=${options.auth.tokenTtl}`] : []),
    ...(options.v2 ? ['--enable-v2'] : []),
    ...(options.gateway === false ? ['--enable-grpc-gateway=false'] : []),
    ...(tls ? ['--cert-file', tls.cert, '--key-file', tls.key] : []),
    ...(tls?.clientCa ? ['--client-cert-auth', '--trusted-ca-file', tls.clientCa] : []),
  ];
}

/** etcd's own word that it serves, which needs no client, certificate or user. */
async function ready(child: ChildProcess, logFile: string): Promise<void> {
  const serves = await waitFor(
    'etcd',
    async () => {
      const log = readFileSync(logFile, 'utf8');
      if (child.exitCode !== null) return `etcd ended: ${log.slice(-700)}`;
      return /ready to serve client requests/.test(log) && 'yes';
    },
    30_000,
  );
  if (serves !== 'yes') throw new Error(serves);
}

async function enableAuth(
  hosts: readonly string[],
  { password, prefix }: NonNullable<EtcdOptions['auth']>,
): Promise<void> {
  const client = new Etcd3({ hosts: [...hosts] });
  const root = await client.user('root').create(password);
  await root.addRole(await client.role('root').create());
  const role = await client.role('patroni').create();
  // A prefix ends with a slash: the byte after it ends the range.
  const range = { start: Buffer.from(prefix), end: Buffer.from(prefix.replace(/\/$/, '0')) };
  await role.grant({ permission: 'Readwrite', range } as Parameters<typeof role.grant>[0]);
  await (await client.user('pgherd').create(password)).addRole(role);
  await client.auth.authEnable();
  client.close();
}
