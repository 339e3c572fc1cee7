import { join } from 'node:path';
import { formatLsn, parseLsn } from '../../model/lsn.ts';
import type { ControlData } from '../control-data.ts';
import type { DataPlace } from '../postmaster.ts';
import { programPath } from '../programs.ts';
import { runProgram } from '../run-program.ts';
import { exists } from './directory.ts';

/** How the WAL of a server ends that was shut down cleanly as a primary. LSNs are in bytes. */
export interface WalEnd {
  /** The end of its last record, a checkpoint. */
  readonly end: number;
  /**
   * What a standby that has all data has got at least: the begin of that record; or of the switch
   * to another file that an archiving server writes before it, as in Patroni
   * (latest_checkpoint_locations).
   */
  readonly data: number;
}

/** A record of WAL, as `pg_waldump` prints it. */
export interface WalRecordLine {
  readonly lsn: number;
  readonly previous: number;
  /** Bytes, without page headers that it may be cut by. */
  readonly length: number;
  readonly description: string;
}

const RECORD = new RegExp(
  [
    /^rmgr:\s+\S+\s+len \(rec\/tot\):\s*\d+\/\s*(\d+),\s+tx:\s*\d+,\s+/,
    /lsn:\s*(\S+),\s+prev\s+(\S+),.*?\bdesc:\s*(.*)$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/**
 * Understands a line of `pg_waldump`; undefined when it is none. The numbers of LSNs have been
 * padded in some versions and not in others.
 */
export function parseWalRecord(line: string): WalRecordLine | undefined {
  const found = RECORD.exec(line);
  const lsn = parseLsn(found?.[2] ?? '');
  const previous = parseLsn(found?.[3] ?? '');
  if (!found || lsn === undefined || previous === undefined) return undefined;
  return { lsn, previous, length: Number(found[1]), description: (found[4] ?? '').trim() };
}

/** Page headers (xlog_internal.h): the first of a file is longer. */
const LONG_HEADER = 40;
const SHORT_HEADER = 24;
/** Records begin at multiples of this (MAXALIGN on 64-bit machines). */
const ALIGNMENT = 8;

/** Where a record ends: the next one begins there, or behind a page header. */
export function recordEnd(
  { lsn, length }: Pick<WalRecordLine, 'lsn' | 'length'>,
  { walPage, walSegment }: Pick<ControlData, 'walPage' | 'walSegment'>,
): number {
  let position = lsn;
  let left = length;
  for (;;) {
    const room = walPage - (position % walPage);
    if (left <= room) return Math.ceil((position + left) / ALIGNMENT) * ALIGNMENT;
    left -= room;
    position += room;
    position += position % walSegment === 0 ? LONG_HEADER : SHORT_HEADER;
  }
}

/** `pg_waldump` at the end of the WAL of a server that was shut down: run once for each end. */
export class LastRecords {
  #known: { readonly key: string; readonly end: WalEnd } | undefined;

  /** Undefined where the tool cannot tell. */
  async read(place: DataPlace, data: ControlData): Promise<WalEnd | undefined> {
    const key = `${place.dataDir} ${data.checkpointTimeline} ${data.checkpointLsn}`;
    if (this.#known?.key === key) return this.#known.end;
    const end = await readWalEnd(place, data);
    if (end) this.#known = { key, end };
    return end;
  }
}

async function readWalEnd(place: DataPlace, data: ControlData): Promise<WalEnd | undefined> {
  const checkpoint = await dumpRecord(place, data, data.checkpointLsn);
  if (!checkpoint || !/^CHECKPOINT\w*\b.*\bshutdown$/i.test(checkpoint.description)) {
    return undefined;
  }
  const end = recordEnd(checkpoint, data);
  // After a switch the checkpoint is the first record of its file.
  if (data.checkpointLsn % data.walSegment !== LONG_HEADER) return { end, data: checkpoint.lsn };
  const before = await dumpRecord(place, data, checkpoint.previous);
  const switched = before && /^(?:xlog switch|SWITCH)\b/i.test(before.description);
  return { end, data: switched ? before.lsn : checkpoint.lsn };
}

async function dumpRecord(
  place: DataPlace,
  { checkpointTimeline, walSegment }: ControlData,
  lsn: number,
): Promise<WalRecordLine | undefined> {
  const folder = join(place.dataDir, 'pg_wal');
  // For a file that was removed already the tool would wait five seconds.
  const file = walFileName({ timeline: checkpointTimeline, lsn, walSegment });
  if (!(await exists(join(folder, file)))) return undefined;
  const { stdout } = await runProgram({
    path: programPath(place, 'pg_waldump'),
    args: ['-p', folder, '-t', `${checkpointTimeline}`, '-s', formatLsn(lsn), '-n', '1'],
    env: { LC_ALL: 'C', LANG: 'C', LANGUAGE: 'C' },
    timeoutMs: 1000,
  });
  const record = parseWalRecord(stdout.split('\n')[0] ?? '');
  return record?.lsn === lsn ? record : undefined;
}

/** The file that has this position of a timeline, as in `pg_wal`. */
export function walFileName(at: {
  readonly timeline: number;
  readonly lsn: number;
  readonly walSegment: number;
}): string {
  const perId = 0x1_0000_0000 / at.walSegment;
  const segment = Math.floor(at.lsn / at.walSegment);
  return [at.timeline, Math.floor(segment / perId), segment % perId]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}
