import { readFile } from 'node:fs/promises';
import type { EtcdSettings } from '../../../src/config/settings.ts';
import {
  type AgentStore,
  type AgentStoreOptions,
  openAgentDcs,
} from '../../../src/dcs/open-agent.ts';
import type { RunningStore } from '../../harness/embedded.ts';
import { open } from '../dcs-store.ts';
import { type Disk, NOTHING_YET, type Room } from './room.ts';

export type { Disk };

export type AgentOptions = Partial<EtcdSettings> &
  Partial<AgentStoreOptions> & { readonly scope?: string; readonly disk?: Disk };

/** An agent's store on a real etcd, as the daemon opens it. */
export function openAgent(
  hosts: readonly string[],
  name: string,
  options: AgentOptions = {},
): Promise<AgentStore> {
  const { scope = 'demo', disk = {}, ...given } = options;
  const { memory, timeoutMs, loopWaitMs, warn, readFile: read, onRequest, ...settings } = given;
  return openAgentDcs(
    {
      namespace: '/service',
      scope,
      name,
      store: {
        kind: 'etcd3',
        hosts,
        protocol: 'http',
        // Otherwise it would find its way around a proxy.
        useProxies: true,
        tls: { insecure: false },
        ...settings,
      },
    },
    {
      memory: memory ?? {
        load: () => disk.session,
        keep: (id) => {
          disk.session = id;
        },
      },
      timeoutMs: timeoutMs ?? (() => 5000),
      loopWaitMs: loopWaitMs ?? (() => 500),
      warn: warn ?? (() => {}),
      readFile: read ?? readFile,
      ...(onRequest ? { onRequest } : {}),
    },
  );
}

/** A cluster of its own in a running store. */
export async function etcdRoom(
  etcd: RunningStore,
  kind: EtcdSettings['kind'],
  scope: string,
): Promise<Room> {
  const store = await open(etcd.hosts, { kind });
  const cluster = store.cluster(scope);
  const agents: AgentStore[] = [];
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    async connect(name, disk = {}) {
      const agent = await openAgent(etcd.hosts, name, { kind, scope, disk });
      agents.push(agent);
      return agent;
    },
    get: async (name) => (await cluster.read()).find((one) => one.name === name),
    async put(name, value) {
      if (value === undefined) await cluster.remove(name, 'any');
      else await cluster.write(name, value, 'any');
    },
    pass,
    within(ms, promise) {
      const end = promise.then(
        (value) => value,
        (error: unknown) => error,
      );
      return Promise.race([end, pass(ms).then(() => NOTHING_YET)]);
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.close()));
      await store.close();
    },
  };
}
