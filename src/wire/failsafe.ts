import { compactJson, parseRecord } from './json-text.ts';

/** The `failsafe` document: member name → URL of its REST API; undefined when it is not a map. */
export function parseFailsafe(text: string): Readonly<Record<string, string>> | undefined {
  const record = parseRecord(text);
  if (!record) return undefined;
  const entries = Object.entries(record).filter(([, url]) => typeof url === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The `failsafe` document as Patroni writes it. */
export function formatFailsafe(members: Readonly<Record<string, string>>): string {
  return compactJson(members);
}
