import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLsn } from '../../model/lsn.ts';
import type { TimelineSwitch } from '../../model/postgres.ts';

/**
 * Reads the text of a timeline history file (manual, "Timelines"): the timelines before `timeline`,
 * oldest first. Comments and lines that are none of this are left out. There is no limit to them
 * (A#1139).
 */
export function parseHistory(text: string, timeline: number): TimelineSwitch[] {
  const switches: TimelineSwitch[] = [];
  let last = 0;
  for (const line of text.split('\n')) {
    const [, number, position = '', reason = ''] =
      /^\s*(\d+)\s+(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
    const lsn = parseLsn(position);
    const before = Number(number);
    // A timeline comes from one with a lower number.
    if (number === undefined || lsn === undefined || before <= last || before >= timeline) continue;
    switches.push({ timeline: before, lsn, reason: reason.trim() });
    last = before;
  }
  return switches;
}

/** The name of a timeline's history file, as in `pg_wal`. */
export function historyFileName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

/** The histories of timelines, each read once: the file of a timeline never changes. */
export class Histories {
  #known: { readonly path: string; readonly switches: readonly TimelineSwitch[] } | undefined;

  /** Of a timeline in this data directory; empty where there is no file. */
  async read(dataDir: string, timeline: number): Promise<readonly TimelineSwitch[]> {
    if (timeline <= 1) return [];
    const path = join(dataDir, 'pg_wal', historyFileName(timeline));
    if (this.#known?.path === path) return this.#known.switches;
    try {
      const switches = parseHistory(await readFile(path, 'utf8'), timeline);
      this.#known = { path, switches };
      return switches;
    } catch {
      // It may come with the next WAL.
      return [];
    }
  }
}
