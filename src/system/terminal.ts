import { isatty } from 'node:tty';
import type { Io } from './io.ts';
import { printable } from './text.ts';

/** The parts of `process` that a terminal needs; a test gives its own. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exit: (code: number) => never;
}

/** Where a terminal does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/** The real stdout and stderr. A reader that goes away (`| head`) silences it, nothing more. */
export class Terminal implements Io {
  readonly interactive: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly color: boolean;
  readonly json: boolean;
  readonly warnings: string[] = [];
  readonly #streams: Streams;
  #closed = false;
  #take: ((line: string) => void) | undefined;

  constructor(streams: Streams, options: { json: boolean }) {
    this.#streams = streams;
    this.json = options.json;
    this.stdoutIsTerminal = isatty(1);
    this.interactive = isatty(0) && isatty(2);
    this.color = wantsColor(this.stdoutIsTerminal, streams.env);
    // Before oclif's own listener, which would throw it.
    streams.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && !this.#closed) this.#cannotWrite(error);
      this.#closed = true;
    });
    // Nobody reads what goes wrong: there is no one left to tell.
    streams.stderr.on('error', () => {});
  }

  /** True once the reader of stdout has gone. */
  get outputClosed(): boolean {
    return this.#closed;
  }

  /** Asked each time: a window may change its size. */
  get stderrColumns(): number | undefined {
    const { stderr, env } = this.#streams;
    return isatty(2) && env.TERM !== 'dumb' ? stderr.columns || DEFAULT_COLUMNS : undefined;
  }

  out(text: string): void {
    if (!this.json) this.raw(`${text}\n`);
  }

  raw(text: string): void {
    if (!this.#closed) this.#streams.stdout.write(text);
  }

  err(text: string): void {
    if (this.#take) this.#take(text);
    else this.#streams.stderr.write(`${text}\n`);
  }

  /** While a full screen is drawn: what would go to stderr goes to `take`. Undefined ends that. */
  divert(take: ((line: string) => void) | undefined): void {
    this.#take = take;
  }

  warn(text: string): void {
    this.warnings.push(text);
    this.err(`Warning: ${printable(text)}`);
  }

  /** The last words of a command that did not do what it was asked. */
  fail(failure: { readonly message: string; readonly hint?: string }): void {
    this.err(`Error: ${printable(failure.message)}`);
    if (failure.hint) this.err(`HINT: ${printable(failure.hint)}`);
  }

  /** A full disk, say: what was asked for is lost, so it is no success. */
  #cannotWrite(error: Error): void {
    this.fail({ message: `The output could not be written: ${error.message}` });
    this.#streams.exit(1);
  }
}

/** See no-color.org; FORCE_COLOR as Node's own tools read it. */
function wantsColor(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return terminal && env.TERM !== 'dumb';
}
