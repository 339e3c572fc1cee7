import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The text of a file; undefined when there is none. Rejects when it cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes the file have this text and these permissions, and says whether it had another text. Who
 * reads it meanwhile sees the old text or the new one, also after the host has crashed; nobody ever
 * sees it with wider permissions, whatever the umask.
 */
export async function writeIfChanged(path: string, text: string, mode: number): Promise<boolean> {
  const before = await readIfThere(path);
  if (before === text && (await permissionsOf(path)) === mode) return false;
  const temporary = `${path}.pgherd-new`;
  // What is left there is of an agent that died.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode & 0o600);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
  return before !== text;
}

/** Resolves when the names in a directory are on disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory: FileHandle = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Permissions for files in a data directory: those of its group too where the directory is open to
 * it (initdb --allow-group-access), else its owner's only (manual, "Creating a Database Cluster").
 */
export async function fileModeIn(dataDir: string): Promise<number> {
  const { mode } = await stat(dataDir);
  return (mode & 0o050) === 0o050 ? 0o640 : 0o600;
}

async function permissionsOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
