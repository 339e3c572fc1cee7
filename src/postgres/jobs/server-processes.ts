import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import {
  findProcess,
  type ProcessEntry,
  type ProcessIdentity,
  signalProcess,
  waitForExit,
} from '../process-table.ts';

// Processes of PostgreSQL that work in a data directory, whether or not its files name them. All
// processes of the host are looked at: this is for jobs, not for every look.

/** All of them: the postmaster, if there is one, sessions, helpers, and single-user servers. */
export function serverProcesses(dataDir: string): ProcessEntry[] {
  let path: string;
  try {
    path = realpathSync(dataDir);
  } catch {
    // No directory: nobody works in it.
    return [];
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => workingDirectory(pid) === path)
    .map((pid) => findProcess(Number(pid)))
    .filter((entry) => entry !== undefined)
    .filter(({ name }) => name === 'postgres' || name === 'postmaster');
}

/** The one that has started others of them, also when somebody has removed its pid file. */
export function unlistedPostmaster(dataDir: string): ProcessIdentity | undefined {
  const processes = serverProcesses(dataDir);
  return processes.find(({ pid }) => processes.some(({ parent }) => parent === pid));
}

/**
 * Kills what a postmaster that is gone has left, and resolves when it is gone too: true. Sessions
 * outlive a postmaster that was killed until they look for it; they may commit meanwhile, and keep
 * another from starting.
 */
export async function killOrphans(dataDir: string): Promise<boolean> {
  if (unlistedPostmaster(dataDir)) return false;
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
