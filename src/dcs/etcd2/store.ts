import { DcsError } from '../../model/errors.ts';
import { isRecord } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { clusterPrefix, namespacePrefix, parseKey } from '../../wire/keys.ts';
import type { Dcs, Document, Guard, Store } from '../dcs.ts';
import type { Endpoints } from '../endpoints.ts';
import type { User } from '../etcd3/transport.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, type HttpReply, type HttpRequest, parseObject } from '../http.ts';
import { checkScope } from '../scope.ts';
import { type Found, settleWrite, unknownResult } from '../settle.ts';

/** Error codes of the v2 keys API (etcd's manual, "Error Codes"). */
const KEY_NOT_FOUND = 100;
const COMPARE_FAILED = 101;
const KEY_EXISTS = 105;

export interface Etcd2Options {
  readonly namespace: string;
  readonly endpoints: Endpoints<HttpEndpoint>;
  readonly nodes: readonly HttpEndpoint[];
  readonly user: User | undefined;
}

/** What a request of the v2 API came to: the tree below a key, or one of its errors. */
type Answer = { readonly node: unknown } | { readonly errorCode: number };

/** A file of the tree. `key` is the whole path. */
interface Leaf extends Found {
  readonly key: string;
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
      for (const leaf of await readTree(options, prefix, { signal })) {
        const rest = leaf.key.slice(prefix.length);
        const slash = rest.indexOf('/');
        const parsed = slash < 1 ? undefined : document(leaf, rest.slice(slash + 1));
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

function etcd2Cluster(options: Etcd2Options, prefix: string): Dcs {
  return {
    async read(signal) {
      const leaves = await readTree(options, prefix, { signal });
      return leaves.flatMap((leaf) => document(leaf, leaf.key.slice(prefix.length)) ?? []);
    },
    write: (name, value, guard) => changeKey(options, prefix + name, { guard, value }),
    remove: (name, guard) => changeKey(options, prefix + name, { guard, value: undefined }),
    async removeAll() {
      const deadline = options.endpoints.deadline();
      // The v2 API does not tell how many keys a recursive DELETE removed.
      const leaves = await readTree(options, prefix, { deadline });
      const query = 'recursive=true';
      const answer = await send(options, { method: 'DELETE', key: prefix, query }, deadline).catch(
        (error: unknown) => {
          throw error instanceof EndpointFailure ? unknownResult(error) : error;
        },
      );
      return 'node' in answer ? leaves.length : 0;
    },
  };
}

async function changeKey(
  options: Etcd2Options,
  key: string,
  { guard, value }: { guard: Guard; value: string | undefined },
): Promise<'done' | 'conflict'> {
  // A file that must be absent is absent, or it is not: the v2 API has no DELETE with that guard.
  if (value === undefined && guard === 'absent') {
    const leaves = await readTree(options, key, {});
    return leaves.length === 0 ? 'done' : 'conflict';
  }
  const { endpoints } = options;
  const deadline = endpoints.deadline();
  const change = { key, query: guardQuery(guard), ...body(value) };
  return settleWrite({
    guard,
    value,
    async send() {
      // The rest of the time is for finding out what came of a lost answer.
      const answer = await send(options, change, deadline - endpoints.left(deadline) * 0.4);
      if ('node' in answer) return true;
      return value === undefined && guard === 'any' && answer.errorCode === KEY_NOT_FOUND;
    },
    look: async () => (await readTree(options, key, { deadline }))[0],
  });
}

function guardQuery(guard: Guard): string {
  if (guard === 'any') return '';
  if (guard === 'absent') return 'prevExist=false';
  return `prevIndex=${encodeURIComponent(guard.version)}`;
}

function body(value: string | undefined): { method: 'PUT' | 'DELETE'; body?: string } {
  if (value === undefined) return { method: 'DELETE' };
  return { method: 'PUT', body: new URLSearchParams({ value }).toString() };
}

/** Sends a write. A guard that does not hold, or a key that is not there, is an answer. */
async function send(
  options: Etcd2Options,
  write: { method: 'PUT' | 'DELETE'; key: string; query: string; body?: string },
  deadline: number,
): Promise<Answer> {
  const { endpoints } = options;
  const { method, key, query } = write;
  const request = { method, path: pathOf(key, query), kind: 'write' } as const;
  return endpoints.write(async (node, signal) => {
    const content = write.body === undefined ? {} : { body: write.body };
    return parseAnswer(await exchange(options, node, { ...request, ...content, signal }));
  }, deadline);
}

/** All files at or below a key, in the order of the keys; none when there is no such key. */
async function readTree(
  options: Etcd2Options,
  key: string,
  limits: { signal?: AbortSignal | undefined; deadline?: number },
): Promise<Leaf[]> {
  const path = pathOf(key, 'recursive=true&quorum=true');
  const answer = await options.endpoints.read(
    async (node, signal) =>
      parseAnswer(await exchange(options, node, { method: 'GET', path, kind: 'read', signal })),
    limits,
  );
  if (!('node' in answer)) return [];
  return leavesOf(answer.node).sort((one, other) =>
    Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)),
  );
}

function exchange(
  { user }: Etcd2Options,
  node: HttpEndpoint,
  request: HttpRequest,
): Promise<HttpReply> {
  const headers = {
    ...(request.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(user ? { authorization: `Basic ${basic(user)}` } : {}),
  };
  return node.request({ ...request, headers });
}

function basic({ username, password }: User): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function pathOf(key: string, query: string): string {
  const path = key.replace(/\/$/, '').split('/').map(encodeURIComponent).join('/');
  return `/v2/keys${path}${query && `?${query}`}`;
}

function parseAnswer({ status, body }: HttpReply): Answer {
  const reply = parseObject(body);
  if (status === 200 || status === 201) {
    if (reply && 'node' in reply) return { node: reply.node };
    throw new EndpointFailure('its answer is not that of etcd', { maybeApplied: true });
  }
  if (status === 401 || status === 403) {
    throw new DcsError('etcd does not accept the user name or the password for these keys', {
      hint: 'check username and password in the etcd section',
    });
  }
  const errorCode = Number(reply?.errorCode);
  if ([KEY_NOT_FOUND, COMPARE_FAILED, KEY_EXISTS].includes(errorCode)) return { errorCode };
  const text = printable(String(reply?.message ?? body.toString('utf8', 0, 80).trim()));
  // 300 and above: raft cannot serve the request now.
  if (status >= 500 || errorCode >= 300) {
    const passing = errorCode >= 300;
    throw new EndpointFailure(text || `HTTP status ${status}`, { maybeApplied: true, passing });
  }
  throw new DcsError(`etcd refused the request: ${text || `HTTP status ${status}`}`);
}

/** A node of the tree is a file with a value, or a directory with nodes; others are passed over. */
function leavesOf(node: unknown): Leaf[] {
  if (!isRecord(node)) return [];
  if (Array.isArray(node.nodes)) return node.nodes.flatMap(leavesOf);
  const { key, value, modifiedIndex } = node;
  if (typeof key !== 'string' || typeof value !== 'string') return [];
  return [{ key, value, version: String(modifiedIndex) }];
}

function document(leaf: Leaf, rest: string): Document | undefined {
  const parsed = parseKey(rest);
  return parsed && { ...parsed, value: leaf.value, version: leaf.version };
}
