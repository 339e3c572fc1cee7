import { EndpointFailure } from './failure.ts';
import type { HttpEndpoint, HttpReply, HttpRequest } from './http.ts';

/** A line as long as this is none of etcd's. */
const LINE_LIMIT = 64 * 1024 * 1024;

/** What hears a stream: that it begins, and its lines. */
export interface LineListener {
  begun?(): void;
  /** What it throws ends the stream. */
  take(line: Buffer): void;
}

/**
 * Gives out a stream line by line, until the server ends it: as `HttpEndpoint.stream`. Rejects with
 * what the listener throws.
 */
export async function streamLines(
  http: HttpEndpoint,
  request: HttpRequest,
  { take, begun }: LineListener,
): Promise<HttpReply> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  request.signal.addEventListener('abort', forward);
  if (request.signal.aborted) stop.abort();
  let problem: unknown;
  const split = lineSplitter(take);
  const tell = (part: Buffer): void => {
    try {
      if (!stop.signal.aborted) split(part);
    } catch (error) {
      problem = error;
      stop.abort();
    }
  };
  try {
    return await http.stream({ ...request, signal: stop.signal }, tell, begun);
  } catch (error) {
    throw problem ?? error;
  } finally {
    request.signal.removeEventListener('abort', forward);
  }
}

function lineSplitter(take: (line: Buffer) => void): (part: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (part) => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (line.length > 0) take(line);
    }
    if (rest.length > LINE_LIMIT) {
      throw new EndpointFailure('its answer is larger than 64 MiB', { maybeApplied: true });
    }
  };
}
