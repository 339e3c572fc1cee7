import { fileKey } from '../../system/file-key.ts';
import {
  type DataPlace,
  type PidFile,
  type Postmaster,
  pidFilePath,
  provePostmaster,
  readPidFile,
} from '../postmaster.ts';
import { isAlive } from '../process-table.ts';
import { inTime } from './directory.ts';

const LATE = Symbol('late');
const FILE_MS = 1000;

/** Finds the postmaster, and knows the one of before: what was proved once is not proved again. */
export class ProcessSight {
  #known: Postmaster | undefined;
  #file: { readonly key: string; readonly content: PidFile | undefined } | undefined;

  /** The postmaster that was there at the last look; it may have ended since. */
  get last(): Postmaster | undefined {
    return this.#known;
  }

  /** The postmaster that runs now. Takes a second at the most. */
  async look(place: DataPlace): Promise<Postmaster | undefined> {
    const pidFile = await inTime<PidFile | undefined | typeof LATE>(
      this.#readFile(place.dataDir),
      FILE_MS,
      LATE,
    );
    this.#known = await this.#judge(place, pidFile);
    return this.#known;
  }

  /** Again only when it has changed: to read a file takes four trips to another thread. */
  async #readFile(dataDir: string): Promise<PidFile | undefined> {
    const key = await fileKey(pidFilePath(dataDir));
    if (key !== undefined && this.#file?.key === key) return this.#file.content;
    const content = await readPidFile(dataDir);
    this.#file = key === undefined ? undefined : { key, content };
    return content;
  }

  async #judge(
    place: DataPlace,
    pidFile: PidFile | undefined | typeof LATE,
  ): Promise<Postmaster | undefined> {
    const known = this.#known && isAlive(this.#known.identity) ? this.#known : undefined;
    // A disk that hangs says nothing about the process.
    if (pidFile === LATE) return known;
    if (known && pidFile?.pid === known.identity.pid) return { ...known, pidFile };
    const identity =
      pidFile === undefined || pidFile.standalone
        ? undefined
        : await inTime(provePostmaster(place, pidFile), FILE_MS, undefined);
    if (identity && pidFile) return { identity, pidFile };
    // It removes its file last of all, and ends by itself when somebody else does so.
    return known && { ...known, pidFile: { ...known.pidFile, status: 'stopping' } };
  }
}
