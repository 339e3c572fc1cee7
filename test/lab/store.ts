import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { etcdBinary } from '../harness/etcd.ts';
import { ended, sendSignal, waitFor } from '../harness/processes.ts';
import type { LabAddress } from './network.ts';

/** One real etcd on a host of its own. */
export class LabStore {
  readonly url: string;
  readonly host: string;
  readonly #address: LabAddress;
  readonly #directory: string;
  readonly #version: '3.4' | '3.5';
  #process: ChildProcess | undefined;

  constructor(address: LabAddress, directory: string, version: '3.4' | '3.5') {
    this.#address = address;
    this.#directory = directory;
    this.#version = version;
    this.host = `${address.ip}:2379`;
    this.url = `http://${this.host}`;
    mkdirSync(directory, { recursive: true });
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#directory, 'etcd.log'), 'a');
    const peer = `http://${this.#address.ip}:2380`;
    const args = [
      ...['--data-dir', join(this.#directory, 'data'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `default=${peer}`],
    ];
    this.#process = spawn(
      'ip',
      ['netns', 'exec', this.#address.namespace, etcdBinary(this.#version), ...args],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    await waitFor('etcd', async () => (await fetch(`${this.url}/health`)).ok, 30_000);
  }

  async kill(): Promise<void> {
    sendSignal(this.#process?.pid, 'SIGKILL');
    if (this.#process) await ended(this.#process);
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
