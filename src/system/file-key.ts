import { stat } from 'node:fs/promises';

/** A change within this time of the look may be followed by one with the same time stamp. */
const SETTLED_MS = 2000;

/**
 * What changes with each change of a file; undefined: it changes just now, or it is not there.
 * Never rejects.
 */
export async function fileKey(path: string): Promise<string | undefined> {
  try {
    const { ino, mtimeMs } = await stat(path);
    return Math.abs(Date.now() - mtimeMs) < SETTLED_MS ? undefined : `${path} ${ino} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}
