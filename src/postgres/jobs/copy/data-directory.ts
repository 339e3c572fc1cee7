import { randomBytes } from 'node:crypto';
import { constants, type Dirent, existsSync } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { syncDirectory } from '../../conf/write-file.ts';

// A data directory is never removed before something better has taken its place, and what a link
// in it points to goes with it: the WAL, and tablespaces.

/**
 * Begins the names of what is kept inside a data directory that cannot be renamed. pg_basebackup
 * and pg_rewind pass over such names (PostgreSQL, PG_TEMP_FILE_PREFIX).
 */
const INSIDE = 'pgsql_tmp.pgherd';

const VERSION = 'PG_VERSION';

/**
 * True for what is no data though it is in a data directory: what this agent keeps in one that is a
 * mount point, and what file systems keep there themselves.
 */
export function isOwnLeftover(name: string): boolean {
  return name.startsWith(INSIDE) || name.startsWith('.') || name === 'lost+found';
}

/** There is nothing in it that could be data, or it is not there at all. */
export async function isEmptyDirectory(dataDir: string): Promise<boolean> {
  return (await contents(dataDir)).length === 0;
}

/** True when it can be renamed: it is no mount point, and the directory above is ours to change. */
async function isRenamable(path: string): Promise<boolean> {
  const above = dirname(path);
  try {
    await access(above, constants.W_OK);
    return (await stat(above)).dev === (await stat(path)).dev;
  } catch {
    return false;
  }
}

/** Where the directory really is; a link to it stays as it is. */
async function realDirectory(dataDir: string): Promise<string> {
  const path = resolve(dataDir);
  try {
    return await realpath(path);
  } catch {
    // It is not there yet.
    return path;
  }
}

/** Ends the name of a copy that is being made. */
const ID = /^[0-9a-f]{8}$/;

/** A path for what is to become the data directory, on the same disk; nothing is there yet. */
export async function newPlace(dataDir: string): Promise<string> {
  const id = randomBytes(4).toString('hex');
  const directory = await realDirectory(dataDir);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const beside = await isRenamable(directory);
  return beside ? `${directory}.new.${id}` : join(directory, `${INSIDE}.new.${id}`);
}

/** Removes what copies have left that were never finished. */
export async function removeUnfinished(dataDir: string): Promise<void> {
  const directory = await realDirectory(dataDir);
  await removeCopies(dirname(directory), `${basename(directory)}.new.`);
  await removeCopies(directory, `${INSIDE}.new.`);
}

async function removeCopies(folder: string, prefix: string): Promise<void> {
  for (const { name } of await entriesOf(folder)) {
    if (!name.startsWith(prefix) || !ID.test(name.slice(prefix.length))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Gives a finished copy its name. The data directory must be empty. */
export async function install(copy: string, dataDir: string): Promise<void> {
  const directory = await realDirectory(dataDir);
  // Beside something that is no data it cannot take the place of the directory itself.
  const taken = (await entriesOf(directory)).length > 0;
  if (taken) {
    await moveContents(copy, directory, 'last');
    await rm(copy, { recursive: true });
  } else {
    await rename(copy, directory);
  }
  await syncDirectory(dirname(directory));
}

/**
 * Renames the data directory to `<directory>.<UTC time>.failed`, and with it what its links point
 * to. Where it cannot be renamed, its contents are moved into a directory inside of it. Resolves
 * with the new path.
 */
export async function setAside(dataDir: string): Promise<string> {
  const directory = await realDirectory(dataDir);
  const suffix = `${new Date().toISOString().replace(/[-:.]/g, '')}.failed`;
  for (const link of await externalLinks(directory)) {
    const target = await realpath(link);
    await rename(target, `${target}.${suffix}`);
    await unlink(link);
    await symlink(`${target}.${suffix}`, link);
  }
  if (await isRenamable(directory)) {
    const aside = `${directory}.${suffix}`;
    await rename(directory, aside);
    await mkdir(directory, { mode: 0o700 });
    await syncDirectory(dirname(directory));
    return aside;
  }
  const aside = join(directory, `${INSIDE}.${suffix}`);
  await mkdir(aside, { mode: 0o700 });
  await moveContents(directory, aside, 'first');
  return aside;
}

/** True when parts of the data are elsewhere: a copy would meet them in its way. */
export async function reachesOutside(dataDir: string): Promise<boolean> {
  return (await externalLinks(await realDirectory(dataDir))).length > 0;
}

/** Removes what `setAside` made of a data directory, and what its links point to. */
export async function removeAside(aside: string): Promise<void> {
  for (const link of await externalLinks(aside)) {
    await rm(await realpath(link), { recursive: true, force: true });
  }
  await rm(aside, { recursive: true, force: true });
}

/** Empties a directory that held nothing but what was made in it just now. */
export async function removeContents(dataDir: string): Promise<void> {
  const directory = await realDirectory(dataDir);
  for (const link of await externalLinks(directory)) {
    await rm(await realpath(link), { recursive: true, force: true });
  }
  for (const { name } of await contents(directory)) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

/**
 * Moves everything, which is not one step: with the file that makes a data directory of it first
 * where one goes, and last where one comes, so that half of one is never taken for one.
 */
async function moveContents(from: string, to: string, version: 'first' | 'last'): Promise<void> {
  const names = (await contents(from)).map(({ name }) => name).filter((name) => name !== VERSION);
  const ordered = version === 'first' ? [VERSION, ...names] : [...names, VERSION];
  for (const name of ordered) {
    if (name === VERSION && !existsSync(join(from, name))) continue;
    await rename(join(from, name), join(to, name));
  }
  await syncDirectory(to);
}

async function contents(directory: string): Promise<Dirent[]> {
  return (await entriesOf(directory)).filter(({ name }) => !isOwnLeftover(name));
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** `pg_wal` and tablespaces that are links to directories. */
async function externalLinks(directory: string): Promise<string[]> {
  const tablespaces = join(directory, 'pg_tblspc');
  const entries = await entriesOf(tablespaces);
  const numbered = entries.filter(({ name }) => /^\d+$/.test(name));
  const paths = [join(directory, 'pg_wal'), ...numbered.map(({ name }) => join(tablespaces, name))];
  const found: string[] = [];
  for (const path of paths) if (await isLinkToDirectory(path)) found.push(path);
  return found;
}

async function isLinkToDirectory(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return false;
    return (await stat(path)).isDirectory();
  } catch (error) {
    // A link that leads nowhere, or no such name.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
