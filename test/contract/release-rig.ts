import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { EtcdSettings } from '../../src/config/settings.ts';
import type { Document } from '../../src/dcs/dcs.ts';
import { guardPaths } from '../../src/fence/guard-process.ts';
import type { RunningEtcd } from '../harness/etcd.ts';
import { giveToServerUser, sendSignal, waitFor } from '../harness/processes.ts';
import { type OpenedStore, open } from './dcs-store.ts';
import type { Node } from './fence-node.ts';
import { buildAgent, StandIn } from './fence-rig.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The stand-in, with the guard's program and the release program beside it, as in a bundle. */
export async function buildReleaseAgent(directory: string): Promise<void> {
  await buildAgent(directory);
  const [agent, program] = [join(directory, 'agent.mjs'), join(directory, 'release/main.js')];
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const banner = "import { createRequire } from 'node:module'; const require = createRequire('/');";
  for (const [from, outfile] of [
    ['release-agent.ts', agent],
    ['../../src/daemon/release/main.ts', program],
  ] as const) {
    await build({
      ...{ entryPoints: [here(from)], outfile, bundle: true, platform: 'node', format: 'esm' },
      // Over the gateway it is not needed.
      external: ['etcd3', 'cockatiel'],
      banner: { js: banner },
    });
  }
}

/** How its lock is kept, and by whom. */
export interface Keeping {
  readonly etcd: RunningEtcd;
  readonly scope: string;
  readonly store?: Partial<EtcdSettings> | undefined;
}

/** The stand-in agents of one node, one after the other, and the store as the tests see it. */
export class Household {
  readonly #bundle: string;
  readonly #node: Node;
  readonly #keeping: Keeping;
  #store: OpenedStore | undefined;
  agent!: StandIn;

  constructor(bundle: string, node: Node, keeping: Keeping) {
    this.#bundle = bundle;
    this.#node = node;
    this.#keeping = keeping;
  }

  async open(): Promise<void> {
    const { etcd, scope, store } = this.#keeping;
    this.#store = await open(etcd.hosts, store);
    mkdirSync(this.#node.data, { recursive: true });
    mkdirSync(this.#node.state);
    giveToServerUser(this.#node.state);
    const settings: EtcdSettings = {
      ...{ kind: 'etcd3', hosts: etcd.hosts, protocol: 'http', useProxies: true },
      ...{ tls: { insecure: false }, ...store },
    };
    const all = { namespace: '/service', scope, name: 'pg1', store: settings };
    writeFileSync(`${this.#node.data}.json`, JSON.stringify(all));
    await this.start();
  }

  /** The next agent of this node; without `one` it is started now. */
  async start(one = this.prepare()): Promise<void> {
    this.agent = one;
    one.tell('begin');
    await this.#line('ready');
  }

  /** An agent that has been loaded, and has done nothing yet. */
  prepare(): StandIn {
    const { state, data } = this.#node;
    const program = join(this.#bundle, 'agent.mjs');
    return new StandIn([process.execPath, program, state, data, `${data}.json`]);
  }

  /** What the agent answers to an order: in one line that begins with this word. */
  async ask(order: string, word = 'lock'): Promise<string> {
    const before = this.#lines(word).length;
    this.agent.tell(order);
    return this.#line(word, before);
  }

  /** It gets the lock, or has it still, and a deadline so many milliseconds from now. */
  async lead(ms: number): Promise<void> {
    const ours = (await this.ask('look')) === 'ours';
    const got = await this.ask(ours ? 'renew' : 'acquire');
    if (got !== 'held') throw new Error(`the lock is ${got}`);
    await this.ask(`extend ${ms}`, 'deadline');
  }

  documents(): Promise<readonly Document[]> {
    if (!this.#store) throw new Error('not open');
    return this.#store.cluster(this.#keeping.scope).read();
  }

  async put(name: Document['name'], value: string): Promise<void> {
    await this.#store?.cluster(this.#keeping.scope).write(name, value, 'any');
  }

  async leader(): Promise<string | undefined> {
    return (await this.documents()).find(({ name }) => name === 'leader')?.value;
  }

  /** What the release programs said at their ends, and how many were started. */
  said(): { readonly started: number; readonly ends: readonly string[] } {
    const log = readFileSync(guardPaths(this.#node.state, this.#node.data).log, 'utf8');
    return {
      started: log.split('its lock is to be given away').length - 1,
      ends: [...log.matchAll(/^release \d+: (.*)$/gm)].map(([, text = '']) => text),
    };
  }

  /** Resolves with the end of the release program that is number `count`. */
  async end(count = 1): Promise<string> {
    await waitFor('the release program', async () => this.said().ends.length >= count);
    return this.said().ends[count - 1] ?? '';
  }

  async close(): Promise<void> {
    sendSignal(this.agent.process.pid, 'SIGKILL');
    await this.#node.kill();
    await this.#store?.close();
  }

  #lines(word: string): string[] {
    return this.agent.said.filter((line) => line.startsWith(`${word} `));
  }

  async #line(word: string, before = 0): Promise<string> {
    const line = await waitFor(`the word ${word}`, async () => {
      const { exitCode } = this.agent.process;
      if (exitCode !== null) throw new Error(`it has ended: ${this.agent.said.join('\n')}`);
      return this.#lines(word)[before];
    });
    return line.slice(word.length + 1);
  }
}
