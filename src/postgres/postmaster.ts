import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findProcess, isThread, type ProcessEntry, type ProcessIdentity } from './process-table.ts';
import { type ProgramPlaces, programPath } from './programs.ts';

/** What `postmaster.pid` says (PostgreSQL, pidfile.h; lines 1 to 8). It may be stale. */
export interface PidFile {
  readonly pid: number;
  /** A server without postmaster (`postgres --single`) works on the data. */
  readonly standalone: boolean;
  /** As the postmaster was given it. */
  readonly dataDir: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly port: number;
  /** Where its Unix socket is; `''`: it has none. */
  readonly socketDir: string;
  /** One address that it listens on, `*` for all; `''`: none. */
  readonly listenAddress: string;
  /** `standby`: it recovers, and lets nobody read meanwhile. Undefined: not written yet. */
  readonly status: 'starting' | 'stopping' | 'ready' | 'standby' | undefined;
}

/** A postmaster that runs on a data directory. */
export interface Postmaster {
  readonly identity: ProcessIdentity;
  readonly pidFile: PidFile;
}

export type DataPlace = ProgramPlaces & { readonly dataDir: string };

const STATUSES = ['starting', 'stopping', 'ready', 'standby'] as const;

/** Reads the text of `postmaster.pid`; undefined when there is no process number in it. */
export function parsePidFile(text: string): PidFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const [pid = '', dataDir = '', started, port, socketDir = '', listenAddress = ''] = lines;
  if (!/^-?\d+$/.test(pid) || Math.abs(Number(pid)) <= 1) return undefined;
  return {
    pid: Math.abs(Number(pid)),
    standalone: pid.startsWith('-'),
    dataDir,
    startedAt: Number(started) || 0,
    port: Number(port) || 0,
    socketDir,
    listenAddress,
    status: STATUSES.find((status) => status === lines[7]),
  };
}

/** Where the postmaster of this data directory writes what `PidFile` says. */
export function pidFilePath(dataDir: string): string {
  return join(dataDir, 'postmaster.pid');
}

/** Reads `postmaster.pid`; undefined: it is not there, or makes no sense. */
export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  try {
    return parsePidFile(await readFile(pidFilePath(dataDir), 'utf8'));
  } catch {
    // No file: no server. A directory that cannot be read at all is found out elsewhere.
    return undefined;
  }
}

/**
 * The postmaster that runs on this data directory; undefined: none does, whatever stale file a
 * crash or a copy has left.
 */
export async function findPostmaster(place: DataPlace): Promise<Postmaster | undefined> {
  const pidFile = await readPidFile(place.dataDir);
  if (pidFile === undefined || pidFile.standalone) return undefined;
  const identity = await provePostmaster(place, pidFile);
  return identity && { identity, pidFile };
}

/**
 * Whether the process that the file names is the postmaster of this very directory: neither a
 * process nor a thread that got the number later, nor one of another directory (P#681, P#3516).
 */
export async function provePostmaster(
  place: DataPlace,
  { pid }: PidFile,
): Promise<ProcessIdentity | undefined> {
  const entry = findProcess(pid);
  if (entry === undefined || !isNamedPostgres(entry, place) || isThread(pid)) return undefined;
  // A postmaster makes its data directory its working directory. The times of the file and of the
  // process are not compared: the wall clock may have been set since.
  if (!(await isSameDirectory(`/proc/${pid}/cwd`, place.dataDir))) return undefined;
  const { startTicks } = entry;
  return findProcess(pid)?.startTicks === startTicks ? { pid, startTicks } : undefined;
}

function isNamedPostgres({ name }: ProcessEntry, place: ProgramPlaces): boolean {
  const configured = basename(programPath(place, 'postgres')).slice(0, 15);
  return name === 'postgres' || name === 'postmaster' || name === configured;
}

/** True when both paths lead to one directory; false where one of them cannot be looked at. */
export async function isSameDirectory(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(one), stat(other)]);
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    // The process of another user, or gone: no postmaster of ours.
    return false;
  }
}
