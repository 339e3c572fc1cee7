import { once } from 'node:events';

/** What a full screen tells to whoever draws it. */
export interface ScreenEvents {
  /** Keys that were typed, as the terminal sends them. */
  typed(text: string): void;
  /** It has another size, or has to be drawn anew. */
  changed(): void;
  /** Said by others meanwhile, e.g. a warning: a line that would have gone to stderr. */
  talk(line: string): void;
}

/** The whole terminal, taken for a while. */
export interface FullScreen {
  readonly size: { readonly columns: number; readonly rows: number };
  /** Takes the terminal: the alternate screen, keys one by one, stderr kept off it. */
  enter(events: ScreenEvents): void;
  /** Draws lines; only those that differ from what is there are written. */
  draw(lines: readonly string[]): void;
  /** The next `draw` writes everything. */
  forget(): void;
  /** Gives the terminal back as it was. When it is not taken, nothing happens. */
  leave(): void;
  /** Leaves, stops the process as Ctrl-Z does, and takes the terminal again when it goes on. */
  suspend(): Promise<void>;
  /** Waits for any key, on the normal screen; `''` when none can come. Rejects as `signal` says. */
  anyKey(signal: AbortSignal): Promise<string>;
}

/** The parts of `process` that it stands on. */
export interface ScreenStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  on(event: 'exit' | 'SIGCONT', listener: () => void): unknown;
  off(event: 'exit' | 'SIGCONT', listener: () => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

/** Hands over what goes to stderr; undefined: no more. */
export type Divert = (take: ((line: string) => void) | undefined) => void;

/** xterm's private modes: alternate screen, cursor, automatic wrap, marks around a paste. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h';
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[2J';
/** Where a terminal does not say how large it is. */
const USUAL = { columns: 80, rows: 24 };
/** Until a stop signal has surely done its work. */
const STOPPING_MS = 50;

/** The terminal that stdin and stdout are. Whatever ends the process, it is given back before. */
export class TerminalScreen implements FullScreen {
  readonly #streams: ScreenStreams;
  readonly #divert: Divert;
  #events: ScreenEvents | undefined;
  #shown: readonly string[] | undefined;

  constructor(streams: ScreenStreams, divert: Divert) {
    this.#streams = streams;
    this.#divert = divert;
  }

  /** Asked each time: a window may change its size. */
  get size(): FullScreen['size'] {
    const { columns, rows } = this.#streams.stdout;
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows };
  }

  enter(events: ScreenEvents): void {
    const { stdin, stdout } = this.#streams;
    this.#events = events;
    this.#shown = undefined;
    this.#streams.on('exit', this.#exiting);
    this.#streams.on('SIGCONT', this.#continued);
    this.#divert((line) => events.talk(line));
    stdout.on('resize', this.#changed);
    stdin.on('data', this.#typed).on('end', this.#ended);
    stdin.setRawMode(true);
    stdin.resume();
    stdout.write(ENTER);
  }

  draw(lines: readonly string[]): void {
    const text = difference(this.#shown, lines);
    this.#shown = lines;
    if (text !== '') this.#streams.stdout.write(text);
  }

  forget(): void {
    this.#shown = undefined;
  }

  leave(): void {
    if (!this.#events) return;
    const { stdin, stdout } = this.#streams;
    this.#events = undefined;
    this.#streams.off('exit', this.#exiting);
    this.#streams.off('SIGCONT', this.#continued);
    stdout.off('resize', this.#changed);
    stdin.off('data', this.#typed).off('end', this.#ended);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
    this.#divert(undefined);
  }

  async suspend(): Promise<void> {
    const events = this.#events;
    if (!events) return;
    this.leave();
    // The whole group, as the terminal would: a program that started this one stops too.
    this.#streams.kill(0, 'SIGTSTP');
    await new Promise((resolve) => setTimeout(resolve, STOPPING_MS));
    this.enter(events);
  }

  async anyKey(signal: AbortSignal): Promise<string> {
    const { stdin } = this.#streams;
    signal.throwIfAborted();
    const cut = new AbortController();
    const aborted = (): void => cut.abort();
    signal.addEventListener('abort', aborted, { once: true });
    stdin.setRawMode(true);
    stdin.resume();
    try {
      const typed = once(stdin, 'data', { signal: cut.signal });
      const ended = once(stdin, 'end', { signal: cut.signal });
      const [key = ''] = await Promise.race([typed, ended]);
      return String(key);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', aborted);
      cut.abort();
      stdin.setRawMode(false);
      stdin.pause();
    }
  }

  readonly #exiting = (): void => this.leave();
  readonly #typed = (chunk: Buffer | string): void => this.#events?.typed(String(chunk));
  /** Nobody can press a key any more. */
  readonly #ended = (): void => this.#events?.typed('\u0003');

  readonly #changed = (): void => {
    this.#shown = undefined;
    this.#events?.changed();
  };

  /** Whoever stopped the process may have changed the terminal: off and on, or nothing is set. */
  readonly #continued = (): void => {
    const { stdin, stdout } = this.#streams;
    stdin.setRawMode(false);
    stdin.setRawMode(true);
    stdout.write(ENTER);
    this.#changed();
  };
}

/** The lines that changed, each at its place; all of them when nothing is known to be there. */
function difference(before: readonly string[] | undefined, lines: readonly string[]): string {
  const known = before?.length === lines.length ? before : undefined;
  const changed = lines.flatMap((line, index) =>
    // A line is cleared before: behind a full one the cursor stands on its last character.
    known?.[index] === line ? [] : [`\u001b[${index + 1};1H\u001b[2K${line}`],
  );
  return (known ? '' : CLEAR) + changed.join('');
}
