import { clusterPrefix, namespacePrefix } from '../../wire/keys.ts';
import type { Dcs, Document, Guard, Store } from '../dcs.ts';
import { EndpointFailure } from '../failure.ts';
import { checkScope } from '../scope.ts';
import { settleWrite, unknownResult } from '../settle.ts';
import { type Change, documentOf, type Etcd2Link, KEY_NOT_FOUND, readTree, send } from './api.ts';

export interface Etcd2Options extends Etcd2Link {
  readonly namespace: string;
}

/**
 * Patroni's documents in the keys of etcd's old v2 API: a document's version is the index of its
 * last change, a read is one recursive GET with a quorum.
 */
export function etcd2Store(options: Etcd2Options): Store {
  return {
    cluster(scope, group) {
      checkScope(scope);
      return etcd2Cluster(options, clusterPrefix(options.namespace, scope, group));
    },
    async readAll(signal) {
      const prefix = namespacePrefix(options.namespace);
      const clusters = new Map<string, Document[]>();
      const { leaves } = await readTree(options, prefix, { signal });
      for (const leaf of leaves) {
        const rest = leaf.key.slice(prefix.length);
        const slash = rest.indexOf('/');
        const parsed = slash < 1 ? undefined : documentOf(leaf, rest.slice(slash + 1));
        if (!parsed) continue;
        const scope = rest.slice(0, slash);
        clusters.set(scope, [...(clusters.get(scope) ?? []), parsed]);
      }
      return clusters;
    },
    async close() {
      for (const node of options.nodes) node.close();
    },
  };
}

function etcd2Cluster(link: Etcd2Link, prefix: string): Dcs {
  const change = (name: string, guard: Guard, value: string | undefined) =>
    changeKey(link, prefix + name, { guard, value, deadline: link.endpoints.deadline() });
  return {
    async read(signal) {
      const { leaves } = await readTree(link, prefix, { signal });
      return leaves.flatMap((leaf) => documentOf(leaf, leaf.key.slice(prefix.length)) ?? []);
    },
    write: (name, value, guard) => change(name, guard, value),
    remove: (name, guard) => change(name, guard, undefined),
    async removeAll() {
      const deadline = link.endpoints.deadline();
      // The v2 API does not tell how many keys a recursive DELETE removed.
      const { leaves } = await readTree(link, prefix, { deadline });
      const removal = { method: 'DELETE', key: prefix, query: { recursive: 'true' } } as const;
      const answer = await send(link, removal, deadline).catch((error: unknown) => {
        throw error instanceof EndpointFailure ? unknownResult(error) : error;
      });
      return 'node' in answer ? leaves.length : 0;
    },
  };
}

/** A guarded change of one key, so that the result is certain; `ttl` in seconds. */
export async function changeKey(
  link: Etcd2Link,
  key: string,
  wanted: { guard: Guard; value: string | undefined; deadline: number; ttl?: number | undefined },
): Promise<'done' | 'conflict'> {
  const { guard, value, deadline, ttl } = wanted;
  const look = async () => (await readTree(link, key, { deadline })).leaves[0];
  // A file that must be absent is absent, or it is not: the v2 API has no DELETE with that guard.
  if (value === undefined && guard === 'absent') return (await look()) ? 'conflict' : 'done';
  const { endpoints } = link;
  const change: Change = {
    key,
    query: guardQuery(guard),
    ...(value === undefined
      ? { method: 'DELETE' }
      : { method: 'PUT', form: { value, ...(ttl === undefined ? {} : { ttl: String(ttl) }) } }),
  };
  return settleWrite({
    guard,
    value,
    async send() {
      // The rest of the time is for finding out what came of a lost answer.
      const answer = await send(link, change, deadline - endpoints.left(deadline) * 0.4);
      if ('node' in answer) return true;
      return value === undefined && guard === 'any' && answer.errorCode === KEY_NOT_FOUND;
    },
    look,
  });
}

function guardQuery(guard: Guard): Record<string, string> {
  if (guard === 'any') return {};
  if (guard === 'absent') return { prevExist: 'false' };
  return { prevIndex: guard.version };
}
