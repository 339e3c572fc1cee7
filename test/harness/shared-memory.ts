import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Gives back the System V shared memory of a server that was killed: the kernel keeps it, and has
 * room for some thousands of segments only. Line 7 of `postmaster.pid` is its key and its number
 * (PostgreSQL's manual, 19.4.1, and `pidfile.h`).
 */
export function removeSharedMemoryOf(dataDir: string): void {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const id = readFileSync(file, 'utf8').split('\n')[6]?.trim().split(/\s+/)[1];
  if (id === undefined) return;
  try {
    execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
  } catch {
    // The server has taken it away itself.
  }
}
