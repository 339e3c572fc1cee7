import type { HistoryLine } from '../../model/cluster.ts';

/** The reason in a line of the history of which only a promotion that was begun is known. */
export const BEGUN = 'promotion begun';

/** The timeline is taken; whether anybody has written on it is not known. */
export function isClaim(line: HistoryLine | undefined): boolean {
  return line?.[2] === BEGUN;
}

/** The number that a history claims; undefined: none. */
export function claimedTimeline(history: readonly HistoryLine[] = []): number | undefined {
  const left = history.findLast(isClaim)?.[0];
  return typeof left === 'number' ? left + 1 : undefined;
}
