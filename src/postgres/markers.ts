import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './conf/write-file.ts';

/**
 * What was begun in the data directory and must not be taken for finished: `bootstrapping`: initdb
 * and the scripts after it; `rewinding`: pg_rewind, after which PostgreSQL must not be started
 * before it has been done again to its end (P#3652).
 */
export type Marker = 'bootstrapping' | 'rewinding';

/**
 * Marks of this node's data directory. They are files in the agent's state directory, because the
 * tools copy or delete what is inside the data directory. They survive a crash of the host.
 */
export class Markers {
  readonly #stateDir: string;
  /** Nobody else writes them: the files are looked at once. */
  readonly #known = new Map<Marker, boolean>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  has(marker: Marker): boolean {
    const known = this.#known.get(marker) ?? existsSync(this.#path(marker));
    this.#known.set(marker, known);
    return known;
  }

  /** Resolves when the mark is on disk. Rejects where it cannot be written: then do not begin. */
  async set(marker: Marker): Promise<void> {
    if (this.has(marker)) return;
    await mkdir(this.#stateDir, { recursive: true, mode: 0o700 });
    const file = await open(this.#path(marker), 'a', 0o600);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await syncDirectory(this.#stateDir);
    this.#known.set(marker, true);
  }

  /** Resolves when the mark is gone for good. */
  async clear(marker: Marker): Promise<void> {
    if (!this.has(marker)) return;
    await rm(this.#path(marker), { force: true });
    await syncDirectory(this.#stateDir);
    this.#known.set(marker, false);
  }

  #path(marker: Marker): string {
    return join(this.#stateDir, marker);
  }
}
