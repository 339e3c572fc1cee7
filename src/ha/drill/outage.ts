import type { Outage } from '../../model/drill.ts';

/** An answer that a probe got, on the monotonic clock. */
export interface Answered {
  readonly atMs: number;
  readonly member: string;
}

/** A stretch of time on the same clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The longest time between two answers that touches a span of time. `answers` are in the order of
 * their times, from all members together. It counts from the last answer before the span, and up to
 * the end of the span where nothing was answered any more. The true outage is shorter by up to the
 * interval of the probe. Null without any answer: then nothing was measured.
 */
export function longestOutage(answers: readonly Answered[], { fromMs, toMs }: Span): Outage | null {
  const before = answers.findLast(({ atMs }) => atMs <= fromMs);
  const within = answers.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const all = before ? [before, ...within] : within;
  const [first, ...rest] = all;
  if (!first) return null;
  let last = first;
  let longest: Outage | undefined;
  for (const next of rest) {
    const gap = gapOf(last, next);
    if (!longest || gap.ms > longest.ms) longest = gap;
    last = next;
  }
  const open = toMs - last.atMs;
  if (longest && longest.ms >= open) return longest;
  return {
    ms: round(open),
    fromMs: last.atMs,
    toMs,
    before: last.member,
    after: null,
    ended: false,
  };
}

function gapOf(last: Answered, next: Answered): Outage {
  return {
    ms: round(next.atMs - last.atMs),
    fromMs: last.atMs,
    toMs: next.atMs,
    before: last.member,
    after: next.member,
    ended: true,
  };
}

/** Up: what is measured is never shown shorter than it was. */
function round(ms: number): number {
  return Math.ceil(Math.max(0, ms));
}

/** How many of the rows that were acknowledged are not there. */
export function lostRows(acknowledged: readonly number[], present: ReadonlySet<number>): number {
  return acknowledged.filter((id) => !present.has(id)).length;
}
