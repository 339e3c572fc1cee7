import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Number of the System V shared memory of a server: the second word of line 7 of `postmaster.pid`
 * (PostgreSQL, pidfile.h). Undefined: it has none.
 */
export function sharedMemoryOf(dataDir: string): string | undefined {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8').split('\n')[6]?.trim().split(/\s+/)[1];
}

/**
 * Gives back the System V shared memory of a server that was killed: the kernel keeps it, and has
 * room for some thousands of segments only.
 */
export function removeSharedMemoryOf(dataDir: string): void {
  const id = sharedMemoryOf(dataDir);
  if (id === undefined) return;
  try {
    execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
  } catch {
    // The server has taken it away itself.
  }
}
