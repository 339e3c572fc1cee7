import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { findProcess, type ProcessIdentity, signalProcess, waitForExit } from '../process-table.ts';

/**
 * Processes of PostgreSQL that work in this data directory. Sessions outlive a postmaster that was
 * killed for as long as they do not look for it, and until then they may commit.
 */
export function serverProcesses(dataDir: string): ProcessIdentity[] {
  let path: string;
  try {
    path = realpathSync(dataDir);
  } catch {
    // No directory: nobody works in it.
    return [];
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const here = pids.filter((pid) => workingDirectory(pid) === path);
  return here
    .map((pid) => findProcess(Number(pid)))
    .filter((entry) => entry?.name === 'postgres')
    .filter((entry) => entry !== undefined)
    .map(({ pid, startTicks }) => ({ pid, startTicks }));
}

/** Kills them; true when they are gone. */
export async function killOrphans(dataDir: string): Promise<boolean> {
  const orphans = serverProcesses(dataDir);
  for (const orphan of orphans) signalProcess(orphan, 'SIGKILL');
  return waitForExit(orphans, { timeoutMs: 10_000 });
}

/** Undefined: it has ended, or it is another user's. */
function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
