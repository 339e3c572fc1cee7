import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  claimForRelease,
  finish,
  type KeptSession,
  type SessionPlace,
} from '../../dcs/kept-session.ts';
import { findLock } from '../../dcs/release-lock.ts';
import { serverProcesses } from '../../postgres/jobs/server-processes.ts';
import { readNotes } from './notes.ts';
import { sessionFiles } from './session-files.ts';

/** One request to etcd, to all of its servers if need be. */
const REQUEST_MS = 3000;
/** An agent whose files are closed is not quite dead yet. */
const DYING_MS = 1000;
const LOOK_MS = 10;

/**
 * Gives the lock of a dead agent away, which would last until its lease ends. Done by a program of
 * its own that the guard starts when it knows that no PostgreSQL is left; what it needs is in the
 * state directory. Returns what came of it, in one sentence. Rejects with a `DcsError` when etcd
 * does not answer: the lease then ends by itself.
 */
export async function releaseLock(stateDir: string, warn: (text: string) => void): Promise<string> {
  const notes = readNotes(stateDir);
  if (!notes) return 'nothing is known of the store';
  const { scope, name, dataDir } = notes;
  const place = sessionFiles({ stateDir, scope, name, warn });
  const session = await abandoned(place);
  if (typeof session === 'string') return session;
  const what = { settings: notes, session: session.id };
  const lock = await findLock({ ...what, timeoutMs: REQUEST_MS, readFile, warn });
  if (!lock) return 'the lock is not ours';
  if (!finish(claimForRelease(place, session.id))) return 'an agent has come back';
  // Now nobody can start a primary any more. Between the guard's look, which is another, and this
  // one an agent may have come, started PostgreSQL, and died.
  if (serverProcesses(dataDir).length > 0) {
    place.giveBack();
    return 'PostgreSQL runs';
  }
  try {
    await lock.giveAway();
    return `${name} has the lock no more`;
  } finally {
    // Whether it was done, or may still be done: nobody may go on with this session.
    place.discard();
  }
}

/** The session, when its owner is dead; else why not. */
async function abandoned(place: SessionPlace): Promise<KeptSession | string> {
  const until = performance.now() + DYING_MS;
  for (;;) {
    const session = place.kept();
    if (session === undefined) return 'there is no session';
    if (session.owner === 'dead') return session;
    if (session.owner === 'unknown') return 'nobody knows whose the session is';
    if (performance.now() >= until) return 'an agent has the session';
    await delay(LOOK_MS);
  }
}
