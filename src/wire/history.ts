import type { HistoryLine } from '../model/cluster.ts';
import { compactJson, parseOrNothing } from './json-text.ts';

/** The `history` document: a list of lines; undefined when it is not a list of lists. */
export function parseHistory(text: string): readonly HistoryLine[] | undefined {
  const value = parseOrNothing(text);
  if (!Array.isArray(value) || !value.every((line) => Array.isArray(line))) return undefined;
  return value as readonly HistoryLine[];
}

/** The `history` document as Patroni writes it. */
export function formatHistory(lines: readonly HistoryLine[]): string {
  return compactJson(lines);
}
