import type { EtcdSettings, StoreSettings } from '../config/settings.ts';
import { Refusal } from '../model/errors.ts';
import type { Clock } from '../system/clock.ts';
import { printable } from '../system/text.ts';
import { Endpoints } from './endpoints.ts';
import { tokenKeeper } from './etcd3/auth.ts';
import { etcdNode } from './etcd3/node.ts';
import type { EtcdLink } from './etcd3/session/asker.ts';
import type { User } from './etcd3/transport.ts';
import { type Address, type HttpEndpoint, type HttpOptions, openHttp } from './http.ts';
import { loadTls, type ReadFile, type TlsMaterial } from './tls.ts';

/** How long a write waits for a connection before it turns to the next server. */
const CONNECT_TIMEOUT_MS = 1000;

export interface ServerOptions {
  readonly clock: Clock;
  /** Deadline of a call that has none of its own, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Gets one sentence, once, about an endpoint that does not answer while others do. */
  readonly warn: (text: string) => void;
  readonly readFile: ReadFile;
  /** How connections are made, where it is not the usual way. */
  readonly http?: Pick<HttpOptions, 'keepForWrites' | 'lookup' | 'onRequest'>;
}

/** The servers of one etcd that are known. Nothing is connected yet. */
export interface Servers {
  readonly http: HttpEndpoint[];
  readonly tls: TlsMaterial | undefined;
  /** How long a write waits for a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** The settings of the etcd that keeps the cluster; a `Refusal` when it is something else. */
export function etcdSettings(store: StoreSettings, sources: readonly string[]): EtcdSettings {
  if (store.kind === 'none') throw noStore(sources);
  if (store.kind !== 'unsupported') return store;
  const section = printable(store.section);
  throw new Refusal(
    'unsupported-dcs',
    `The configuration keeps the cluster in ${section}, and this version can only talk to etcd`,
  );
}

/** Finds the servers and reads the certificates. A host or a file that is no use is a `Refusal`. */
export async function openServers(store: EtcdSettings, options: ServerOptions): Promise<Servers> {
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
  const how = { tls, connectTimeoutMs };
  const http = await Promise.all(addresses.map((address) => openAddress(address, how, options)));
  return { http, ...how };
}

/** One more server of the same etcd. */
export function openAddress(
  address: Address,
  how: Pick<Servers, 'tls' | 'connectTimeoutMs'>,
  options: ServerOptions,
): Promise<HttpEndpoint> {
  const { tls, connectTimeoutMs } = how;
  return openHttp(address, { tls, connectTimeoutMs, ...options.http });
}

/** The way to the v3 API of these servers. */
export function linkTo(
  { http, tls }: Servers,
  store: EtcdSettings,
  options: ServerOptions,
): EtcdLink {
  const nodes = http.map((one) => nodeOf(one, tls, options));
  return {
    nodes,
    endpoints: new Endpoints(nodes, options),
    withToken: tokenKeeper(userOf(store)),
  };
}

/** One server's v3 API, over its gateway or over gRPC. */
export function nodeOf(
  http: HttpEndpoint,
  material: TlsMaterial | undefined,
  options: ServerOptions,
) {
  return etcdNode(http, async () => {
    const { grpcTransport } = await import('./etcd3/grpc.ts');
    const tls = http.name.startsWith('https:') ? material : undefined;
    const { callTimeoutMs } = options;
    const onRequest = options.http?.onRequest;
    return grpcTransport({ url: http.name, tls, callTimeoutMs, onRequest });
  });
}

/** True when a server says that it has the v2 API; warns when it says that it has not. */
export async function hasV2({ http }: Servers, options: ServerOptions): Promise<boolean> {
  const endpoints = new Endpoints(http, { ...options, warn: () => {} });
  const request = { method: 'GET', path: '/v2/machines', kind: 'read' } as const;
  const { status } = await endpoints.read((node, signal) => node.request({ ...request, signal }));
  if (status !== 404) return true;
  options.warn('this etcd has no v2 API: the etcd section is read as etcd3 (name it so)');
  return false;
}

/** The user that etcd is told of; Patroni uses it only when a password is there, too. */
export function userOf({ username, password }: EtcdSettings): User | undefined {
  return username && password ? { username, password } : undefined;
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

function noStore(sources: readonly string[]): Refusal {
  const read = sources.map((source) => printable(source)).join(', ');
  return new Refusal('no-dcs', 'The configuration does not say where etcd is', {
    hint: read
      ? `read: ${read}; add an etcd3 section, or pass --dcs-url etcd3://HOST:2379`
      : 'no configuration was found: pass --config-file FILE or --dcs-url etcd3://HOST:2379',
  });
}
