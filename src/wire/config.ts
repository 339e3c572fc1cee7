import type { ClusterConfig } from '../model/cluster.ts';
import { compactJson, parseRecord } from './json-text.ts';
import { parseSettings } from './settings.ts';

/**
 * The `config` document. What is not a map counts as an empty one, with `valid` false: Patroni acts
 * on the defaults then, and the document can still be replaced.
 */
export function parseConfig(
  text: string,
  version: string,
): { config: ClusterConfig; valid: boolean } {
  const data = parseRecord(text);
  const config = { data: data ?? {}, version, settings: parseSettings(data ?? {}) };
  return { config, valid: data !== undefined };
}

/** The `config` document as Patroni writes it. */
export function formatConfig(data: Readonly<Record<string, unknown>>): string {
  return compactJson(data);
}
