import { EndpointFailure } from '../failure.ts';
import { type HttpEndpoint, parseObject } from '../http.ts';
import { streamLines } from '../lines.ts';
import { authorization, type Etcd2Link, parseAnswer, pathOf } from './api.ts';
import { type Event, readEvent } from './events.ts';

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
 *
 * One request per event: a stream that is given an event of the past ends with it in silence, since
 * etcd does not count it among its watchers then (etcd 3.4, `v2store/watcher_hub.go`).
 */
export async function watchOnce(
  link: Etcd2Link,
  node: HttpEndpoint,
  { prefix, after, signal, begun }: WatchFor,
): Promise<number> {
  for (let known = after; ; ) {
    const request = {
      method: 'GET',
      path: pathOf(prefix, { wait: 'true', recursive: 'true', waitIndex: String(known + 1) }),
      headers: authorization(link),
      kind: 'read',
      signal,
    } as const;
    let event: Event | undefined;
    const take = (line: Buffer): void => {
      event ??= readEvent(parseObject(line) ?? {}, prefix);
    };
    const reply = await streamLines(node, request, { take, begun });
    // Of what it answers instead of an event only that the history is too short is no error.
    if (reply.status !== 200) return parseAnswer(reply).index;
    if (!event || event.index <= known) {
      throw new EndpointFailure('it ended the watch', { maybeApplied: false });
    }
    if (event.isNews) return event.index;
    known = event.index;
  }
}
