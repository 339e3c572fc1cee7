import type { CtlSettings } from '../config/settings.ts';
import { systemClock } from '../system/clock.ts';
import type { Store } from './dcs.ts';
import { Endpoints } from './endpoints.ts';
import { etcdSettings, hasV2, linkTo, openServers, type ServerOptions, userOf } from './servers.ts';

export type OpenOptions = Pick<ServerOptions, 'callTimeoutMs' | 'warn' | 'readFile'>;

export type StoreSource = Pick<CtlSettings, 'store' | 'namespace'> &
  Partial<Pick<CtlSettings, 'sources'>>;

/**
 * Opens the store that the configuration names. Nothing is asked yet, except for `etcd:`, where it
 * is found out whether the server still has the v2 API. Rejects with a `Refusal` when there is no
 * store or no usable one, with a `DcsError` when etcd has to be asked and does not answer.
 */
export async function openStore(source: StoreSource, given: OpenOptions): Promise<Store> {
  const { namespace, sources = [] } = source;
  const options = { ...given, clock: systemClock };
  const store = etcdSettings(source.store, sources);
  const servers = await openServers(store, options);
  if (store.kind === 'etcd' && (await hasV2(servers, options))) {
    const { etcd2Store } = await import('./etcd2/store.ts');
    const nodes = servers.http;
    return etcd2Store({
      namespace,
      nodes,
      endpoints: new Endpoints(nodes, options),
      user: userOf(store),
    });
  }
  const { etcd3Store } = await import('./etcd3/store.ts');
  return etcd3Store({ namespace, ...linkTo(servers, store, options) });
}
