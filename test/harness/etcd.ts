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
  /** False: v3 over gRPC only. */
  readonly gateway?: boolean;
  /** Certificate files; with `clientCa` every client must show a certificate of that CA. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Switch authentication on, with a `root`, and with `pgherd` who may use `prefix` only. */
  readonly auth?: { readonly password: string; readonly prefix: string };
}

export interface RunningEtcd {
  /** `http://127.0.0.1:port` of each server. */
  readonly urls: readonly string[];
  readonly clientUrl: string;
  /** The same as `host:port`. */
  readonly hosts: readonly string[];
  /** Sends a signal to one server: SIGKILL, or SIGSTOP and SIGCONT to freeze and thaw it. */
  signal(server: number, signal: NodeJS.Signals): void;
  /** Ends all servers and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts a real etcd on free ports of 127.0.0.1 with its data in a temporary directory. Resolves
 * when it serves; it ends with this process at the latest.
 */
export async function startEtcd(options: EtcdOptions): Promise<RunningEtcd> {
  const count = options.members ?? 1;
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-etcd-'));
  const ports = await freePorts(count * 2);
  const scheme = options.tls ? 'https' : 'http';
  const urls = ports.slice(0, count).map((port) => `${scheme}://127.0.0.1:${port}`);
  const peers = ports.slice(count).map((port) => `http://127.0.0.1:${port}`);
  const children = urls.map((url, index) => {
    const args = argumentsOf(options, { directory, index, url, peers });
    const logFile = join(directory, `${index}.log`);
    const command = etcdBinary(options.version);
    // The user `postgres` may not be able to enter the checkout.
    return startServer({ command, args, env: {}, cwd: directory, logFile, asRoot: true });
  });
  const kill = (): void => {
    for (const child of children) sendSignal(child.pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  const forget = atExit(kill);
  try {
    await Promise.all(
      children.map((child, index) => ready(child, join(directory, `${index}.log`))),
    );
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
    ...(options.v2 ? ['--enable-v2'] : []),
    ...(options.gateway === false ? ['--enable-grpc-gateway=false'] : []),
    ...(tls ? ['--cert-file', tls.cert, '--key-file', tls.key] : []),
    ...(tls?.clientCa ? ['--client-cert-auth', '--trusted-ca-file', tls.clientCa] : []),
  ];
}

/** etcd's own word that it serves, which needs no client, certificate or user. */
function ready(child: ChildProcess, logFile: string): Promise<boolean> {
  return waitFor(
    'etcd',
    async () => {
      const log = readFileSync(logFile, 'utf8');
      if (child.exitCode !== null) throw new Error(`etcd ended: ${log.slice(-500)}`);
      return /ready to serve client requests/.test(log);
    },
    20_000,
  );
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
