import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../conf/write-file.ts';

// A promotion takes the first number for which PostgreSQL finds no history file (timeline.c,
// findNewestTimeLine). For a number that another member has used, and whose file this one never
// got, a file without any history stands in its place.

const TEXT = '# pgherd: this timeline belongs to another member\n';

/** More numbers than this at once have been used by nobody. */
const MOST = 1000;

/** Name of a timeline's history file. */
export function historyFile(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

/**
 * Makes PostgreSQL take a number above `above` for its next timeline, and resolves with the paths
 * of the files that this took. They stay after the promotion: a standby that comes from before asks
 * its primary for the file of every number in between (walreceiver.c,
 * WalRcvFetchTimeLineHistoryFiles), and could not stream without.
 */
export async function reserveTimelines(
  dataDir: string,
  { own, above }: { readonly own: number; readonly above: number },
): Promise<string[]> {
  const walDir = join(dataDir, 'pg_wal');
  if (above - own > MOST) throw new Error(`no cluster has had ${above} timelines`);
  const there = new Set(await readdir(walDir));
  const placed: string[] = [];
  for (let timeline = own + 1; timeline <= above; timeline++) {
    const name = historyFile(timeline);
    if (there.has(name)) continue;
    await writeFile(join(walDir, name), TEXT, { mode: 0o600, flush: true, flag: 'wx' });
    placed.push(join(walDir, name));
  }
  if (placed.length > 0) await syncDirectory(walDir);
  return placed;
}

/** Removes what `reserveTimelines` placed for a promotion that did not come. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

/**
 * Removes placeholders above the own timeline: they would keep a standby from following a primary
 * on the timeline that such a number stands for.
 */
export async function clearPlaceholders(dataDir: string, own: number): Promise<void> {
  const walDir = join(dataDir, 'pg_wal');
  for (const name of await readdir(walDir)) {
    const digits = /^([0-9A-F]{8})\.history$/.exec(name)?.[1];
    if (digits === undefined || Number.parseInt(digits, 16) <= own) continue;
    const path = join(walDir, name);
    if ((await readFile(path, 'latin1')) === TEXT) await rm(path, { force: true });
  }
}
