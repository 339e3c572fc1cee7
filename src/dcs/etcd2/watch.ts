import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, parseObject } from '../http.ts';
import { streamLines } from '../lines.ts';
import { authorization, type Etcd2Link, parseAnswer, pathOf } from './api.ts';
import { readEvent } from './events.ts';

/** What to watch for. */
export interface WatchFor {
  /** What the keys of the cluster begin with, a slash at its end. */
  readonly prefix: string;
  /** Index of what is known already. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Called when the server has begun to watch. */
  readonly begun: () => void;
}

/**
 * Resolves when something that an agent watches has changed, or when etcd has forgotten too much to
 * tell: with the index of what is known then. Rejects when the watch breaks or is aborted.
 */
export async function watchOnce(
  link: Etcd2Link,
  node: HttpEndpoint,
  { prefix, after, signal, begun }: WatchFor,
): Promise<number> {
  const wait = { wait: 'true', recursive: 'true', stream: 'true', waitIndex: String(after + 1) };
  const request = {
    method: 'GET',
    path: pathOf(prefix, wait),
    headers: authorization(link),
    kind: 'read',
    signal,
  } as const;
  try {
    const take = (line: Buffer): void => {
      const event = readEvent(parseObject(line) ?? {}, prefix);
      if (event.isNews) throw new News(event.index);
    };
    const reply = await streamLines(node, request, { take, begun });
    // Of what it answers instead of a stream only that the history is too short is no error.
    if (reply.status !== 200) return parseAnswer(reply).index;
  } catch (error) {
    if (error instanceof News) return error.index;
    throw error;
  }
  throw new EndpointFailure('it ended the watch', { maybeApplied: false });
}

/** Ends the stream: what it was opened for has come. */
class News extends Error {
  readonly index: number;

  constructor(index: number) {
    super('news');
    this.index = index;
  }
}
