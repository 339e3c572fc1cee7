import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwnLeftover } from '../jobs/copy/data-directory.ts';

/** What is in a data directory, before anything is read that is in it. */
export type DirectoryContent = 'empty' | 'cluster' | 'invalid' | 'inaccessible';

/**
 * Looks into a data directory. One that is not there is empty; so is one with hidden files and the
 * file system's own `lost+found` alone, as it is for Patroni and initdb, and one in which a copy of
 * this agent was never finished.
 */
export async function directoryContent(dataDir: string): Promise<DirectoryContent> {
  try {
    const names = await readdir(dataDir);
    if (names.every(isOwnLeftover)) return 'empty';
    const [version, control] = await Promise.all([
      exists(join(dataDir, 'PG_VERSION')),
      exists(join(dataDir, 'global', 'pg_control')),
    ]);
    return version && control ? 'cluster' : 'invalid';
  } catch (error) {
    return isMissing(error) ? 'empty' : 'inaccessible';
  }
}

/**
 * Whether this is a base backup that has not been recovered. An exclusive backup, which PostgreSQL
 * had before 15, puts such a file into the directory of a running primary, where a crash leaves it.
 */
export async function hasBackupLabel(dataDir: string): Promise<boolean> {
  try {
    const label = await readFile(join(dataDir, 'backup_label'), 'utf8');
    return !/^BACKUP METHOD: pg_start_backup$/m.test(label);
  } catch (error) {
    // What cannot be read may be one: then only PostgreSQL may recover it.
    return !isMissing(error);
  }
}

/** The server starts in recovery, and stays there. */
export async function hasSignalFile(dataDir: string): Promise<boolean> {
  const files = ['standby.signal', 'recovery.signal'];
  return (await Promise.all(files.map((file) => exists(join(dataDir, file))))).includes(true);
}

/** The answer, or `late` where it takes too long: a disk that hangs must not hang the agent. */
export async function inTime<T>(answer: Promise<T>, ms: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** True when there is something at this path. Rejects when that cannot be told. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
