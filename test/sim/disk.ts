import type { KnownCluster, Recollection } from '../../src/agent/ports.ts';
import type { SessionMemory } from '../../src/dcs/agent-dcs.ts';
import {
  claimSession,
  finish,
  type KeptSession,
  type SessionPlace,
} from '../../src/dcs/kept-session.ts';
import type { Process } from './process.ts';

/** A session that was written down, and who did it. */
interface File {
  readonly id: string;
  readonly owner: Process;
}

/**
 * What survives agents and power cuts: the files of a state directory. What was written is there at
 * once.
 */
export class Disk {
  /** What lies there for anybody, and what single processes have taken. */
  readonly #sessions = new Map<Process | 'kept', File>();
  #known: KnownCluster | undefined;

  /** The directory is a new one. */
  clear(): void {
    this.#sessions.clear();
    this.#known = undefined;
  }

  recollection(): Recollection {
    return {
      load: () => this.#known,
      keep: (known) => {
        this.#known = known;
      },
    };
  }

  /** The session as the agent that is this process has it. */
  memoryOf(process: Process): SessionMemory {
    const place = this.placeOf(process);
    return {
      load: () => finish(claimSession(place)),
      keep: (id) => place.keep(id),
    };
  }

  placeOf(process: Process): SessionPlace {
    const files = this.#sessions;
    const move = (from: Process | 'kept', to: Process | 'kept'): boolean => {
      const file = files.get(from);
      if (file === undefined) return false;
      files.delete(from);
      files.set(to, file);
      return true;
    };
    const read = (from: Process | 'kept'): KeptSession | undefined => {
      const file = files.get(from);
      return file && { id: file.id, owner: fateOf(file.owner, process) };
    };
    return {
      kept: () => read('kept'),
      take: () => move('kept', process),
      taken: () => read(process),
      keep: (id) => void files.set('kept', { id, owner: process }),
      giveBack() {
        if (files.has('kept')) files.delete(process);
        else move(process, 'kept');
      },
      discard: () => void files.delete(process),
    };
  }
}

function fateOf(owner: Process, self: Process): KeptSession['owner'] {
  if (owner === self) return 'self';
  return owner.alive ? 'alive' : 'dead';
}
