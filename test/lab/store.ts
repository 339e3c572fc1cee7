import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { etcdBinary } from '../harness/etcd.ts';
import { ended, sendSignal, waitFor } from '../harness/processes.ts';
import type { LabAddress } from './network.ts';

const LOOK_AGAIN_MS = 10;

export interface LabStoreOptions {
  readonly etcd: '3.4' | '3.5';
  /** The v2 API is switched on. */
  readonly v2?: boolean;
}

/** One real etcd on a host of its own. */
export class LabStore {
  readonly url: string;
  readonly host: string;
  readonly address: LabAddress;
  readonly ip: string;
  readonly #directory: string;
  readonly #options: LabStoreOptions;
  #process: ChildProcess | undefined;

  constructor(address: LabAddress, directory: string, options: LabStoreOptions) {
    this.address = address;
    this.ip = address.ip;
    this.#directory = directory;
    this.#options = options;
    this.host = `${address.ip}:2379`;
    this.url = `http://${this.host}`;
    mkdirSync(directory, { recursive: true });
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#directory, 'etcd.log'), 'a');
    const peer = `http://${this.address.ip}:2380`;
    const args = [
      ...['--data-dir', join(this.#directory, 'data'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `default=${peer}`],
      ...(this.#options.v2 ? ['--enable-v2'] : []),
    ];
    this.#process = spawn(
      'ip',
      ['netns', 'exec', this.address.namespace, etcdBinary(this.#options.etcd), ...args],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    await waitFor('etcd', async () => (await fetch(`${this.url}/health`)).ok, 30_000);
  }

  async kill(): Promise<void> {
    sendSignal(this.#process?.pid, 'SIGKILL');
    if (this.#process) await ended(this.#process);
  }

  /** The value of a key; undefined: there is no such key. */
  async get(key: string): Promise<string | undefined> {
    const reply = await fetch(`${this.url}/v3/kv/range`, {
      method: 'POST',
      body: JSON.stringify({ key: Buffer.from(key).toString('base64') }),
    });
    const { kvs } = (await reply.json()) as { kvs?: { value?: string }[] };
    const [found] = kvs ?? [];
    return found && Buffer.from(found.value ?? '', 'base64').toString();
  }

  /** Resolves with `performance.now()` of about when the key lost this value. */
  async whenGone(key: string, value: string): Promise<number> {
    const deadline = performance.now() + 120_000;
    while ((await this.get(key)) === value) {
      if (performance.now() > deadline) throw new Error(`${key} is still ${value}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    return performance.now();
  }

  /** How many messages clients have sent since it was started, over gRPC and its gateway. */
  async messages(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const counts = [...text.matchAll(/^grpc_server_msg_received_total\{.*\} (\S+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  freeze(): void {
    sendSignal(this.#process?.pid, 'SIGSTOP');
  }

  thaw(): void {
    sendSignal(this.#process?.pid, 'SIGCONT');
  }

  /** Everything that it knew is gone; it is another store when it starts again. */
  async wipe(): Promise<void> {
    await this.kill();
    rmSync(join(this.#directory, 'data'), { recursive: true, force: true });
  }
}
