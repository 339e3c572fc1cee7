import { clusterPrefix, namespacePrefix } from '../../wire/keys.ts';
import type { Dcs, Document, Guard, Store } from '../dcs.ts';
import type { Endpoints } from '../endpoints.ts';
import { EndpointFailure } from '../failure.ts';
import { checkScope } from '../scope.ts';
import { settleWrite, unknownResult } from '../settle.ts';
import type { WithToken } from './auth.ts';
import { comparisons, documentOf, keyAfter, prefixRange, textAfter } from './keys.ts';
import type { EtcdTransport, KeyRange, KeyValue } from './transport.ts';

/** The part of its time that a write keeps for finding out what came of a lost answer. */
const LOOK_SHARE = 0.4;

export interface Etcd3Options {
  readonly namespace: string;
  readonly nodes: readonly EtcdTransport[];
  readonly endpoints: Endpoints<EtcdTransport>;
  readonly withToken: WithToken;
}

/**
 * Patroni's documents in etcd's v3 keys: a document's version is the revision of its key, a read is
 * one linearizable range, a guarded write is one transaction.
 */
export function etcd3Store(options: Etcd3Options): Store {
  const { namespace, nodes } = options;
  return {
    cluster(scope, group) {
      checkScope(scope);
      return etcd3Cluster(options, clusterPrefix(namespace, scope, group));
    },
    async readAll(signal) {
      const prefix = namespacePrefix(namespace);
      return sortIntoClusters(await readRange(options, prefixRange(prefix), { signal }), prefix);
    },
    async close() {
      for (const node of nodes) node.close();
    },
  };
}

function etcd3Cluster(options: Etcd3Options, prefix: string): Dcs {
  const change = (name: string, guard: Guard, value?: string) =>
    changeKey(options, Buffer.from(prefix + name), { guard, value });
  return {
    async read(signal) {
      const found = await readRange(options, prefixRange(prefix), { signal });
      return found.flatMap((one) => documentOf(one, textAfter(one.key, prefix)) ?? []);
    },
    write: (name, value, guard) => change(name, guard, value),
    remove: (name, guard) => change(name, guard),
    removeAll: () => removePrefix(options, prefix),
  };
}

async function readRange(
  { endpoints, withToken }: Etcd3Options,
  range: KeyRange,
  limits: { signal?: AbortSignal | undefined; deadline?: number },
): Promise<readonly KeyValue[]> {
  const found = await endpoints.read(
    (node, signal) => withToken(node, signal, (token) => node.range(range, { signal, token })),
    limits,
  );
  return found.kvs;
}

function changeKey(
  options: Etcd3Options,
  key: Buffer,
  { guard, value }: { guard: Guard; value: string | undefined },
): Promise<'done' | 'conflict'> {
  const { endpoints, withToken } = options;
  const deadline = endpoints.deadline();
  const change = value === undefined ? { remove: key } : { put: key, value: Buffer.from(value) };
  const transaction = { compare: comparisons(key, guard), success: [change] };
  return settleWrite({
    guard,
    value,
    async send() {
      const { succeeded } = await endpoints.write(
        (node, signal) =>
          withToken(node, signal, (token) => node.txn(transaction, { signal, token })),
        deadline - endpoints.left(deadline) * LOOK_SHARE,
      );
      return succeeded;
    },
    async look() {
      const [found] = await readRange(options, { key, end: keyAfter(key) }, { deadline });
      return found && { value: found.value.toString(), version: found.modRevision };
    },
  });
}

async function removePrefix(
  { endpoints, withToken }: Etcd3Options,
  prefix: string,
): Promise<number> {
  const range = prefixRange(prefix);
  try {
    return await endpoints.write(
      (node, signal) =>
        withToken(node, signal, (token) => node.deleteRange(range, { signal, token })),
      endpoints.deadline(),
    );
  } catch (error) {
    throw error instanceof EndpointFailure ? unknownResult(error) : error;
  }
}

function sortIntoClusters(found: readonly KeyValue[], prefix: string): Map<string, Document[]> {
  const clusters = new Map<string, Document[]>();
  for (const one of found) {
    const rest = textAfter(one.key, prefix);
    const slash = rest?.indexOf('/') ?? -1;
    if (rest === undefined || slash < 1) continue;
    const parsed = documentOf(one, rest.slice(slash + 1));
    if (!parsed) continue;
    const scope = rest.slice(0, slash);
    const documents = clusters.get(scope);
    if (documents) documents.push(parsed);
    else clusters.set(scope, [parsed]);
  }
  return clusters;
}
