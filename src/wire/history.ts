import type { HistoryLine } from '../model/cluster.ts';
import { parseOrNothing } from './json-text.ts';

/** The `history` document: a list of lines; undefined when it is not a list of lists. */
export function parseHistory(text: string): readonly HistoryLine[] | undefined {
  const value = parseOrNothing(text);
  if (!Array.isArray(value) || !value.every((line) => Array.isArray(line))) return undefined;
  return value as readonly HistoryLine[];
}
