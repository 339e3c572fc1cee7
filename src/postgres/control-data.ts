import { join } from 'node:path';
import { parseLsn } from '../model/lsn.ts';
import { fileKey } from '../system/file-key.ts';
import { type ProgramPlaces, programPath } from './programs.ts';
import { runProgram } from './run-program.ts';

/** What `pg_controldata` says of a data directory. LSNs are in bytes, 0 where there is none. */
export interface ControlData {
  readonly systemId: string;
  /** `Database cluster state`, e.g. `in production`, `shut down in recovery`. */
  readonly state: string;
  /** Where the record of the last checkpoint begins, and its timeline. */
  readonly checkpointLsn: number;
  readonly checkpointTimeline: number;
  /** Where recovery must come to before the data are consistent; timeline 0: nowhere. */
  readonly minRecoveryLsn: number;
  readonly minRecoveryTimeline: number;
  readonly walLevel: string;
  readonly walLogHints: boolean;
  readonly checksums: boolean;
  /** Bytes in a page, and in a file, of WAL. */
  readonly walPage: number;
  readonly walSegment: number;
  /** The settings that a standby must not have lower than its primary had, and the one after. */
  readonly settings: ControlSettings;
}

/** Settings as PostgreSQL's parameters are called. */
export interface ControlSettings {
  readonly max_connections: number;
  readonly max_worker_processes: number;
  readonly max_wal_senders: number;
  readonly max_prepared_transactions: number;
  readonly max_locks_per_transaction: number;
  readonly track_commit_timestamp: boolean;
}

export type ControlDataResult =
  | { readonly ok: true; readonly data: ControlData }
  | { readonly ok: false; readonly failure: string };

/**
 * Runs `pg_controldata` on a data directory; PostgreSQL 12 to 18. Never rejects. The program must
 * be of the major version of the data: another one warns, and what it prints is not believed.
 */
export async function readControlData(
  places: ProgramPlaces,
  dataDir: string,
  timeoutMs = 5000,
): Promise<ControlDataResult> {
  const result = await runProgram({
    path: programPath(places, 'pg_controldata'),
    args: ['-D', dataDir],
    env: { LC_ALL: 'C', LANG: 'C', LANGUAGE: 'C' },
    timeoutMs,
  });
  if (result.failure !== undefined) {
    return { ok: false, failure: [result.failure, lastLine(result.stderr)].join(': ') };
  }
  // A running server may have written to the file while it was read.
  if (/warning/i.test(result.stdout + result.stderr)) {
    return { ok: false, failure: 'pg_controldata warns of a wrong checksum or version' };
  }
  const data = parseControlData(result.stdout);
  return data ? { ok: true, data } : { ok: false, failure: 'pg_controldata says too little' };
}

/** Reads what `pg_controldata` prints in English; undefined when what matters is not there. */
export function parseControlData(text: string): ControlData | undefined {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) lines.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const word = (label: string): string => lines.get(label) ?? '';
  const number = (label: string): number => Number.parseInt(word(label), 10) || 0;
  const lsn = (label: string): number => parseLsn(word(label)) ?? 0;
  const on = (label: string): boolean => word(label) === 'on';
  const systemId = word('Database system identifier');
  const state = word('Database cluster state');
  if (!/^\d+$/.test(systemId) || state === '') return undefined;
  return {
    systemId,
    state,
    checkpointLsn: lsn('Latest checkpoint location'),
    checkpointTimeline: number("Latest checkpoint's TimeLineID"),
    minRecoveryLsn: lsn('Minimum recovery ending location'),
    minRecoveryTimeline: number("Min recovery ending loc's timeline"),
    walLevel: word('wal_level setting'),
    walLogHints: on('wal_log_hints setting'),
    checksums: number('Data page checksum version') > 0,
    walPage: number('WAL block size'),
    walSegment: number('Bytes per WAL segment'),
    settings: {
      max_connections: number('max_connections setting'),
      max_worker_processes: number('max_worker_processes setting'),
      max_wal_senders: number('max_wal_senders setting'),
      max_prepared_transactions: number('max_prepared_xacts setting'),
      max_locks_per_transaction: number('max_locks_per_xact setting'),
      track_commit_timestamp: on('track_commit_timestamp setting'),
    },
  };
}

/** `pg_controldata` of one data directory, run only when its control file has changed. */
export class ControlFile {
  #known: { readonly key: string; readonly result: ControlDataResult } | undefined;

  async read(places: ProgramPlaces, dataDir: string): Promise<ControlDataResult> {
    const key = await fileKey(join(dataDir, 'global', 'pg_control'));
    if (key !== undefined && this.#known?.key === key) return this.#known.result;
    const result = await readControlData(places, dataDir);
    this.#known = key !== undefined && result.ok ? { key, result } : undefined;
    return result;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
