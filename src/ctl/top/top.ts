import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { list } from '../list/list.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

export interface TopOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  /** Seconds between two looks, as the person wrote it. */
  readonly interval: string;
}

/** Seconds that make sense: faster is a burden on the members, slower no live view. */
const INTERVAL = { least: 0.1, most: 3600 };

/**
 * Shows a cluster live on the whole terminal, until a key ends it. Where there is no terminal for
 * that it is `list -w` with the lag in seconds, and under `--json`, which prints one document, one
 * look of it.
 */
export async function top(session: Session, options: TopOptions): Promise<Result> {
  const seconds = intervalSeconds(options.interval);
  const scope = requireScope(session, options.cluster);
  const { group } = options;
  const { io, clock } = session;
  if (!io.interactive || !io.stdoutIsTerminal || session.env.TERM === 'dumb' || io.json) {
    const how = { extended: false, timestamp: false, all: false, lagTime: true };
    const watch = io.json ? undefined : seconds;
    return list(session, { clusters: [scope], group, format: 'pretty', ...how, watch });
  }
  const readMs = clock.monotonic();
  // What is wrong with the name or the store is said before the screen is taken.
  const view = await readCluster(session, scope, group);
  const { live } = await import('./live.ts');
  const first = { view, readMs, failure: undefined, heard: new Map() };
  await live(session, { scope, group, everyMs: seconds * 1000 }, first);
  return done(null);
}

function intervalSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= INTERVAL.least && seconds <= INTERVAL.most) return seconds;
  const message = `--interval wants seconds from ${INTERVAL.least} to ${INTERVAL.most}`;
  throw new Refusal('usage', `${message}, not "${printable(text)}"`, { usage: true });
}
