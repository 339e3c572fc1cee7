import type { CtlSettings, EtcdSettings } from '../config/settings.ts';
import { Refusal } from '../model/errors.ts';
import { systemClock } from '../system/clock.ts';
import { printable } from '../system/text.ts';
import type { Store } from './dcs.ts';
import { Endpoints } from './endpoints.ts';
import { tokenKeeper } from './etcd3/auth.ts';
import { etcdNode } from './etcd3/node.ts';
import { type Address, type HttpEndpoint, openHttp } from './http.ts';
import { loadTls, type ReadFile, type TlsMaterial } from './tls.ts';

/** How long a write waits for a connection before it turns to the next server. */
const CONNECT_TIMEOUT_MS = 1000;

export interface OpenOptions {
  /** Deadline of one call to the store, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Gets one sentence, once, about an endpoint that does not answer while others do. */
  readonly warn: (text: string) => void;
  readonly readFile: ReadFile;
}

export type StoreSource = Pick<CtlSettings, 'store' | 'namespace'> &
  Partial<Pick<CtlSettings, 'sources'>>;

/**
 * Opens the store that the configuration names. Nothing is asked yet, except for `etcd:`, where it
 * is found out whether the server still has the v2 API. Rejects with a `Refusal` when there is no
 * store or no usable one, with a `DcsError` when etcd has to be asked and does not answer.
 */
export async function openStore(settings: StoreSource, options: OpenOptions): Promise<Store> {
  const { store } = settings;
  if (store.kind === 'none') throw noStore(settings.sources ?? []);
  if (store.kind === 'unsupported') {
    const section = printable(store.section);
    throw new Refusal(
      'unsupported-dcs',
      `The configuration keeps the cluster in ${section}, and this version can only talk to etcd`,
    );
  }
  const nodes = await openNodes(store, options);
  if (store.kind === 'etcd' && (await hasV2(nodes.http, options))) {
    return openV2(settings.namespace, { store, nodes, options });
  }
  return openV3(settings.namespace, { store, nodes, options });
}

interface Nodes {
  readonly http: readonly HttpEndpoint[];
  readonly tls: TlsMaterial | undefined;
}

interface Opening {
  readonly store: EtcdSettings;
  readonly nodes: Nodes;
  readonly options: OpenOptions;
}

async function openNodes(store: EtcdSettings, options: OpenOptions): Promise<Nodes> {
  const fixed = store.hosts.map((host) => ({ protocol: store.protocol, host }));
  const found = store.srv ? await findBySrv(store, options.callTimeoutMs) : [];
  const addresses = found.length > 0 ? found : fixed;
  if (addresses.length === 0) {
    throw new Refusal('no-endpoint', `No etcd server is known: ${whyNone(store)}`);
  }
  const secure = addresses.some(({ protocol }) => protocol === 'https');
  const tls = secure ? await loadTls(store.tls, store.kind, options.readFile) : undefined;
  // With one server there is nobody else to turn to: it may take all the time there is.
  const connectTimeoutMs = addresses.length > 1 ? CONNECT_TIMEOUT_MS : options.callTimeoutMs;
  const http = await Promise.all(
    addresses.map((address) => openHttp(address, { tls, connectTimeoutMs })),
  );
  return { http, tls };
}

/** Loaded only here: hardly anybody uses SRV records, and Node's DNS comes with it. */
async function findBySrv(store: EtcdSettings, timeoutMs: number): Promise<Address[]> {
  const { addressesFromSrv } = await import('./srv.ts');
  return addressesFromSrv(store, timeoutMs);
}

function whyNone({ srv, kind }: EtcdSettings): string {
  if (!srv) return `the ${kind} section has no host`;
  return `the DNS has no SRV record for etcd below ${printable(srv)}`;
}

/** True when a server says that it has the v2 API; warns when it says that it has not. */
async function hasV2(http: readonly HttpEndpoint[], options: OpenOptions): Promise<boolean> {
  const endpoints = new Endpoints(http, { ...options, clock: systemClock, warn: () => {} });
  const request = { method: 'GET', path: '/v2/machines', kind: 'read' } as const;
  const { status } = await endpoints.read((node, signal) => node.request({ ...request, signal }));
  if (status !== 404) return true;
  options.warn('this etcd has no v2 API: the etcd section is read as etcd3 (name it so)');
  return false;
}

async function openV3(namespace: string, { store, nodes, options }: Opening): Promise<Store> {
  const { etcd3Store } = await import('./etcd3/store.ts');
  const { callTimeoutMs } = options;
  const transports = nodes.http.map((http) =>
    etcdNode(http, async () => {
      const { grpcTransport } = await import('./etcd3/grpc.ts');
      const tls = http.name.startsWith('https:') ? nodes.tls : undefined;
      return grpcTransport({ url: http.name, tls, callTimeoutMs });
    }),
  );
  return etcd3Store({
    namespace,
    nodes: transports,
    endpoints: new Endpoints(transports, { ...options, clock: systemClock }),
    withToken: tokenKeeper(userOf(store)),
  });
}

async function openV2(namespace: string, { store, nodes, options }: Opening): Promise<Store> {
  const { etcd2Store } = await import('./etcd2/store.ts');
  return etcd2Store({
    namespace,
    nodes: nodes.http,
    endpoints: new Endpoints(nodes.http, { ...options, clock: systemClock }),
    user: userOf(store),
  });
}

function userOf({ username, password }: EtcdSettings) {
  // Patroni uses them only when both are there.
  return username && password ? { username, password } : undefined;
}

function noStore(sources: readonly string[]): Refusal {
  const read = sources.map((source) => printable(source)).join(', ');
  return new Refusal('no-dcs', 'The configuration does not say where etcd is', {
    hint: read
      ? `read: ${read}; add an etcd3 section, or pass --dcs-url etcd3://HOST:2379`
      : 'no configuration was found: pass --config-file FILE or --dcs-url etcd3://HOST:2379',
  });
}
