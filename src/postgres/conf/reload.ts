import { setTimeout as delay } from 'node:timers/promises';
import type { Postmaster } from '../postmaster.ts';
import { type ProcessIdentity, signalProcess } from '../process-table.ts';
import { type Asked, configLoadTime } from './ask-server.ts';

const RELOAD_MS = 5000;
const POLL_MS = 5;

/**
 * Tells the server to read its files again, and resolves when it has: true. While it takes no
 * connections it is told, and nothing is waited for: false. Rejects when it does not do it in time.
 */
export async function reload(postmaster: Postmaster, session: Asked): Promise<boolean> {
  const { identity, pidFile } = postmaster;
  if (pidFile.status !== 'ready') {
    signalProcess(identity, 'SIGHUP');
    return false;
  }
  const before = await loadTimeBefore(session, identity);
  if (!signalProcess(identity, 'SIGHUP')) throw new Error('the server has gone');
  const deadline = performance.now() + RELOAD_MS;
  while ((await configLoadTime(session)) === before) {
    if (performance.now() > deadline) throw new Error('PostgreSQL did not read its configuration');
    await delay(POLL_MS);
  }
  return true;
}

/** A server that lets nobody in is told all the same: the files may be what opens it again. */
async function loadTimeBefore(session: Asked, identity: ProcessIdentity): Promise<string> {
  try {
    return await configLoadTime(session);
  } catch (error) {
    signalProcess(identity, 'SIGHUP');
    throw error;
  }
}
