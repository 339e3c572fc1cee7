import { isUtf8 } from 'node:buffer';
import { clusterPrefix, namespacePrefix, parseKey } from '../../wire/keys.ts';
import type { Dcs, Document, Guard, Store } from '../dcs.ts';
import type { Endpoints } from '../endpoints.ts';
import { EndpointFailure } from '../failure.ts';
import { checkScope } from '../scope.ts';
import { settleWrite, unknownResult } from '../settle.ts';
import type { WithToken } from './auth.ts';
import type { Change, EtcdTransport, KeyRange, KeyValue } from './transport.ts';

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
      return found.flatMap((one) => document(one, textAfter(one.key, prefix)) ?? []);
    },
    write: (name, value, guard) => change(name, guard, value),
    remove: (name, guard) => change(name, guard),
    removeAll: () => removePrefix(options, prefix),
  };
}

function readRange(
  { endpoints, withToken }: Etcd3Options,
  range: KeyRange,
  limits: { signal?: AbortSignal | undefined; deadline?: number },
): Promise<KeyValue[]> {
  return endpoints.read(
    (node, signal) => withToken(node, signal, (token) => node.range(range, { signal, token })),
    limits,
  );
}

function changeKey(
  options: Etcd3Options,
  key: Buffer,
  { guard, value }: { guard: Guard; value: string | undefined },
): Promise<'done' | 'conflict'> {
  const { endpoints, withToken } = options;
  const deadline = endpoints.deadline();
  const change: Change = {
    key,
    guard: typeof guard === 'string' ? guard : { modRevision: guard.version },
    ...(value === undefined ? {} : { value: Buffer.from(value) }),
  };
  return settleWrite({
    guard,
    value,
    send: () =>
      endpoints.write(
        (node, signal) =>
          withToken(node, signal, (token) => node.change(change, { signal, token })),
        deadline - endpoints.left(deadline) * LOOK_SHARE,
      ),
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

/** All keys that begin with `prefix`, which ends with a slash. */
function prefixRange(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  // The byte behind the slash is 0: no carry to care about.
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return { key, end };
}

/** The first key that comes after `key`: the range of the two is `key` alone. */
function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** The rest of a key as text; undefined for a key that is not UTF-8, which Patroni never makes. */
function textAfter(key: Buffer, prefix: string): string | undefined {
  return isUtf8(key) ? key.toString('utf8', Buffer.byteLength(prefix)) : undefined;
}

/** Undefined for a key that is not Patroni's. Bytes that are not UTF-8 become U+FFFD. */
function document(found: KeyValue, rest: string | undefined): Document | undefined {
  const parsed = rest === undefined ? undefined : parseKey(rest);
  return parsed && { ...parsed, value: found.value.toString(), version: found.modRevision };
}

function sortIntoClusters(found: readonly KeyValue[], prefix: string): Map<string, Document[]> {
  const clusters = new Map<string, Document[]>();
  for (const one of found) {
    const rest = textAfter(one.key, prefix);
    const slash = rest?.indexOf('/') ?? -1;
    if (rest === undefined || slash < 1) continue;
    const parsed = document(one, rest.slice(slash + 1));
    if (!parsed) continue;
    const scope = rest.slice(0, slash);
    const documents = clusters.get(scope);
    if (documents) documents.push(parsed);
    else clusters.set(scope, [parsed]);
  }
  return clusters;
}
