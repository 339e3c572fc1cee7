import { DcsError } from '../../model/errors.ts';
import { isRecord } from '../../model/json.ts';
import { printable } from '../../system/text.ts';
import { parseKey } from '../../wire/keys.ts';
import type { Document } from '../dcs.ts';
import type { Endpoints } from '../endpoints.ts';
import type { User } from '../etcd3/transport.ts';
import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, type HttpReply, type HttpRequest, parseObject } from '../http.ts';
import type { Found } from '../settle.ts';

/** Error codes of the v2 keys API (etcd's manual, "Error Codes"). */
export const KEY_NOT_FOUND = 100;
const COMPARE_FAILED = 101;
const KEY_EXISTS = 105;
/** The history of events does not reach back to what was asked for. */
const EVENTS_CLEARED = 401;

const ANSWERS: ReadonlySet<number> = new Set([
  KEY_NOT_FOUND,
  COMPARE_FAILED,
  KEY_EXISTS,
  EVENTS_CLEARED,
]);

/** The way to the v2 API of some servers. */
export interface Etcd2Link {
  readonly nodes: readonly HttpEndpoint[];
  readonly endpoints: Endpoints<HttpEndpoint>;
  readonly user: User | undefined;
}

/** What the server says of its store with every answer. */
interface Origin {
  /** Of the last change that it knows. */
  readonly index: number;
  /** Another one after etcd was made anew. */
  readonly clusterId: string;
}

/** What a request came to: what is at its key now, or one of the API's errors. */
export type Answer = Origin & ({ readonly node: unknown } | { readonly errorCode: number });

/** A file of the tree. `key` is the whole path. */
export interface Leaf extends Found {
  readonly key: string;
  /** Index of the change that made it: the same while it is only written over with a guard. */
  readonly created: string;
}

/** All files at or below a key, in the order of the keys. */
export interface Tree extends Origin {
  readonly leaves: readonly Leaf[];
}

/** A change of one key, or of a tree. */
export interface Change {
  readonly method: 'PUT' | 'DELETE';
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** Reads with a quorum; there are no leaves when there is no such key. */
export async function readTree(
  link: Etcd2Link,
  key: string,
  limits: { signal?: AbortSignal | undefined; deadline?: number },
): Promise<Tree> {
  const path = pathOf(key, { recursive: 'true', quorum: 'true' });
  const answer = await link.endpoints.read(
    async (node, signal) =>
      parseAnswer(await exchange(link, node, { method: 'GET', path, kind: 'read', signal })),
    limits,
  );
  const { index, clusterId } = answer;
  const leaves = 'node' in answer ? leavesOf(answer.node) : [];
  leaves.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  return { index, clusterId, leaves };
}

/**
 * Sends a write once. A guard that does not hold, or a key that is not there, is an answer; without
 * any it is an `EndpointFailure`: it may have been done.
 */
export function send(link: Etcd2Link, change: Change, deadline: number): Promise<Answer> {
  return link.endpoints.write(
    (node, signal) => sendTo(link, node, { change, signal, kind: 'write' }),
    deadline,
  );
}

/** Sends a write that may be done twice. */
export function sendAgain(link: Etcd2Link, change: Change, deadline: number): Promise<Answer> {
  return link.endpoints.read(
    (node, signal) => sendTo(link, node, { change, signal, kind: 'read' }),
    { deadline },
  );
}

async function sendTo(
  link: Etcd2Link,
  node: HttpEndpoint,
  how: { change: Change; signal: AbortSignal; kind: HttpRequest['kind'] },
): Promise<Answer> {
  const { method, key, query, form } = how.change;
  const body = form === undefined ? {} : { body: new URLSearchParams(form).toString() };
  const { signal, kind } = how;
  const request = { method, path: pathOf(key, query), kind, signal, ...body };
  return parseAnswer(await exchange(link, node, request));
}

function exchange(link: Etcd2Link, node: HttpEndpoint, request: HttpRequest): Promise<HttpReply> {
  const form = request.body === undefined ? {} : FORM;
  return node.request({ ...request, headers: { ...form, ...authorization(link) } });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The header that says who we are. */
export function authorization({ user }: Etcd2Link): Record<string, string> {
  if (!user) return {};
  const basic = Buffer.from(`${user.username}:${user.password}`).toString('base64');
  return { authorization: `Basic ${basic}` };
}

/** The path of a key, or of a tree below a key that ends with a slash. */
export function pathOf(key: string, query: Readonly<Record<string, string>>): string {
  const path = key.replace(/\/$/, '').split('/').map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return `/v2/keys${path}${search && `?${search}`}`;
}

/** Throws for all but a proper answer: what `Endpoints` wants, or a `DcsError`. */
export function parseAnswer({ status, body, headers }: HttpReply): Answer {
  const reply = parseObject(body);
  const origin = {
    index: Number(headers['x-etcd-index'] ?? reply?.index ?? 0),
    clusterId: String(headers['x-etcd-cluster-id'] ?? ''),
  };
  if (status === 200 || status === 201) {
    if (reply && 'node' in reply) return { ...origin, node: reply.node };
    throw new EndpointFailure('its answer is not that of etcd', { maybeApplied: true });
  }
  if (status === 401 || status === 403) {
    throw new DcsError('etcd does not accept the user name or the password for these keys', {
      hint: 'check username and password in the etcd section',
    });
  }
  const errorCode = Number(reply?.errorCode);
  if (ANSWERS.has(errorCode)) return { ...origin, errorCode };
  const text = printable(String(reply?.message ?? body.toString('utf8', 0, 80).trim()));
  // 300 and above: raft cannot serve the request now.
  if (status >= 500 || errorCode >= 300) {
    const passing = errorCode >= 300;
    throw new EndpointFailure(text || `HTTP status ${status}`, { maybeApplied: true, passing });
  }
  throw new DcsError(`etcd refused the request: ${text || `HTTP status ${status}`}`);
}

/** A node of the tree is a file with a value, or a directory with nodes; others are passed over. */
export function leavesOf(node: unknown): Leaf[] {
  if (!isRecord(node)) return [];
  if (Array.isArray(node.nodes)) return node.nodes.flatMap(leavesOf);
  const { key, value, modifiedIndex, createdIndex } = node;
  if (typeof key !== 'string' || typeof value !== 'string') return [];
  return [{ key, value, version: String(modifiedIndex), created: String(createdIndex) }];
}

/** The document of a leaf, by the rest of its key; undefined for one that is not Patroni's. */
export function documentOf(leaf: Leaf, rest: string): Document | undefined {
  const parsed = parseKey(rest);
  return parsed && { ...parsed, value: leaf.value, version: leaf.version };
}
