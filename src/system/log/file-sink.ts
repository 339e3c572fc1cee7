import { chmodSync, closeSync, fstatSync, openSync, renameSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Sink } from './log.ts';

/** Patroni's name for it: what ships or rotates logs knows it. */
const NAME = 'patroni.log';
const MOST_AT_ONCE = 65_536;
/** Before a write that failed, on a full disk say, is done again. */
const RETRY_MS = 5000;

export interface FileSinkOptions {
  /** Must exist. */
  readonly dir: string;
  /** How many old files are kept beside it: `patroni.log.1`, the newest, and so on. 0: one file. */
  readonly fileNum: number;
  /** Bytes that it may have; 0: as many as there are. */
  readonly fileSize: number;
  /** Permission bits; undefined: as the umask says. */
  readonly mode: number | undefined;
}

/**
 * A log file that is rotated as Python's `RotatingFileHandler` does it. Written in the background,
 * one batch at a time: a disk that hangs does not stop the agent. Throws when it cannot be opened.
 */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #ready: () => void;
  #fd: number;
  #size: number;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: FileSinkOptions, ready: () => void) {
    this.#options = options;
    this.#ready = ready;
    this.#fd = this.#open();
    this.#size = fstatSync(this.#fd).size;
  }

  write(lines: readonly string[]): number {
    if (this.#busy || this.#closed || lines.length === 0) return 0;
    if (!this.#hasPlace(Buffer.byteLength(lines[0] ?? '') + 1)) this.#rotate();
    const batch: Buffer[] = [];
    let length = 0;
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      const next = length + bytes.length;
      if (length > 0 && (next > MOST_AT_ONCE || !this.#hasPlace(next))) break;
      batch.push(bytes);
      length = next;
    }
    this.#busy = true;
    this.#send(Buffer.concat(batch));
    return batch.length;
  }

  flush(lines: readonly string[]): void {
    try {
      for (const line of lines) writeSync(this.#fd, `${line}\n`);
    } catch {
      // The process ends, and the log is what cannot be written: there is no place to say so.
    }
  }

  close(): void {
    const waits = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#closed = true;
    // Otherwise it is closed when the batch is written.
    if (waits || !this.#busy) closeSync(this.#fd);
  }

  #open(): number {
    const { dir, mode } = this.#options;
    const path = join(dir, NAME);
    const fd = openSync(path, 'a', 0o666);
    if (mode !== undefined) chmodSync(path, mode);
    return fd;
  }

  #hasPlace(length: number): boolean {
    const { fileSize, fileNum } = this.#options;
    if (fileSize <= 0 || fileNum <= 0 || this.#size === 0) return true;
    return this.#size + length < fileSize;
  }

  #rotate(): void {
    const path = join(this.#options.dir, NAME);
    try {
      for (let number = this.#options.fileNum - 1; number > 0; number--) {
        moveIfThere(`${path}.${number}`, `${path}.${number + 1}`);
      }
      renameSync(path, `${path}.1`);
      const fd = this.#open();
      closeSync(this.#fd);
      this.#fd = fd;
    } catch {
      // It goes on in the file that is open: a long log is better than none.
    }
    this.#size = fstatSync(this.#fd).size;
  }

  #send(bytes: Buffer): void {
    write(this.#fd, bytes, (error, written) => {
      this.#size += written;
      const rest = bytes.subarray(written);
      if (error) this.#later(() => this.#send(rest));
      else if (rest.length > 0) this.#send(rest);
      else this.#done();
    });
  }

  #later(again: () => void): void {
    if (this.#closed) {
      this.#done();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      again();
    }, RETRY_MS);
    this.#timer.unref();
  }

  #done(): void {
    this.#busy = false;
    if (this.#closed) closeSync(this.#fd);
    else this.#ready();
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
