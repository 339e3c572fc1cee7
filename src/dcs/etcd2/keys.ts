import { clusterPrefix, type DocumentName } from '../../wire/keys.ts';
import { EndpointFailure } from '../failure.ts';
import { unknownResult } from '../settle.ts';
import {
  type Answer,
  type Change,
  type Etcd2Link,
  type Leaf,
  leavesOf,
  readTree,
  send,
  sendAgain,
} from './api.ts';

/** What one call is done with. */
export interface Call {
  readonly link: Etcd2Link;
  readonly deadline: number;
}

/** The keys of one cluster, one at a time. */
export class ClusterKeys {
  /** What they begin with, a slash at its end. */
  readonly prefix: string;

  constructor(namespace: string, scope: string) {
    this.prefix = clusterPrefix(namespace, scope);
  }

  /** What is there, by a quorum. */
  async look({ link, deadline }: Call, name: DocumentName): Promise<Leaf | undefined> {
    return (await readTree(link, this.prefix + name, { deadline })).leaves[0];
  }

  /** Writes a value, which ends after `ttl` seconds; `query` has the guards. */
  put(name: DocumentName, form: { value: string; ttl?: number }, query = {}): Change {
    const { value, ttl } = form;
    const fields = { value, ...(ttl === undefined ? {} : { ttl: String(ttl) }) };
    return { method: 'PUT', key: this.prefix + name, query, form: fields };
  }

  /** From now on it ends after `ttl` seconds. No value changes, and no watch is told. */
  refresh(name: DocumentName, ttl: number, prevIndex?: string): Change {
    const guard = prevIndex === undefined ? {} : { prevIndex };
    const query = { ...guard, prevExist: 'true', refresh: 'true' };
    return { method: 'PUT', key: this.prefix + name, query, form: { ttl: String(ttl) } };
  }

  /** Removes this version of it. */
  remove(name: DocumentName, prevIndex: string): Change {
    return { method: 'DELETE', key: this.prefix + name, query: { prevIndex } };
  }
}

/** Does a change that must not be done twice. Rejects with a `DcsError` when nobody knows. */
export async function once({ link, deadline }: Call, change: Change): Promise<Answer> {
  try {
    return await send(link, change, deadline);
  } catch (error) {
    throw error instanceof EndpointFailure ? unknownResult(error) : error;
  }
}

/** Does a change that may be done twice. */
export function again({ link, deadline }: Call, change: Change): Promise<Answer> {
  return sendAgain(link, change, deadline);
}

/** The version that a change has made; undefined: its guard did not hold, or there is no key. */
export function versionIn(answer: Answer): string | undefined {
  return 'node' in answer ? leavesOf(answer.node)[0]?.version : undefined;
}
