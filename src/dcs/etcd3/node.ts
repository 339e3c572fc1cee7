import { EndpointFailure, NotHttp } from '../failure.ts';
import type { HttpEndpoint } from '../http.ts';
import { gatewayTransport } from './gateway.ts';
import { type Call, type EtcdTransport, NoSuchApi } from './transport.ts';

/** A range that begins with an empty key: every etcd refuses it, before it asks who we are. */
const NO_RANGE = { key: Buffer.alloc(0), end: Buffer.alloc(0) };

/**
 * One etcd server, over its HTTP gateway, or over gRPC where the gateway is switched off. Which of
 * the two is found out by the first read. A write that comes first asks a harmless question before,
 * because of a write that failed nobody knows whether it was done.
 */
export function etcdNode(
  http: HttpEndpoint,
  openGrpc: () => Promise<EtcdTransport>,
): EtcdTransport {
  const gateway = gatewayTransport(http);
  let chosen: EtcdTransport | undefined;
  let grpc: Promise<EtcdTransport> | undefined;

  /** The answer to a question that may be asked twice. */
  async function read<T>(call: Call, ask: (transport: EtcdTransport) => Promise<T>): Promise<T> {
    if (chosen) return ask(chosen);
    try {
      const answer = await ask(gateway);
      chosen = gateway;
      return answer;
    } catch (error) {
      if (!(error instanceof NoSuchApi || error instanceof NotHttp)) throw error;
      grpc ??= openGrpc();
      const transport = await grpc;
      await probe(transport, call, error);
      chosen = transport;
      return ask(transport);
    }
  }

  async function write<T>(call: Call, ask: (transport: EtcdTransport) => Promise<T>): Promise<T> {
    if (!chosen) {
      await read(call, (transport) => probe(transport, call));
    }
    return ask(chosen ?? gateway);
  }

  return {
    name: http.name,
    range: (range, call) => read(call, (transport) => transport.range(range, call)),
    authenticate: (user, call) => read(call, (transport) => transport.authenticate(user, call)),
    keepAlive: (id, call) => read(call, (transport) => transport.keepAlive(id, call)),
    members: (call) => read(call, (transport) => transport.members(call)),
    txn: (transaction, call) => write(call, (transport) => transport.txn(transaction, call)),
    deleteRange: (range, call) => write(call, (transport) => transport.deleteRange(range, call)),
    grant: (id, ttl, call) => write(call, (transport) => transport.grant(id, ttl, call)),
    revoke: (id, call) => write(call, (transport) => transport.revoke(id, call)),
    watch: (request, call, tell) =>
      write(call, (transport) => transport.watch(request, call, tell)),
    close() {
      gateway.close();
      // One that could not be opened has told so already, and has nothing to close.
      grpc?.then((transport) => transport.close()).catch(() => {});
    },
  };
}

/**
 * Resolves when something speaks etcd's v3 API there, whatever it says. Otherwise nothing was
 * written. `earlier` is what HTTP gave, when this is gRPC: it tells more than gRPC's own error.
 */
async function probe(transport: EtcdTransport, call: Call, earlier?: Error): Promise<void> {
  try {
    await transport.range(NO_RANGE, { signal: call.signal });
  } catch (error) {
    const noApi = error instanceof NoSuchApi || error instanceof NotHttp;
    if (noApi && !earlier) throw error;
    if (!noApi && !(error instanceof EndpointFailure)) return;
    const shown = earlier instanceof EndpointFailure ? earlier : NOT_ETCD;
    throw new EndpointFailure(shown.message, { maybeApplied: false, hint: shown.hint });
  }
}

const NOT_ETCD = new EndpointFailure("it does not speak etcd's v3 API", { maybeApplied: false });
