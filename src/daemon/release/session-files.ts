import { linkSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionMemory } from '../../dcs/agent-dcs.ts';
import {
  claimSession,
  finish,
  type KeptSession,
  type SessionPlace,
} from '../../dcs/kept-session.ts';
import { findProcess } from '../../postgres/process-table.ts';
import { moveDurably } from '../../system/durable-file.ts';
import { type Content, type StateContext, StateFile } from '../state-file.ts';

const KEPT = 'session.json';
/** What a process has taken. Left behind by one that died with it. */
const TAKEN = /^session-(\d+)\.json$/;

/**
 * The session with the store, in `session.json`, with the process that wrote it; what is taken gets
 * the number of its taker into its name. What is no use counts as nothing, with a warning.
 */
export function sessionFiles(context: StateContext): SessionPlace {
  const kept = new StateFile(KEPT, context);
  const taken = new StateFile(`session-${process.pid}.json`, context);
  const owner = identity();
  return {
    kept: () => sessionOf(kept),
    take: () => taken.attempt('cannot be taken', () => moveDurably(kept.path, taken.path)) ?? false,
    taken: () => sessionOf(taken),
    keep: (id) => kept.write({ id, ...owner }),
    giveBack() {
      taken.attempt('cannot be given back', () => {
        linkUnlessThere(taken.path, kept.path);
        rmSync(taken.path);
      });
    },
    discard() {
      taken.attempt('cannot be removed', () => rmSync(taken.path, { force: true }));
    },
  };
}

/** The session that an agent has left, for the one after it: no two have it at a time. */
export function fileSessionMemory(context: StateContext): SessionMemory {
  const place = sessionFiles(context);
  return {
    load() {
      new StateFile(KEPT, context).attempt('has company', () => removeLeft(context.stateDir));
      return finish(claimSession(place));
    },
    keep: (id) => place.keep(id),
  };
}

/** A number of a process names another one some day, and another one in each PID namespace. */
function identity(): Content {
  const start = findProcess(process.pid)?.startTicks ?? -1;
  return { pid: process.pid, start, space: readlinkSync('/proc/self/ns/pid') };
}

function sessionOf(file: StateFile): KeptSession | undefined {
  const content = file.read();
  if (content === undefined) return undefined;
  if (typeof content.id === 'string' && content.id !== '') {
    return { id: content.id, owner: fateOf(content) };
  }
  file.warn('makes no sense');
  return undefined;
}

function fateOf({ pid, start, space }: Content): KeptSession['owner'] {
  const self = identity();
  if (typeof pid !== 'number' || typeof start !== 'number' || space !== self.space)
    return 'unknown';
  if (findProcess(pid)?.startTicks !== start) return 'dead';
  return pid === self.pid ? 'self' : 'alive';
}

/** Unlike a rename it does not replace what is there. */
function linkUnlessThere(path: string, other: string): void {
  try {
    linkSync(path, other);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function removeLeft(stateDir: string): void {
  for (const name of readdirSync(stateDir)) {
    const pid = Number(TAKEN.exec(name)?.[1]);
    if (pid > 0 && findProcess(pid) === undefined) rmSync(join(stateDir, name), { force: true });
  }
}
