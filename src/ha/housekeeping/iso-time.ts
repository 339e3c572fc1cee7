import type { Timestamp } from '../facts.ts';

/** A moment as Python's `isoformat()` prints it in UTC: `2026-01-14T10:09:57.139000+00:00`. */
export function isoOf(wall: Timestamp): string {
  const text = new Date(wall).toISOString();
  return text.replace('.000Z', 'Z').replace(/(\.\d{3})?Z$/, (_, millis: string | undefined) => {
    return `${millis === undefined ? '' : `${millis}000`}+00:00`;
  });
}
