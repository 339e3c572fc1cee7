import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Sink } from './log.ts';

/** Before a sink that took nothing is tried again; twice as long each time. */
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
/** How long the end of the process waits for a reader that does not read. */
const FLUSH_MS = 500;

const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * Standard error, so that nobody who does not read it can stop the agent. It is opened a second
 * time, without blocking: the descriptor itself is shared with children and with whoever started
 * us, and must stay as it is. Where it cannot be opened (a socket, as systemd gives, or no
 * permission), Node's own stream is used.
 */
export function stderrSink(ready: () => void): Sink {
  try {
    const flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY;
    return new DescriptorSink(openSync('/proc/self/fd/2', flags), ready);
  } catch {
    return new StreamSink(process.stderr, ready);
  }
}

/** A descriptor that does not block: a pipe, a terminal, a file. */
export class DescriptorSink implements Sink {
  readonly #fd: number;
  readonly #ready: () => void;
  /** What is left of a line of which only a part was taken. */
  #rest: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(fd: number, ready: () => void) {
    this.#fd = fd;
    this.#ready = ready;
  }

  write(lines: readonly string[]): number {
    // A full pipe is asked by the timer, not with every new line.
    if (this.#timer) return 0;
    const taken = this.#take(lines);
    if (taken < lines.length || this.#rest) this.#tryLater();
    else this.#failures = 0;
    return taken;
  }

  flush(lines: readonly string[]): void {
    const deadline = performance.now() + FLUSH_MS;
    let done = this.#take(lines);
    while ((done < lines.length || this.#rest) && performance.now() < deadline) {
      // Nothing else is left to do for this process.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      done += this.#take(lines.slice(done));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    closeSync(this.#fd);
  }

  #take(lines: readonly string[]): number {
    if (this.#rest && !this.#send(this.#rest)) return 0;
    let taken = 0;
    for (const line of lines) {
      if (this.#rest || !this.#send(Buffer.from(`${line}\n`))) break;
      taken += 1;
    }
    return taken;
  }

  /** False: nothing of it was taken. A part: the rest is kept for the next time. */
  #send(bytes: Buffer): boolean {
    try {
      const written = writeSync(this.#fd, bytes);
      this.#rest = written < bytes.length ? bytes.subarray(written) : undefined;
      return true;
    } catch {
      // EAGAIN: nobody reads now; EPIPE, ENOSPC: perhaps later. There is no place to say so.
      return false;
    }
  }

  #tryLater(): void {
    const pause = Math.min(RETRY_MS * 2 ** Math.min(this.#failures, 10), LONGEST_RETRY_MS);
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#ready();
    }, pause);
    this.#timer.unref();
  }
}

/** How much may wait in the stream's own buffer. */
const STREAM_BYTES = 16_384;

interface Blockable {
  setBlocking?: (blocking: boolean) => number;
}

/** A stream of Node's, which buffers what it cannot write. */
class StreamSink implements Sink {
  readonly #stream: NodeJS.WriteStream;
  readonly #ready: () => void;

  constructor(stream: NodeJS.WriteStream, ready: () => void) {
    this.#stream = stream;
    this.#ready = ready;
    // A reader that has gone: there is no place to say so.
    stream.on('error', ignore);
    stream.on('drain', ready);
  }

  write(lines: readonly string[]): number {
    this.#doNotBlock();
    let taken = 0;
    for (const line of lines) {
      if (this.#stream.writableLength > STREAM_BYTES) break;
      this.#stream.write(`${line}\n`);
      taken += 1;
    }
    return taken;
  }

  flush(lines: readonly string[]): void {
    this.#doNotBlock();
    for (const line of lines) this.#stream.write(`${line}\n`);
  }

  /**
   * Node opens the stream so, and a child that inherits the descriptor makes it block again for
   * everybody (libuv, `uv__process_child_init`). Node has no other way to say it.
   */
  #doNotBlock(): void {
    const { _handle: handle } = this.#stream as unknown as { _handle?: Blockable };
    handle?.setBlocking?.(false);
  }

  close(): void {
    this.#stream.off('drain', this.#ready);
    this.#stream.off('error', ignore);
  }
}

function ignore(): void {}
