import { serveStore } from '../../src/embedded/server/serve.ts';
import { systemClock } from '../../src/system/clock.ts';
import type { RunningEtcd } from './etcd.ts';

/** What a test needs of a store, be it etcd or the embedded one. */
export type RunningStore = Pick<RunningEtcd, 'clientUrl' | 'hosts' | 'stop'>;

/** Serves the embedded store from this process, on a free port of 127.0.0.1. */
export async function startEmbedded(options: { gateway?: boolean } = {}): Promise<RunningStore> {
  const store = await serveStore(systemClock, { host: '127.0.0.1', port: 0, ...options });
  const host = `127.0.0.1:${store.port}`;
  return { clientUrl: `http://${host}`, hosts: [host], stop: () => store.close() };
}
