import type { PostgresView } from '../../model/postgres.ts';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import { ControlFile } from '../control-data.ts';
import {
  type DirectoryContent,
  directoryContent,
  hasBackupLabel,
  hasSignalFile,
  inTime,
} from './directory.ts';
import { Histories } from './history.ts';
import { LastRecords } from './last-record.ts';
import { type FilesView, filesView, NOTHING, roleOf } from './stopped.ts';

/** What the files of a server tell, without a word from it. */
export interface FilesLook extends FilesView {
  readonly content: DirectoryContent;
  readonly backupLabel: boolean;
  readonly history: PostgresView['history'];
  /** Why the control file could not be read, or not in time. */
  readonly failure: string | undefined;
}

const FILES_MS = 2500;
const HISTORY_MS = 1000;

/** Reads the files of a data directory; each only when it may have changed. */
export class FilesSight {
  readonly #controlFile = new ControlFile();
  readonly #lastRecords = new LastRecords();
  readonly #histories = new Histories();
  /** Reads that have not ended: a disk that hangs gets no second one. */
  readonly #reading = new Map<PostgresView['state'], Promise<FilesLook>>();

  /** `state`: of the postmaster. Never rejects; a disk that hangs is `inaccessible` in time. */
  async look(config: PostgresConfig, state: PostgresView['state']): Promise<FilesLook> {
    const late = unreadable('inaccessible', `${config.dataDir} does not answer`);
    try {
      return await inTime(this.#readOnce(config, state), FILES_MS, late);
    } catch (error) {
      return unreadable('inaccessible', String(error));
    }
  }

  /** Timelines before this one. */
  history({ dataDir }: PostgresConfig, timeline: number): Promise<PostgresView['history']> {
    return inTime(this.#histories.read(dataDir, timeline), HISTORY_MS, []);
  }

  #readOnce(config: PostgresConfig, state: PostgresView['state']): Promise<FilesLook> {
    const begun = this.#reading.get(state);
    if (begun) return begun;
    const reading = this.#read(config, state).finally(() => this.#reading.delete(state));
    this.#reading.set(state, reading);
    return reading;
  }

  async #read(config: PostgresConfig, state: PostgresView['state']): Promise<FilesLook> {
    const content = await directoryContent(config.dataDir);
    if (content !== 'cluster') return unreadable(content, undefined);
    const [control, backupLabel, signal] = await Promise.all([
      this.#controlFile.read(config, config.dataDir),
      hasBackupLabel(config.dataDir),
      hasSignalFile(config.dataDir),
    ]);
    if (!control.ok) return { ...unreadable('inaccessible', control.failure), backupLabel };
    const { data } = control;
    const isDown = data.state === 'shut down';
    const files = filesView(data, isDown ? await this.#lastRecords.read(config, data) : undefined);
    return {
      ...files,
      role:
        state === 'stopped'
          ? files.role
          : roleOf(state, { controlState: data.state, hasSignalFile: signal }),
      content,
      backupLabel,
      history: await this.history(config, files.timeline ?? 1),
      failure: undefined,
    };
  }
}

function unreadable(content: DirectoryContent, failure: string | undefined): FilesLook {
  return { ...NOTHING, content, backupLabel: false, history: [], failure };
}
