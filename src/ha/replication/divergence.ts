import type { SourceReport, TimelineSwitch } from '../../model/postgres.ts';

/** Where this node's data are: on which timeline, up to where, and how it came there. */
export interface Position {
  readonly timeline: number;
  /** What cannot be undone without pg_rewind: replayed or written, not only received. */
  readonly lsn: number;
  readonly history: readonly TimelineSwitch[];
  /** It was the primary that wrote the end of it. */
  readonly wasPrimary: boolean;
}

/**
 * Whether data can go on from a source's WAL. `diverged`: they hold WAL that is not in the
 * source's history, and need pg_rewind or a new copy. `forked`: the same timeline was begun twice;
 * pg_rewind sees no difference then, and only a new copy helps. Ancestry is compared, not numbers
 * (P#2120, A#1161).
 */
export function compareHistory(
  own: Position,
  source: SourceReport & { readonly ok: true },
): 'follows' | 'diverged' | 'forked' {
  const theirs = new Map(source.history.map(({ timeline, lsn }) => [timeline, lsn]));
  const sameTimeline = own.timeline === source.timeline;
  for (const { timeline, lsn } of own.history) {
    // A timeline that we left must have been left by the source at the same place.
    if (theirs.get(timeline) !== lsn) return sameTimeline ? 'forked' : 'diverged';
  }
  if (sameTimeline) {
    // Each timeline has one primary. If it was this server, then the source is on another one.
    const twice = own.wasPrimary && !source.inRecovery;
    return twice || own.history.length !== source.history.length ? 'forked' : 'follows';
  }
  const left = theirs.get(own.timeline);
  return left !== undefined && own.lsn <= left ? 'follows' : 'diverged';
}
